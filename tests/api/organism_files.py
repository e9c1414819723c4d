"""A service with access control, and callers of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from api.app import create_app
from api.keys import key_entry, new_key
from api.settings import ApiSettings
from audit.settings import AuditSettings
from cli.changing import Changing
from retrieval.settings import EngineSettings

FAR = date(2100, 1, 1)
FULL = '["id", "nir", "sex", "birth_name", "usage_names", "given_names", "birth_date", "birth_place", "death"]'


def organism(
    name: str = "caisse-a",
    rights: str = '["identify", "verify", "explain", "bulk", "admin", "metrics"]',
    fields: str = FULL,
    per_second: float = 1e6,
    per_day: int = 1_000_000,
    more: str = "",
) -> str:
    """Return the table of an organism that may do everything, but what the test says."""
    return (
        f'[organisms.{name}]\nlabel = "Caisse {name}"\nrights = {rights}\npurposes = ["droits", "paie"]\n'
        f"fields = {fields}\nper_second = {per_second}\nper_day = {per_day}\n{more}\n"
    )


def write(data_dir: Path, *tables: str, keys: dict[str, str]) -> None:
    """Write the file of organisms; `keys` are texts of keys by organism."""
    text = "".join(tables) + "".join(key_entry(name, key, FAR) for name, key in keys.items())
    (data_dir / "organisms.toml").write_text(text)


def headers(key: str, purpose: str = "droits", **more: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}", "X-Purpose": purpose} | more


@contextmanager
def service(data_dir: Path, **options: Any) -> Iterator[TestClient]:
    engine = EngineSettings(data_dir=data_dir, engine="embedded", opensearch_url=None)
    app = create_app(engine, ApiSettings(**options), AuditSettings(), apply_changes=Changing(engine))
    with TestClient(app, raise_server_exceptions=False) as http:
        yield http


@contextmanager
def caller(data_dir: Path, **limits: Any) -> Iterator[TestClient]:
    """Yield a client that presents itself as `caisse-a`."""
    key = new_key()
    options = {name: limits.pop(name) for name in ("probing_tries", "probing_pause_s") if name in limits}
    write(data_dir, organism(**limits), keys={"caisse-a": key})
    with service(data_dir, **options) as http:
        http.headers.update(headers(key))
        yield http
