"""What a build counts in bounded memory, against plain counting."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from indexer.counting import HOT_KEY_HOLDERS, CloseNames, HotKeys, SeenIds


@given(st.lists(st.lists(st.sampled_from("abcdefghij"), max_size=8), max_size=12))
def test_repeated_ids_are_those_that_a_plain_set_has_seen(batches: list[list[str]]) -> None:
    seen, plain = SeenIds(), set[str]()
    for batch in batches:
        expected = set()
        for position, id_ in enumerate(batch):
            if id_ in plain:
                expected.add(position)
            plain.add(id_)
        assert seen.repeated(batch) == expected


def test_every_hot_key_is_suspected_in_any_order() -> None:
    keys = [f"hot{n:05d}" for n in range(5) for _ in range(HOT_KEY_HOLDERS + 1)]
    keys += [f"k{n:07d}" for n in range(3_000)]
    for order in (keys, keys[::-1], Random(2).sample(keys, len(keys))):
        hot = HotKeys(cells=1 << 12)
        for start in range(0, len(order), 100):
            hot.add(order[start : start + 100])
        assert set(hot.suspects()) >= {f"hot{n:05d}" for n in range(5)}


def test_the_share_of_close_names_does_not_depend_on_the_order() -> None:
    people = [(f"p{n}", name) for n, name in enumerate(["MOREL", "MOREAU", "MORET", "GARNIER", "GARNIEZ"] * 60)]
    shares = []
    for order in (people, people[::-1]):
        close = CloseNames(sample=100)
        for person, surname in order:
            close.add(person, surname)
        shares.append(close.shares())
    assert shares[0] == shares[1]
    assert shares[0][5] > 0
