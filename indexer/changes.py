"""Changes of a register, one a line: the door, and how the journal keeps them. No reason quotes a value."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from analyzers.identity import Record
from indexer.records import Id, UnreadableRecord, read_record, reason_of
from mappings.document import RecordTooLong, payload_of

Op = Literal["upsert", "delete", "merge"]
_MOST_SEQ = 2**53 - 1
"""The largest whole number that every JSON reader keeps; both engines store it."""

_NEEDED: dict[Op, tuple[str, ...]] = {"upsert": ("record",), "delete": ("id",), "merge": ("id", "into")}


class UnreadableChange(Exception):
    """The line is no change. `seq` is its number where that could be read."""

    def __init__(self, reason: str, seq: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.seq = seq


class ChangeLine(BaseModel):
    """One line of a file of changes, as the contract writes it."""

    model_config = ConfigDict(extra="forbid")

    seq: Annotated[int, Field(strict=True, ge=1, le=_MOST_SEQ)]
    op: Op
    id: Id | None = None
    into: Id | None = None
    record: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One change, number `seq`. As the journal keeps it, it needs no knowledge of the register to be done again.

    Then `op` may be `refused`, for a `reason`; `into` is the identity that survives; `numbers` are those that came to
    this identity from others. `given` is the record as the file says it.
    """

    seq: int
    op: Op | Literal["refused"]
    id: str = ""
    into: str = ""
    record: Record | None = None
    given: dict[str, Any] | None = None
    numbers: tuple[str, ...] = ()
    reason: str = ""


def read_change(line: bytes) -> Change:
    """Read one NDJSON line.

    Raises:
        UnreadableChange: what is wrong, by field.
    """
    try:
        data = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise UnreadableChange("not a JSON document in UTF-8") from error
    if not isinstance(data, dict):
        raise UnreadableChange("not a JSON object")
    try:
        read = ChangeLine.model_validate(data)
    except ValidationError as error:
        raise UnreadableChange(reason_of(error, ChangeLine.model_fields), _seq_of(data)) from error
    said = {name for name in ("id", "into", "record") if getattr(read, name) is not None}
    needed = _NEEDED[read.op]
    for name in sorted(said.symmetric_difference(needed)):
        raise UnreadableChange(f"{name}: {'required' if name in needed else 'not for this op'}", read.seq)
    if read.record is None:
        return Change(read.seq, read.op, read.id or "", read.into or "")
    try:
        record = read_record(read.record)
        payload_of(record)
    except (UnreadableRecord, RecordTooLong) as error:
        raise UnreadableChange(f"record: {error}", read.seq) from error
    return Change(read.seq, read.op, record.id, record=record, given=read.record)


def _seq_of(data: dict[str, Any]) -> int | None:
    seq = data.get("seq")
    return seq if type(seq) is int and 1 <= seq <= _MOST_SEQ else None


def to_journal(changes: Iterable[Change]) -> bytes:
    """Return changes as the journal keeps them: records as they were given, for later versions to read."""
    return orjson.dumps([_said(change) for change in changes])


def _said(change: Change) -> dict[str, Any]:
    parts = {
        "seq": change.seq,
        "op": change.op,
        "id": change.id,
        "into": change.into,
        "record": change.given,
        "numbers": change.numbers,
        "reason": change.reason,
    }
    return {name: value for name, value in parts.items() if value}


def from_journal(data: bytes) -> list[Change]:
    return [_kept(said) for said in orjson.loads(data)] if data else []


def _kept(said: dict[str, Any]) -> Change:
    given = said.pop("record", None)
    numbers = tuple(said.pop("numbers", ()))
    return Change(**said, record=read_record(given) if given else None, given=given, numbers=numbers)
