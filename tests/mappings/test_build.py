"""What a build says of itself: the code that reads another's tables or keys refuses it, and says what differs."""

from dataclasses import replace
from datetime import date

import pytest

from mappings.build import BuildMeta, IncompatibleBuild, code_versions
from mappings.naming import DEFAULT_ALIAS, index_name, is_statistics, statistics_name


def finished(**changes: str) -> BuildMeta:
    """A build of this code, with some versions of another."""
    return BuildMeta(
        created_at="2025-03-01T08:00:00.000+00:00", model="test", versions=code_versions() | changes, complete=True
    )


def test_a_finished_build_of_this_code_can_be_served() -> None:
    finished().check("identities-20250301-a1b2c3")


@pytest.mark.parametrize("name", sorted(code_versions()))
def test_each_version_that_differs_is_named(name: str) -> None:
    with pytest.raises(IncompatibleBuild) as refusal:
        finished(**{name: "another"}).check("identities-20250301-a1b2c3")
    assert refusal.value.differing == (name,)
    assert refusal.value.index == "identities-20250301-a1b2c3"
    assert name in str(refusal.value)
    assert "identities-20250301-a1b2c3" in str(refusal.value)


def test_all_that_differs_is_named_at_once() -> None:
    assert finished(schema="0", keys="0").differing() == ("keys", "schema")


def test_a_build_that_was_never_finished_is_refused() -> None:
    with pytest.raises(IncompatibleBuild) as refusal:
        replace(finished(), complete=False).check("i")
    assert refusal.value.differing == ("completeness",)


def test_a_version_that_only_one_side_knows_differs() -> None:
    assert finished(nomenclature="2025").differing() == ("nomenclature",)
    versions = {name: version for name, version in code_versions().items() if name != "payload"}
    assert replace(finished(), versions=versions).differing() == ("payload",)


def test_the_versions_cover_every_table_that_analyses_a_name() -> None:
    assert {"table:fold.tsv", "table:names.json", "table:phonetics.json", "keys", "payload"} <= code_versions().keys()


def test_a_build_comes_back_from_its_dictionary() -> None:
    meta = finished().evolve(identities=12, refused=1, statistics_digest="d", served_at="2025-03-02")
    assert BuildMeta.from_dict(meta.to_dict()) == meta


def test_fields_of_a_later_code_are_passed_over() -> None:
    assert BuildMeta.from_dict(finished().to_dict() | {"later": 1}) == finished()


def test_a_change_leaves_the_rest_as_it_was() -> None:
    meta = finished()
    assert meta.evolve(identities=12) == replace(meta, identities=12)
    assert meta.identities == 0


def test_an_index_is_named_after_its_alias_its_day_and_itself() -> None:
    assert index_name(DEFAULT_ALIAS, date(2025, 3, 1), "a1b2c3") == "identities-20250301-a1b2c3"


def test_the_statistics_of_an_index_go_by_its_name() -> None:
    assert statistics_name("identities-20250301-a1b2c3") == "identities-20250301-a1b2c3.statistics"
    assert is_statistics(statistics_name("identities-20250301-a1b2c3"))
    assert not is_statistics("identities-20250301-a1b2c3")
