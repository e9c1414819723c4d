"""What a build counts in bounded memory, against plain counting."""

from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.counting import HOT_KEY_HOLDERS, CloseNames, Hashes, HotKeys, SeenIds, id_hashes
from scoring.statistics import LONGEST_MEASURED


@given(st.lists(st.lists(st.sampled_from("abcdefghij"), max_size=8), max_size=12))
def test_repeated_ids_are_those_that_a_plain_set_has_seen(batches: list[list[str]]) -> None:
    seen, plain = SeenIds(), set[str]()
    for batch in batches:
        expected = set()
        for position, id_ in enumerate(batch):
            if id_ in plain:
                expected.add(position)
            plain.add(id_)
        assert seen.repeated(id_hashes(batch)) == expected


def test_every_hot_key_is_suspected_in_any_order() -> None:
    keys = [f"h{n:05d}" for n in range(5) for _ in range(HOT_KEY_HOLDERS + 1)]
    keys += [f"k{n:05d}" for n in range(3_000)]
    for order in (keys, keys[::-1], Random(2).sample(keys, len(keys))):
        hot = HotKeys(cells=1 << 12)
        for start in range(0, len(order), 100):
            hot.add("".join(order[start : start + 100]))
        assert set(hot.suspects()) >= {f"h{n:05d}" for n in range(5)}


def in_batches(keys: list[str], size: int) -> HotKeys:
    hot = HotKeys(cells=1 << 12)
    for start in range(0, len(keys), size):
        hot.add("".join(keys[start : start + size]))
    return hot


HOLDERS = HOT_KEY_HOLDERS + 1
ORDERS = [
    ("all at once", ["hotkey"] * HOLDERS, HOLDERS),
    ("in two halves", ["hotkey"] * HOLDERS, HOLDERS // 2 + 1),
    ("half of the limit in one batch, the rest in the next", ["hotkey"] * HOLDERS, HOT_KEY_HOLDERS // 2),
    ("one by one", ["hotkey"] * HOLDERS, 1),
    ("after its cell was filled by others", [f"k{n:05d}" for n in range(1 << 15)] + ["hotkey"] * HOLDERS, 2_000),
    ("before others", ["hotkey"] * HOLDERS + [f"k{n:05d}" for n in range(1 << 15)], 2_000),
]


@pytest.mark.parametrize(("keys", "size"), [row[1:] for row in ORDERS], ids=[row[0] for row in ORDERS])
def test_a_hot_key_is_suspected_however_its_holders_come(keys: list[str], size: int) -> None:
    assert "hotkey" in in_batches(keys, size).suspects()


@given(
    st.lists(st.integers(1, 2 * HOT_KEY_HOLDERS), min_size=1, max_size=6),
    st.integers(1, 800),
    st.randoms(use_true_random=False),
    st.booleans(),
)
def test_no_order_and_no_batch_hides_a_hot_key(counts: list[int], size: int, random: Random, is_shuffled: bool) -> None:
    keys = [f"k{number:05d}" for number, count in enumerate(counts) for _ in range(count)]
    if is_shuffled:
        random.shuffle(keys)
    hot = {f"k{number:05d}" for number, count in enumerate(counts) if count > HOT_KEY_HOLDERS}
    assert set(in_batches(keys, size).suspects()) >= hot


def test_keys_of_few_holders_are_no_suspects_while_there_is_room() -> None:
    keys = [f"k{n:05d}" for n in range(1_000) for _ in range(3)]
    assert in_batches(keys, 100).suspects() == []


def test_an_empty_batch_changes_nothing() -> None:
    assert in_batches([], 10).suspects() == []
    hot, seen = HotKeys(cells=8), SeenIds()
    hot.add("")
    assert hot.suspects() == []
    assert seen.repeated(id_hashes([])) == set()


def test_many_batches_of_ids_are_told_apart() -> None:
    ids, random, seen = [f"id{number}" for number in range(5_000)], Random(3), SeenIds()
    random.shuffle(ids)
    for start in range(0, len(ids), 77):
        assert seen.repeated(id_hashes(ids[start : start + 77])) == set()
    again = random.sample(ids, 500)
    assert seen.repeated(id_hashes([*again, "new"])) == set(range(500))
    assert seen.repeated(id_hashes(["new", "newer", "newer"])) == {0, 2}


def side_by_side(people: Sequence[tuple[str, str]]) -> tuple[Hashes, list[str]]:
    return id_hashes(person for person, _ in people), [surname for _, surname in people]


def bearers(*surnames: str) -> tuple[Hashes, list[str]]:
    return side_by_side([(f"p{number}", surname) for number, surname in enumerate(surnames)])


@given(
    st.lists(st.tuples(st.uuids().map(str), st.sampled_from(["MOREL", "MORET", "DUPONT", "LI"])), max_size=40),
    st.randoms(use_true_random=False),
    st.integers(1, 30),
)
def test_no_order_changes_the_sample_of_close_names(people: list[tuple[str, str]], random: Random, sample: int) -> None:
    def shares(order: list[tuple[str, str]]) -> tuple[tuple[float, ...], ...]:
        close = CloseNames(sample)
        for start in range(0, len(order), 7):
            close.add(*side_by_side(order[start : start + 7]))
        return close.shares()

    shuffled = random.sample(people, len(people))
    assert shares(shuffled) == shares(people)
    assert [len(lengths) for lengths in shares(people)] == [LONGEST_MEASURED + 1] * 2


def test_the_share_of_close_names_is_that_of_the_pairs() -> None:
    close = CloseNames()
    close.add(*bearers("MOREL", "MORET", "DUPOND", "DUPONT", "LI"))
    one_slip, two_slips = close.shares()
    assert one_slip[5] == pytest.approx(2 / 8)
    assert one_slip[6] == pytest.approx(2 / 8)
    assert one_slip[2] == 0
    assert set(two_slips) == {0.0}


def test_names_two_slips_apart_are_counted_by_themselves() -> None:
    close = CloseNames()
    close.add(*bearers("MARTIN", "MORTEN", "MARTEN", "DURAND"))
    one_slip, two_slips = close.shares()
    assert one_slip[6] == pytest.approx(4 / 12)  # MARTIN and MARTEN, MARTEN and MORTEN
    assert two_slips[6] == pytest.approx(2 / 12)  # MARTIN and MORTEN


def test_who_has_no_name_is_passed_over() -> None:
    close = CloseNames(sample=2)
    close.add(*bearers("", "MOREL", "", "MORET"))
    assert close.shares()[0][5] == 1.0


def test_nobody_is_close_to_nobody() -> None:
    assert {share for shares in CloseNames().shares() for share in shares} == {0.0}


def test_the_share_of_close_names_does_not_depend_on_the_order() -> None:
    people = [(f"p{n}", name) for n, name in enumerate(["MOREL", "MOREAU", "MORET", "GARNIER", "GARNIEZ"] * 60)]
    shares = []
    for order in (people, people[::-1]):
        close = CloseNames(sample=100)
        close.add(*side_by_side(order))
        shares.append(close.shares())
    assert shares[0] == shares[1]
    assert shares[0][0][5] > 0
