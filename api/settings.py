"""Every knob of the API, read once by `create_app`."""

from pathlib import Path
from typing import Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

METRICS_FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""The folder in which workers count together. prometheus-client reads it when it is imported, so it is set before."""


class ApiSettings(BaseSettings):
    """Access control is on where there is a file of organisms, or one is named."""

    model_config = SettingsConfigDict(env_prefix="SNGI_API_", frozen=True, env_ignore_empty=True)

    most_body_bytes: int = Field(10_000_000, ge=1_000, description="A longer body is refused with 413.")
    most_dsn_bytes: int = Field(2_000_000_000, ge=1_000, description="A longer DSN file is refused with 413.")
    dsn_kept_days: float = Field(30, gt=0, description="A payroll job and its report are removed after so many days.")
    dsn_workers: int = Field(1, ge=1, le=256, description="Processes for one DSN file; 1: the service itself.")
    body_timeout_s: float = Field(60.0, gt=0, description="Then a body is refused, or an upload that pauses: 408.")
    stream_pause_s: float = Field(900.0, gt=0, description="A stream of which nothing comes for so long is ended.")
    open: bool = Field(False, description="Answer beyond loopback although access control is off.")
    organisms: Path | None = Field(None, description="File of organisms; default: organisms.toml, in the data folder.")
    trusted_header: str | None = Field(None, description="Header in which a proxy says whom it authenticated.")
    trusted_proxies: frozenset[str] = Field(frozenset(), description="Addresses of these proxies, a JSON list.")
    probing_tries: int = Field(10, ge=1, le=1_000, description="Refused tries near each other before they are held.")
    probing_pause_s: float = Field(600.0, gt=0, description="Then one more is allowed after so many seconds.")

    @model_validator(mode="after")
    def _a_header_is_trusted_from_somebody(self) -> Self:
        if (self.trusted_header is None) != (not self.trusted_proxies):
            raise ValueError("SNGI_API_TRUSTED_HEADER and SNGI_API_TRUSTED_PROXIES go together")
        return self

    def organisms_in(self, data_dir: Path) -> Path | None:
        """Return the file of organisms, None where access control is off. A file that is named must be there."""
        usual = data_dir / "organisms.toml"
        return self.organisms or (usual if usual.exists() else None)
