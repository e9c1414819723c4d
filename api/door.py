"""The short way to a refusal: a call whose lane is full is answered before it is given to the application.

At three times the capacity two calls of three are refused, by the event loop that has to answer the third. So a refusal
does no more than its client sees: what there is to tell of it waits for those that are refused in the same moment.
"""

import asyncio
import time
from dataclasses import dataclass, field

from starlette.types import Scope

from api.connections import Refusal, lines_of
from api.lanes import Lane, Lanes
from api.problems import too_many_problem
from api.watching import Seen, Watcher, request_id_header

MOMENT_S = 0.2
"""So much later refusals are counted, at most; a worker that is killed loses them."""


@dataclass(frozen=True, slots=True)
class _Moment:
    """Calls of a lane that get one refusal, with one id: one line of the log tells of them."""

    refusal: Refusal
    seen: Seen
    seconds: list[float] = field(default_factory=list)


class LanesDoor:
    """Lets in what may stand in line in its lane."""

    def __init__(self, lanes: Lanes, watcher: Watcher) -> None:
        self._lanes, self._watcher = lanes, watcher
        self._moments: dict[Lane, _Moment] = {}

    def refusal_of(self, scope: Scope) -> Refusal | None:
        """Return what `InLanes` would answer in `Watching`, if it would refuse."""
        started = time.perf_counter()
        lane = self._lanes.of_path.get(scope["path"])
        if lane is None:
            return None
        if not lane.is_full:
            lane.announce()
            return None
        moment = self._moments.get(lane) or self._begin(lane)
        self._watcher.trace_refused(scope, moment.seen)
        moment.seconds.append(time.perf_counter() - started)
        return moment.refusal

    def tell_all(self) -> None:
        """Count and tell what waits for the end of its moment."""
        for lane in tuple(self._moments):
            self._tell(lane)

    def _begin(self, lane: Lane) -> _Moment:
        response = too_many_problem(lane.busy())
        seen = self._watcher.refusing(response.status_code)
        lines = lines_of((*response.raw_headers, request_id_header(seen.id)))
        moment = self._moments[lane] = _Moment(Refusal(response.status_code, lines, bytes(response.body)), seen)
        asyncio.get_running_loop().call_later(MOMENT_S, self._tell, lane)
        return moment

    def _tell(self, lane: Lane) -> None:
        moment = self._moments.pop(lane, None)
        if moment:
            lane.count_refused(len(moment.seconds))
            self._watcher.refused(moment.seen, lane.name, moment.seconds)
