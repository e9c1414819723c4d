"""The short way to a refusal: a call whose lane is full is answered before it is given to the application.

At three times the capacity two calls of three are refused, by the event loop that has to answer the third.
"""

import time
from functools import cache

from starlette.types import Scope

from api.connections import Refusal
from api.lanes import Busy, Lanes
from api.problems import too_many_problem
from api.watching import Watcher, request_id_header


class LanesDoor:
    """Lets in what may stand in line in its lane."""

    def __init__(self, lanes: Lanes, watcher: Watcher) -> None:
        self._lanes, self._watcher = lanes, watcher

    def refusal_of(self, scope: Scope) -> Refusal | None:
        """Return what `InLanes` would answer in `Watching`, if it would refuse; that is counted and told as there."""
        started = time.perf_counter()
        lane = self._lanes.of_path.get(scope["path"])
        if lane is None:
            return None
        if not lane.is_full:
            lane.announce()
            return None
        refusal = _refusal(lane.busy().retry_after_s)
        request_id = self._watcher.answered_at_once(scope, refusal.status, started)
        return refusal._replace(headers=(*refusal.headers, request_id_header(request_id)))


@cache
def _refusal(retry_after_s: int) -> Refusal:
    """There are few: a call is told to come again within some seconds."""
    response = too_many_problem(Busy(retry_after_s))
    return Refusal(response.status_code, tuple(response.raw_headers), bytes(response.body))
