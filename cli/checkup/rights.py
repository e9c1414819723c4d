"""Who may ask, and the record of who asked."""

import os
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile

from api.organisms import BadOrganisms, Directory, read_organisms
from api.settings import ApiSettings
from audit.keys import UnreadableKeys, read_keys
from audit.settings import AuditSettings
from audit.tail import Tail, read_tail
from cli.checkup.findings import Finding, fine, notice, wrong

_SOON = timedelta(days=30)
_OTHERS_WRITE, _OTHERS_READ = 0o022, 0o077


def check_organisms(settings: ApiSettings, data_dir: Path, today: date) -> Iterator[Finding]:
    file = settings.organisms_in(data_dir)
    if file is None:
        if settings.open:
            said = "SNGI_API_OPEN is on and there is no file of organisms: whoever reaches the service may ask"
            yield wrong("access", said, "write organisms.toml, or listen on loopback only")
        else:
            yield fine("access", "no file of organisms: only callers of this machine are answered")
        return
    try:
        directory = read_organisms(file.read_text("utf-8"))
    except (BadOrganisms, OSError, UnicodeDecodeError) as error:
        said = str(error) if isinstance(error, BadOrganisms) else type(error).__name__
        yield wrong("access", f"{file}: {said}", "correct the file: the service does not start with it")
        return
    if file.stat().st_mode & _OTHERS_WRITE:
        yield wrong("access", f"others than its owner can write {file}", f"chmod go-w {file}")
    yield from _check_keys(directory, today)


def _check_keys(directory: Directory, today: date) -> Iterator[Finding]:
    expires: dict[str, date] = {}
    for key in directory.keys.values():
        name = key.organism.name
        expires[name] = max(key.expires, expires.get(name, key.expires))
    vouched_for = {organism.name for organism in directory.subjects.values()}
    for name in sorted(directory.names - vouched_for):
        last, to_do = expires.get(name), f"sngi key new {name}"
        if last is None:
            yield wrong("access", f"{name} has no key and no subject: it cannot ask", to_do)
        elif last <= today:
            yield wrong("access", f"the last key of {name} expired on {last}", to_do)
        elif last <= today + _SOON:
            yield notice("access", f"the last key of {name} expires on {last}", to_do)
    old = sorted(key_id for key_id, key in directory.keys.items() if key.expires <= today)
    if old:
        yield notice("access", f"expired keys: {', '.join(old)}", "remove their tables from the file of organisms")
    yield fine("access", f"{len(directory.names)} organisms, {len(directory.keys)} keys")


def check_audit(settings: AuditSettings, data_dir: Path, needed: bool) -> tuple[list[Finding], Tail | None]:
    """Check the audit, where there is one or must be one; the tail that was read says when it was last written."""
    folder, key_file = settings.folder_in(data_dir), settings.key_file_in(data_dir)
    if not (needed or key_file.exists() or folder.exists()):
        return [fine("audit", "access control is off: nothing is audited")], None
    if not (key_file.exists() or folder.exists()):
        return [fine("audit", "not begun: the service makes its key and folder as it starts")], None
    findings = []
    try:
        keys = read_keys(key_file)
    except UnreadableKeys as error:
        return [wrong("audit", f"{key_file}: {error}", "restore the file: without it no line can be verified")], None
    if key_file.stat().st_mode & _OTHERS_READ:
        findings.append(wrong("audit", f"others than its owner can read {key_file}", f"chmod 600 {key_file}"))
    if folder.exists() and not _can_be_written(folder):
        said = f"{folder} cannot be written: nothing is answered"
        findings.append(wrong("audit", said, "free the disk, or give the user of the service the right to write"))
    tail = read_tail(folder, keys)
    for name in tail.broken:
        said = f"the last lines of {name} do not follow from each other: changed, or written with another key"
        findings.append(wrong("audit", said, "sngi audit verify says where; keep the file, and find out who wrote it"))
    return findings or [fine("audit", f"can be written; the end of {tail.files} files is sound")], tail


def _can_be_written(folder: Path) -> bool:
    try:
        with NamedTemporaryFile(dir=folder, prefix=".doctor-") as file:
            os.fsync(file.fileno())
    except OSError:
        return False
    return True
