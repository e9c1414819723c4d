"""The settings of the engine, as an environment says them."""

import pytest

from retrieval.settings import EngineSettings


def test_an_empty_variable_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENSEARCH_URL", "OPENSEARCH_USER", "ENGINE", "DATA_DIR", "ALIAS"):
        monkeypatch.setenv(f"SNGI_{name}", "")
    settings = EngineSettings()
    assert (settings.engine_name, settings.opensearch_url, settings.alias) == ("embedded", None, "identities")
