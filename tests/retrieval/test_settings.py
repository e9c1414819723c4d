"""The settings of the engine, as an environment says them."""

import pytest

from retrieval.opensearch_access import BadAccess, access_to
from retrieval.settings import EngineSettings


def test_an_empty_variable_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENSEARCH_URL", "OPENSEARCH_USER", "ENGINE", "DATA_DIR", "ALIAS"):
        monkeypatch.setenv(f"SNGI_{name}", "")
    settings = EngineSettings()
    assert (settings.engine_name, settings.opensearch_url, settings.alias) == ("embedded", None, "identities")


def test_several_nodes_are_named_with_commas_and_one_user() -> None:
    access = access_to("https://reader:secret@one:9200, https://reader:secret@two:9200")
    assert access.client_options()["hosts"] == ["https://one:9200", "https://two:9200"]
    assert access.client_options()["http_auth"] == ("reader", "secret")


@pytest.mark.parametrize(
    "urls",
    [
        "https://one,http://two",
        "https://a:x@one,https://b:x@two",
        "http://127.0.0.1,http://u:secret@two",
        "http://one,,http://two",
        "",
    ],
)
def test_nodes_that_are_reached_otherwise_or_in_the_open_are_refused(urls: str) -> None:
    with pytest.raises(BadAccess) as refused:
        access_to(urls)
    assert "secret" not in str(refused.value).replace("a secret of OpenSearch", "")
