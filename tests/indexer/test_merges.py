"""Merges: numbers move to whoever survives, chains are followed, cycles refused, and twice is as once."""

from hypothesis import given
from hypothesis import strategies as st

from analyzers.identity import Record
from indexer.changes import Change
from indexer.merges import Known, Merges, RefusedChange, after, resolve

IDS = "abcde"


def numbers_of(id_: str) -> tuple[str, ...]:
    return (f"18001999990{IDS.index(id_):02d}",)


def upsert(seq: int, id_: str) -> Change:
    return Change(seq, "upsert", id_, record=Record(id=id_, nir=numbers_of(id_)[0], nir_status="certified"))


def merge(seq: int, id_: str, into: str) -> Change:
    return Change(seq, "merge", id_, into)


def done(changes: list[Change]) -> tuple[Known, list[Change], dict[int, str]]:
    """Return the register that the changes leave, the changes as the journal keeps them, and the refusals."""
    register: Known = dict.fromkeys(IDS)
    merges, kept, refused = Merges(), [], {}
    for change in changes:
        try:
            meant = resolve(change, merges, register)
        except RefusedChange as refusal:
            refused[change.seq] = refusal.reason
            continue
        merges.take(meant)
        kept.append(meant)
        register |= after(meant, register)
    return register, kept, refused


def held(register: Known) -> dict[str, set[str]]:
    return {id_: {IDS[int(nir[-2:])] for nir in record.nirs} for id_, record in register.items() if record}


def all_of(ids: str) -> list[Change]:
    return [upsert(seq, id_) for seq, id_ in enumerate(ids, 1)]


def test_every_number_moves_to_the_survivor_whose_own_stays_in_force() -> None:
    register, _, refused = done([*all_of("ab"), merge(10, "a", "b")])
    assert (held(register), refused) == ({"b": {"a", "b"}}, {})
    survivor = register["b"]
    assert survivor is not None
    assert (survivor.nir, survivor.former_nirs) == (numbers_of("b")[0], numbers_of("a"))


def test_chains_are_followed_from_either_end() -> None:
    onward, _, _ = done([*all_of("abc"), merge(10, "a", "b"), merge(11, "b", "c")])
    through, _, _ = done([*all_of("abc"), merge(10, "b", "c"), merge(11, "a", "b")])
    assert held(onward) == held(through) == {"c": {"a", "b", "c"}}


def test_cycles_are_refused_however_long() -> None:
    cycle = "into: a cycle of merges"
    _, _, refused = done([*all_of("abc"), merge(10, "a", "a"), merge(11, "a", "b"), merge(12, "b", "a")])
    assert refused == {10: cycle, 12: cycle}
    _, _, refused = done([*all_of("abc"), merge(10, "a", "b"), merge(11, "b", "c"), merge(12, "c", "a")])
    assert refused == {12: cycle}


def test_who_is_not_registered_is_not_merged() -> None:
    _, _, refused = done([*all_of("ab"), merge(10, "c", "a"), merge(11, "a", "d")])
    assert refused == {10: "id: no such identity", 11: "into: no such identity"}


def test_who_was_merged_away_does_not_come_back_until_the_survivor_is_deleted() -> None:
    changes = [*all_of("abc"), merge(10, "a", "b"), upsert(11, "a"), merge(12, "a", "c"), Change(13, "delete", "a")]
    register, _, refused = done(changes)
    assert refused == dict.fromkeys((11, 12, 13), "id: merged into another identity")
    assert held(register) == {"b": {"a", "b"}, "c": {"c"}}
    register, _, refused = done([*all_of("ab"), merge(10, "a", "b"), Change(11, "delete", "b"), upsert(12, "a")])
    assert (held(register), refused) == ({"a": {"a"}}, {})


def test_a_later_record_of_the_survivor_keeps_the_numbers_that_came_to_it() -> None:
    register, _, _ = done([*all_of("abc"), merge(10, "a", "b"), merge(11, "b", "c"), upsert(12, "c")])
    assert held(register) == {"c": {"a", "b", "c"}}


def test_a_merge_said_twice_changes_nothing() -> None:
    once, _, _ = done([*all_of("abc"), merge(10, "a", "b"), merge(11, "b", "c")])
    twice, _, refused = done([*all_of("abc"), merge(10, "a", "b"), merge(11, "b", "c"), merge(12, "a", "b")])
    assert (once, refused) == (twice, {})


ANY = st.lists(
    st.one_of(
        st.sampled_from(IDS).map(lambda id_: upsert(0, id_)),
        st.sampled_from(IDS).map(lambda id_: Change(0, "delete", id_)),
        st.tuples(st.sampled_from(IDS), st.sampled_from(IDS)).map(lambda ids: merge(0, *ids)),
    ),
    max_size=20,
)


@given(changes=ANY, start=st.integers(0, 20), arrived=st.sets(st.sampled_from(IDS)))
def test_a_batch_of_which_any_part_arrived_is_done_again_to_the_same_end(
    changes: list[Change], start: int, arrived: set[str]
) -> None:
    """A writer killed in the middle leaves some identities as before the batch and some as after it."""
    end, kept, _ = done(changes)
    before: Known = dict.fromkeys(IDS)
    for change in kept[:start]:
        before |= after(change, before)
    between = {id_: end[id_] if id_ in arrived else before[id_] for id_ in IDS}
    for change in kept[start:]:
        between |= after(change, between)
    assert between == end


@given(changes=ANY)
def test_no_number_is_held_by_an_identity_that_was_merged_away(changes: list[Change]) -> None:
    register, kept, _ = done(changes)
    merges = Merges()
    for change in kept:
        merges.take(change)
    assert not set(held(register)) & set(merges.became)
    assert all(merges.survivor(id_) not in merges.became for id_ in IDS)
