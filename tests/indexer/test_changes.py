"""The door of changes, and how the journal keeps them."""

import pytest

from indexer.changes import UnreadableChange, from_journal, read_change, to_journal

READABLE = [
    b'{"seq": 1, "op": "upsert", "record": {"id": "P1", "birth_name": "LE GOFF", "nir": "1560399999101"}}',
    b'{"seq": 2, "op": "delete", "id": "P1"}',
    b'{"seq": 9007199254740991, "op": "merge", "id": "P1", "into": "P2"}',
]
UNREADABLE = [  # line, reason, the number that could be read
    (b"{", "not a JSON document in UTF-8", None),
    (b"[1]", "not a JSON object", None),
    (b'{"op": "delete", "id": "P1"}', "seq: required", None),
    (b'{"seq": 0, "op": "delete", "id": "P1"}', "seq: wrong type or value", None),
    (b'{"seq": true, "op": "delete", "id": "P1"}', "seq: wrong type or value", None),
    (b'{"seq": "5", "op": "delete", "id": "P1"}', "seq: wrong type or value", None),
    (b'{"seq": 5, "op": "erase", "id": "P1"}', "op: wrong type or value", 5),
    (b'{"seq": 5, "op": "delete"}', "id: required", 5),
    (b'{"seq": 5, "op": "delete", "id": ""}', "id: empty", 5),
    (b'{"seq": 5, "op": "delete", "id": "' + "\u20ac".encode() * 171 + b'"}', "id: too long", 5),
    (
        b'{"seq": 5, "op": "upsert", "record": {"id": "P1", "usage_names": ["'
        + b'","'.join([b"A" * 299] * 50)
        + b'"], "former_birth_names": ["'
        + b'","'.join([b"A" * 300] * 50)
        + b'"], "given_names": ["'
        + b'","'.join([b"A" * 300] * 50)
        + b'"]}}',
        "record: record too long",
        5,
    ),
    (b'{"seq": 5, "op": "delete", "id": "P1", "into": "P2"}', "into: not for this op", 5),
    (b'{"seq": 5, "op": "merge", "id": "P1"}', "into: required", 5),
    (b'{"seq": 5, "op": "upsert", "id": "P1"}', "id: not for this op", 5),
    (b'{"seq": 5, "op": "upsert", "record": {"id": "P1", "nom": "QUIDAM"}}', "record: a field: unknown field", 5),
    (b'{"seq": 5, "op": "delete", "id": "P1", "QUIDAM": 1}', "a field: unknown field", 5),
    (
        b'{"seq": 5, "op": "upsert", "record": {"id": "P1", "birth_date": "1956-02-30"}}',
        "record: birth_date: impossible date",
        5,
    ),
    (
        b'{"seq": 5, "op": "upsert", "record": {"id": "P1", "birth_name": "' + b"A" * 301 + b'"}}',
        "record: birth_name: too long",
        5,
    ),
]


@pytest.mark.parametrize(("line", "reason", "seq"), UNREADABLE)
def test_what_is_no_change_is_refused_by_field_without_a_value(line: bytes, reason: str, seq: int | None) -> None:
    with pytest.raises(UnreadableChange) as refusal:
        read_change(line)
    assert (refusal.value.reason, refusal.value.seq) == (reason, seq)


def test_the_journal_gives_back_what_was_read() -> None:
    changes = [read_change(line) for line in READABLE]
    assert from_journal(to_journal(changes)) == changes
    assert [change.id for change in changes] == ["P1", "P1", "P1"]
    assert from_journal(b"") == []
