"""Access control put together, when it is on, and ended with the service."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import structlog

from api.access import Control, TrustedHeader
from api.organisms import Organisms
from api.probing import Watch
from api.quota import Quotas
from api.settings import ApiSettings
from audit.chain import Chain
from audit.keys import keys_made_if_missing
from audit.ledger import Ledger
from audit.settings import AuditSettings

log = structlog.get_logger()


@asynccontextmanager
async def control_of(settings: ApiSettings, audit: AuditSettings, data_dir: Path) -> AsyncIterator[Control | None]:
    """Yield the access control of a service, None when it is off.

    Raises:
        BadOrganisms, UnreadableKeys: the service does not start with less than it was told.
    """
    file = settings.organisms_in(data_dir)
    if file is None:
        yield None
        return
    organisms = Organisms(file)
    keys = await asyncio.to_thread(keys_made_if_missing, audit.key_file_in(data_dir))
    ledger = Ledger(Chain(audit.folder_in(data_dir), keys[0], lambda: datetime.now(UTC)), keys[0])
    quotas = Quotas(data_dir / "quotas")
    header = settings.trusted_header
    yield Control(
        organisms,
        quotas,
        Watch(settings.probing_tries, settings.probing_pause_s),
        ledger,
        TrustedHeader(header, settings.trusted_proxies) if header else None,
    )
    quotas.close()
    try:
        await ledger.close()
    except OSError as error:
        log.error("audit_not_closed", error=type(error).__name__)
