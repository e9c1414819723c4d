"""What is asked is a value on either engine, and never a query, a field, an index or a path."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from dsn.store import JobStore
from identification.cascade import Identifier
from identification.questions import read_question
from indexer.rebuild import drop
from nomenclature.editions import EditionFolder, UnknownEdition
from retrieval.embedded import EmbeddedEngine
from retrieval.opensearch import OpenSearchEngine
from retrieval.protocol import Engine, IndexGone, WideSearch
from retrieval.settings import EngineSettings
from tests.conftest import ENGINES, build_lines, demo_lines, random_alias, remove_all

SYNTAX = (
    *(
        "*",
        "?",
        "GOFF*",
        "~",
        "GOFF~2",
        "*:*",
        "_exists_:keys",
        "keys:*",
        "payload:[* TO *]",
        "id:P001",
        "/.*/",
        "GOFF^99",
    ),
    *(
        "GOFF OR MOREAU",
        "GOFF AND NOT YANN",
        "+GOFF -YANN",
        "NOT X",
        "(GOFF",
        "GOFF)",
        '"GOFF',
        "GOFF&&MOREAU",
        "a || b",
    ),
    *(
        '"}},{"match_all":{}}',
        '{"match_all": {}}',
        '"\n{"index":"_all"}\n',
        "\n{}\n",
        "_all",
        "..",
        "<now/d>",
        "@revision",
    ),
    *(
        "${x}",
        "{{x}}",
        "%(x)s",
        "\\",
        "\\*",
        "'; DROP TABLE batches; --",
        "GOFF\0MOREAU",
        "\x1f",
        "name_date\x1fx",
        "|",
        ";",
    ),
)
QUESTION = {"birth_name": "LE GOFF", "given_names": ["Yann"], "birth_date": "1956-03-04"}
texts = (
    st.sampled_from(SYNTAX)
    | st.text(max_size=40)
    | st.builds("{} {}".format, st.sampled_from(SYNTAX), st.text(max_size=9))
)


class Asked:
    """An engine of the demo register, asked from tests that are not asynchronous."""

    def __init__(self, engine: Engine) -> None:
        self.loop = asyncio.new_event_loop()
        self.engine = engine
        self.loop.run_until_complete(build_lines(engine, demo_lines()))
        self.identifier = Identifier(engine)

    def outcome(self, question: object) -> tuple[str, str | None]:
        (answer,) = self.loop.run_until_complete(self.identifier.identify([read_question(question)]))
        return answer.outcome, answer.identity["id"] if answer.identity else None

    def close(self) -> None:
        self.loop.run_until_complete(remove_all(self.engine))
        self.loop.close()


@pytest.fixture(scope="module", params=ENGINES)
def asked(
    request: pytest.FixtureRequest, opensearch_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Asked]:
    alias = random_alias()
    if request.param == "embedded":
        found = Asked(EmbeddedEngine(tmp_path_factory.mktemp("asked"), alias))
    else:
        found = Asked(OpenSearchEngine(opensearch_url, alias))
    yield found
    found.close()


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(name=texts, given_name=texts, label=texts)
def test_no_text_of_a_question_finds_more_than_a_name_would(
    asked: Asked, name: str, given_name: str, label: str
) -> None:
    """Wide too: the day and the month of nobody leave the name alone to find someone."""
    question = {
        "birth_name": name,
        "given_names": [given_name],
        "birth_date": "1901-09-30",
        "birth_place": {"label": label},
    }
    outcome, identity = asked.outcome(question)
    assert identity is None
    assert outcome in ("insufficient", "not_found", "too_distant", "ambiguous", "invalid")


@pytest.mark.parametrize("text", SYNTAX, ids=ascii)
def test_syntax_beside_a_true_description_neither_hides_nor_changes_the_person(asked: Asked, text: str) -> None:
    assert asked.outcome(QUESTION | {"usage_name": text, "birth_place": {"label": text}})[1] in ("P001", None)
    assert asked.outcome(QUESTION | {"reference": text[:64]}) == ("identified", "P001")


@pytest.mark.parametrize("text", SYNTAX, ids=ascii)
def test_the_wide_search_itself_finds_nobody_by_syntax(asked: Asked, text: str) -> None:
    at = asked.loop.run_until_complete(asked.engine.current())
    by = (text,)
    search = WideSearch(fr2=by, skxs=by, slips=by, pairs=by, both=((by, by),), dates=by)
    assert asked.loop.run_until_complete(asked.engine.wide(at, [search], 500)) == [[]]
    if text != "@revision":
        assert asked.loop.run_until_complete(asked.engine.holders(at, "keys", [text])) == []
        assert asked.loop.run_until_complete(asked.engine.payloads(at.index, [text])) == []


@pytest.mark.parametrize(
    "name",
    [
        "",
        "*",
        "_all",
        "..",
        "../x",
        "{alias}-*",
        "{alias}-x/../../y",
        "{alias}-,other",
        "{alias}-%2f..",
        "/tmp/x",
        "{alias}-\0",
    ],
)
def test_no_name_of_a_build_leads_to_another(asked: Asked, name: str) -> None:
    served = asked.loop.run_until_complete(asked.engine.served())
    with pytest.raises((IndexGone, ValueError)):
        asked.loop.run_until_complete(drop(asked.engine, name.format(alias=asked.engine.alias)))
    assert [found.index for found in asked.loop.run_until_complete(asked.engine.list())] == [served]


@pytest.mark.parametrize(
    "alias", ["", "*", "_all", "a*", "a,b", "../a", "a/b", "A", "a b", "a\n", "a?", "<a>", "a" * 70]
)
def test_no_alias_is_a_pattern_or_a_path(alias: str) -> None:
    with pytest.raises(ValidationError):
        EngineSettings.model_validate({"alias": alias})


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "cog-2025/..", "/etc/passwd", "cog-2025\0", "cog-20*", ".cog-2025.new"]
)
def test_no_name_of_an_edition_or_a_job_is_a_path(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnknownEdition):
        EditionFolder(tmp_path).open(name)
    assert JobStore(tmp_path).get(name) is None
