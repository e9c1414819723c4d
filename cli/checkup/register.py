"""The register: the engine, the build that is served, its journal and its nomenclature."""

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cli.checkup.findings import Finding, fine, notice, wrong
from mappings.build import BuildMeta, IncompatibleBuild
from mappings.mapping import identity_settings
from nomenclature.editions import UnknownEdition, UnreadableEdition
from nomenclature.locating import EditionInUse, WrongEdition, edition_in_use
from retrieval.cluster import Cluster
from retrieval.protocol import NOBODY, Build, Engine, EngineError, EngineUnavailable, IndexGone, IndexNotReady
from scoring.model import load_model
from scoring.statistics import digest_of

_OLDEST_TRIED = 3
_REBUILD = "build it anew: sngi index build SOURCE"
_FAILURES = (EngineUnavailable, EngineError, IndexGone)


@dataclass(frozen=True, slots=True)
class Register:
    """What could be learnt of the builds; `served` is None where none is, or none can be read."""

    builds: tuple[Build, ...] = ()
    served: Build | None = None

    @property
    def built_at(self) -> datetime | None:
        return datetime.fromisoformat(self.served.meta.created_at) if self.served else None


def check_cluster(cluster: Cluster) -> Iterator[Finding]:
    said = f"{cluster.distribution} {cluster.version}, {cluster.status}"
    major = cluster.version.partition(".")[0]
    if cluster.status == "red":
        yield wrong("engine", said, "a part of the data is missing: look at GET /_cluster/allocation/explain")
    elif cluster.distribution != "opensearch" or not major.isdecimal() or int(major) < _OLDEST_TRIED:
        yield notice("engine", said, f"this service was tried with OpenSearch {_OLDEST_TRIED} and newer")
    else:
        yield fine("engine", said)


def check_settings(cluster: Cluster) -> Iterator[Finding]:
    """Compare settings of the served index with those that it was made with."""
    found = cluster.index_settings
    blocked = sorted(name for name, value in found.items() if name.startswith("index.blocks.") and value == "true")
    if blocked:
        to_do = "changes are refused: free the disk, then set it to null by PUT /INDEX/_settings"
        yield wrong("index settings", f"{', '.join(blocked)} is set", to_do)
    if found.get("index.refresh_interval") != "-1":
        said = f"refresh_interval is {found.get('index.refresh_interval', 'the default')}, not -1"
        yield wrong("index settings", said, "changes are seen in parts: set it to -1 by PUT /INDEX/_settings")
    slower = [name for name, value in _for_speed().items() if found.get(name) != value]
    if slower:
        yield notice("index settings", f"{', '.join(slower)} was changed", f"searches cost more: {_REBUILD}")
    if not (blocked or slower) and found.get("index.refresh_interval") == "-1":
        yield fine("index settings", "as the index was made")


def _for_speed() -> dict[str, str]:
    made = identity_settings()["index"]
    names = ("requests.cache.enable", "search.concurrent_segment_search.mode")
    return {f"index.{name}": str(made[name]).lower() for name in names}


async def read_register(engine: Engine) -> tuple[Register, list[Finding]]:
    """List the builds and find the served one. Raises EngineUnavailable where the engine does not answer."""
    try:
        index = await engine.served()
    except IndexNotReady:
        index = ""
    except (ValueError, KeyError):
        return Register(), [wrong("served build", "the file that says which it is is damaged", _REBUILD)]
    try:
        builds = tuple(await engine.list())
    except IndexGone:
        builds = ()
    except (EngineError, ValueError, TypeError, KeyError) as error:
        said = f"the description of a build cannot be read: {type(error).__name__}"
        return Register(), [wrong("served build", said, f"remove its folder or index, then {_REBUILD}")]
    served = next((build for build in builds if build.served), None)
    return Register(builds, served), [*_unfinished(builds), *_nothing_served(engine.alias, index, served)]


def _unfinished(builds: Sequence[Build]) -> Iterator[Finding]:
    for build in builds:
        if not (build.served or build.meta.complete):
            to_do = f"sngi index drop {build.index}, unless it is being built"
            yield notice("builds", f"{build.index} was never finished", to_do)


def _nothing_served(alias: str, index: str, served: Build | None) -> Iterator[Finding]:
    if not index:
        yield wrong("served build", f"the alias {alias} points at nothing", "build one: sngi index build SOURCE")
    elif served is None:
        yield wrong("served build", f"{index} is served and not there", f"sngi index rollback, or {_REBUILD}")


async def check_build(engine: Engine, build: Build) -> AsyncIterator[Finding]:
    """Check that the served build is whole and of this version, as a question would find it."""
    meta, index = build.meta, build.index
    try:
        meta.check(index)
        yield fine("served build", f"{index}, {meta.identities:,} identities, built {meta.created_at[:10]}")
    except IncompatibleBuild as error:
        yield wrong("served build", str(error), f"{_REBUILD}, or install the version that built it")
    async for finding in _check_statistics(engine, build):
        yield finding
    try:
        await engine.holders(await engine.position(index), "nirs", [NOBODY])
        yield fine("search", "the served build answers")
    except _FAILURES as error:
        yield wrong("search", f"the served build does not answer: {error}", f"sngi index rollback, or {_REBUILD}")
    model = load_model().version
    if meta.model != model:
        yield notice("model", f"built with the weights {meta.model}, answered with {model}", "nothing, if it is meant")


async def _check_statistics(engine: Engine, build: Build) -> AsyncIterator[Finding]:
    to_do = f"sngi index rollback, or {_REBUILD}"
    try:
        digest = digest_of(await engine.statistics(build.index))
    except (*_FAILURES, OSError, ValueError) as error:
        yield wrong("statistics", f"they cannot be read: {type(error).__name__}", to_do)
        return
    if digest == build.meta.statistics_digest:
        yield fine("statistics", f"digest {digest}")
    else:
        yield wrong("statistics", "they are not those of the build: the digest differs", to_do)


async def check_journal(engine: Engine, index: str) -> Finding:
    to_do = "run the last sngi index update again: what was done is skipped"
    try:
        newest, revision = await engine.journal.newest(), (await engine.position(index)).revision
    except _FAILURES as error:
        return wrong("journal", str(error), "restore the file or index from a copy, then build anew")
    if newest is None or newest.last <= revision:
        return fine("journal", f"the index holds all changes, up to {revision}")
    said = f"it holds changes up to {newest.last}, the served index only up to {revision}"
    return wrong("journal", said, to_do)


def check_nomenclature(data_dir: Path, meta: BuildMeta) -> Iterator[Finding]:
    name = meta.nomenclature or "none"
    try:
        EditionInUse(data_dir, name, meta.nomenclature_digest or "").locator()
    except (UnknownEdition, UnreadableEdition, WrongEdition) as error:
        said = f"the index was built with {name}: {error}"
        yield wrong("nomenclature", said, "sngi cog import it, or sngi index reindex")
        return
    try:
        in_use = edition_in_use(data_dir)
    except UnreadableEdition as error:
        yield wrong("nomenclature", f"the edition in use: {error}", "sngi cog import it again")
        return
    if (in_use.name, in_use.digest) == (name, meta.nomenclature_digest):
        yield fine("nomenclature", f"{name}, for places asked about and for the index")
    else:
        yield notice("nomenclature", f"{in_use.name} is in use, the index was built with {name}", "sngi index reindex")
