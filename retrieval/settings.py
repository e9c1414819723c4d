"""Which engine holds the register, read once from the environment, and the engine opened."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from mappings.naming import DEFAULT_ALIAS
from retrieval.embedded import EmbeddedEngine
from retrieval.opensearch import OpenSearchEngine
from retrieval.opensearch_access import Access, access_to
from retrieval.protocol import Engine


class EngineSettings(BaseSettings):
    """Where the register is. `SNGI_OPENSEARCH_URL` set: that server; otherwise the embedded engine."""

    model_config = SettingsConfigDict(env_prefix="SNGI_", frozen=True, env_ignore_empty=True, hide_input_in_errors=True)

    opensearch_url: SecretStr | None = Field(None, description="OpenSearch; several nodes with commas between them.")
    opensearch_user: str | None = Field(None, description="With a password: HTTP Basic.")
    opensearch_password: SecretStr | None = None
    opensearch_password_file: Path | None = Field(None, description="File of one line, in the place of the password.")
    opensearch_api_key: SecretStr | None = None
    opensearch_api_key_file: Path | None = Field(None, description="File of one line, in the place of the API key.")
    opensearch_ca: Path | None = Field(None, description="Certificates to believe, PEM; default those of the system.")
    engine: Literal["embedded", "opensearch"] | None = Field(None, description="Says outright which engine.")
    data_dir: Path = Field(Path("data"), description="Embedded index and local state.")
    alias: str = Field(DEFAULT_ALIAS, pattern=r"^[a-z][a-z0-9_-]{0,60}$", description="The name that readers use.")
    search_timeout_s: float = Field(10.0, gt=0, description="Then the caller is told to ask again.")
    write_timeout_s: float = Field(600.0, gt=0, description="For a bulk write or a merge.")

    @model_validator(mode="after")
    def _opensearch_has_a_url(self) -> Self:
        if self.engine == "opensearch" and self.opensearch_url is None:
            raise ValueError("SNGI_ENGINE=opensearch needs SNGI_OPENSEARCH_URL")
        if self.opensearch_url is not None:
            self.opensearch_access()
        return self

    def opensearch_access(self) -> Access:
        """Return how OpenSearch is reached. Raises ValueError: the settings of it contradict each other."""
        if self.opensearch_url is None:
            raise ValueError("SNGI_OPENSEARCH_URL is not set")
        return access_to(
            self.opensearch_url.get_secret_value(),
            self.opensearch_user,
            _secret("password", self.opensearch_password, self.opensearch_password_file),
            _secret("API key", self.opensearch_api_key, self.opensearch_api_key_file),
            self.opensearch_ca,
        )

    @property
    def engine_name(self) -> Literal["embedded", "opensearch"]:
        return self.engine or ("opensearch" if self.opensearch_url else "embedded")


def _secret(what: str, value: SecretStr | None, file: Path | None) -> str | None:
    if value is not None and file is not None:
        raise ValueError(f"the {what} of OpenSearch stands in the environment and in a file")
    if file is None:
        return value.get_secret_value() if value else None
    try:
        return file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"the file of the {what} of OpenSearch cannot be read: {type(error).__name__}") from error


def open_engine(settings: EngineSettings) -> Engine:
    if settings.engine_name == "opensearch":
        access = settings.opensearch_access()
        return OpenSearchEngine(access, settings.alias, settings.search_timeout_s, settings.write_timeout_s)
    return EmbeddedEngine(settings.data_dir, settings.alias)
