"""Which engine holds the register, read once from the environment, and the engine opened."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from mappings.naming import DEFAULT_ALIAS
from retrieval.embedded import EmbeddedEngine
from retrieval.opensearch import OpenSearchEngine
from retrieval.protocol import Engine


class EngineSettings(BaseSettings):
    """Where the register is. `SNGI_OPENSEARCH_URL` set: that server; otherwise the embedded engine."""

    model_config = SettingsConfigDict(env_prefix="SNGI_", frozen=True)

    opensearch_url: SecretStr | None = Field(None, description="OpenSearch, credentials included.")
    engine: Literal["embedded", "opensearch"] | None = Field(None, description="Says outright which engine.")
    data_dir: Path = Field(Path("data"), description="Embedded index and local state.")
    alias: str = Field(DEFAULT_ALIAS, pattern=r"^[a-z][a-z0-9_-]{0,60}$", description="The name that readers use.")
    search_timeout_s: float = Field(10.0, gt=0, description="Then the caller is told to ask again.")
    write_timeout_s: float = Field(600.0, gt=0, description="For a bulk write or a merge.")

    @model_validator(mode="after")
    def _opensearch_has_a_url(self) -> Self:
        if self.engine == "opensearch" and self.opensearch_url is None:
            raise ValueError("SNGI_ENGINE=opensearch needs SNGI_OPENSEARCH_URL")
        return self

    @property
    def engine_name(self) -> Literal["embedded", "opensearch"]:
        return self.engine or ("opensearch" if self.opensearch_url else "embedded")


def open_engine(settings: EngineSettings) -> Engine:
    if settings.engine_name == "opensearch" and settings.opensearch_url:
        url = settings.opensearch_url.get_secret_value()
        return OpenSearchEngine(url, settings.alias, settings.search_timeout_s, settings.write_timeout_s)
    return EmbeddedEngine(settings.data_dir, settings.alias)
