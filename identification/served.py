"""The build that is served: resolved once per batch, checked once, its statistics loaded once."""

import asyncio
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

from identification.answers import Served
from identification.statistics_files import StatisticsFiles
from mappings.build import BuildMeta, IncompatibleBuild
from nomenclature.editions import UnknownEdition, UnreadableEdition
from nomenclature.locating import EditionInUse, Locator, WrongEdition
from retrieval.protocol import IndexGone, Position, Retrieval
from scoring.model import Model
from scoring.statistics import Statistics, digest_of
from scoring.weights import Weights

_MOST_BUILDS_KEPT = 2
_WAITED_FOR_S = 0.25
"""Nearly every build has the edition of the last one, and is loaded in a fraction of this."""


@dataclass(frozen=True, slots=True)
class ServedBuild:
    meta: BuildMeta
    statistics: Statistics
    weights: Weights
    locator: Locator
    position: Position

    @property
    def stamp(self) -> Served:
        return Served(self.weights.model.version, self.index, self.revision)

    @property
    def index(self) -> str:
        return self.position.index

    @property
    def revision(self) -> int:
        return self.position.revision


@dataclass(frozen=True, slots=True)
class _Loading:
    """A build that is being loaded, since when."""

    index: str
    task: asyncio.Task[ServedBuild]
    since_s: float = field(default_factory=time.monotonic)

    def seconds_left(self) -> float:
        """Return how long callers still wait for it."""
        return max(0.0, self.since_s + _WAITED_FOR_S - time.monotonic())


class ServedBuilds:
    """Resolves the alias and keeps what the last builds carry.

    A build that was just put behind the alias may bring an edition of places, a second or two to open. The last build
    answers until then: nobody waits longer than a moment, and no answer mixes the two. Once it is known that the new
    one cannot be read, the last one answers no more: it is not what is served.
    """

    def __init__(self, retrieval: Retrieval, model: Model, data_dir: Path) -> None:
        self._retrieval = retrieval
        self._data_dir = data_dir
        self._files = StatisticsFiles(data_dir)
        self._model = model
        self._builds: dict[str, ServedBuild] = {}
        self._loading: _Loading | None = None
        self._last: ServedBuild | None = None
        self._unreadable: str | None = None
        self._believed: ServedBuild | None = None

    def believed(self) -> ServedBuild | None:
        """Return what was served when last looked at: a search says whether it is still; None where none would."""
        return self._believed

    def doubt(self) -> None:
        """Look again before the next search: one saw something else."""
        self._believed = None

    async def current(self) -> ServedBuild:
        """Return the build behind the alias, at the revision that its searches see from now on.

        Raises:
            IndexNotReady: there is none.
            IncompatibleBuild: this code cannot read it.
            IndexGone: it was dropped meanwhile: ask again.
        """
        self._believed = None
        position = await self._retrieval.current()
        build = self._builds.get(position.index) or await self._loaded_or_last(position.index)
        if build.index == position.index:
            self._last = build = replace(build, position=position)
            self._believed = build if position.is_served else None
            return build
        try:
            return replace(build, position=await self._retrieval.position(build.index))
        except IndexGone:
            self._last = None
            raise

    async def _loaded_or_last(self, index: str) -> ServedBuild:
        """Load a build for all who ask for it meanwhile; where it takes long, return the last one that was loaded."""
        loading = self._loading
        if loading is None or loading.index != index:
            loading = self._loading = _Loading(index, asyncio.create_task(self._load(index)))
        last = self._last if index != self._unreadable else None
        await asyncio.wait({loading.task}, timeout=loading.seconds_left() if last else None)
        if last and not loading.task.done():
            return last
        if loading is self._loading:
            self._loading = None
        try:
            build = loading.task.result()
        except IncompatibleBuild:
            self._unreadable = index
            raise
        self._builds[index] = build
        for old in list(self._builds)[:-_MOST_BUILDS_KEPT]:
            del self._builds[old]
        return build

    async def _load(self, index: str) -> ServedBuild:
        meta = await self._retrieval.meta(index)
        meta.check(index)
        statistics = Statistics.from_buffer(await self._statistics(index, meta.statistics_digest or ""))
        locator = await asyncio.to_thread(self._locator, index, meta)  # an edition takes a second to open
        return ServedBuild(meta, statistics, Weights(self._model, statistics), locator, Position(index, 0))

    async def _statistics(self, index: str, digest: str) -> bytes | memoryview:
        """A view of a file, which all processes of a machine share: the engine's own, or one that is kept here."""
        kept = self._files.find(digest)
        if kept is not None:
            return kept
        data = await self._retrieval.statistics(index)
        if digest_of(data) != digest:
            raise IncompatibleBuild(index, ("statistics_digest",))
        return data if isinstance(data, memoryview) else self._files.keep(digest, data)

    def _locator(self, index: str, meta: BuildMeta) -> Locator:
        """Places of questions are located in the edition of the build: nobody reads a mixture of two."""
        try:
            return EditionInUse(self._data_dir, meta.nomenclature or "", meta.nomenclature_digest or "").locator()
        except (UnknownEdition, UnreadableEdition, WrongEdition) as error:
            raise IncompatibleBuild(index, ("nomenclature",)) from error
