"""Where the audit is, and how long it is kept, read once from the environment."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class AuditSettings(BaseSettings):
    """Retention is 1 to 6 years: arrêté du 6 juillet 2007, article 9; R114-28 (RNCPS) says 1 year."""

    model_config = SettingsConfigDict(env_prefix="SNGI_AUDIT_", frozen=True, env_ignore_empty=True)

    folder: Path | None = Field(None, description="Files of the audit; default: audit, in the data folder.")
    key_file: Path | None = Field(None, description="Secret keys of the audit; default: audit.key, in the data folder.")
    years: int = Field(1, ge=1, le=6, description="How long lines are kept before `sngi audit purge` removes them.")

    def folder_in(self, data_dir: Path) -> Path:
        return self.folder or data_dir / "audit"

    def key_file_in(self, data_dir: Path) -> Path:
        return self.key_file or data_dir / "audit.key"
