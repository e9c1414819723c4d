"""Calls over HTTP by Locust, each at its time, however late the answers to others are.

Locust replaces the sockets of the process that imports it, so this is a program of its own: the host and the plans come
through its standard input and the calls go out through its standard output, pickled.
"""

import pickle
import sys
import time
from collections.abc import Iterator, Mapping, Sequence

import gevent
import orjson
from locust import FastHttpUser, User, constant, task
from locust.env import Environment
from locust.exception import StopUser

from loadtest.plans import Asked, Called, Kind

_PATH = {"unit": "/v1/identify", "batch": "/v1/identify/batch"}
_USERS = {"unit": 300, "batch": 60}
"""Callers of each kind: more than can be waiting, so that each call leaves at its time."""


_PATIENCE_S = 60.0
"""After the last call was due; what is not answered then never will be."""


def call_all(host: str, plans: Mapping[Kind, Sequence[tuple[float, Asked]]]) -> list[Called]:
    """Make the calls of each plan at their times, in seconds from now, and return them as they ended."""
    called: list[Called] = []
    started = time.perf_counter()
    users: list[type[User]] = [_user_class(kind, iter(plan), started, called) for kind, plan in plans.items()]
    environment = Environment(user_classes=users, host=host)
    runner = environment.create_local_runner()
    number = sum(user.fixed_count for user in users)
    runner.start(number, spawn_rate=number)
    expected, last_s = sum(map(len, plans.values())), max(plan[-1][0] for plan in plans.values() if plan)
    while len(called) < expected and time.perf_counter() - started < last_s + _PATIENCE_S:
        gevent.sleep(0.1)
    runner.quit()
    return called


def _user_class(
    kind_: Kind, plan: Iterator[tuple[float, Asked]], started: float, called: list[Called]
) -> type[FastHttpUser]:
    class Caller(FastHttpUser):
        fixed_count = _USERS[kind_]
        wait_time = constant(0)
        kind = kind_

        @task
        def call(self) -> None:
            due_s, asked = next(plan, (0.0, None))
            if asked is None:
                raise StopUser
            gevent.sleep(max(0.0, started + due_s - time.perf_counter()))
            left_s = time.perf_counter() - started
            headers = {"Content-Type": "application/json"}
            with self.client.post(
                _PATH[kind_], data=asked.body.decode(), headers=headers, catch_response=True
            ) as reply:
                ms = 1_000 * (time.perf_counter() - started - due_s)
                reply.request_meta["response_time"] = ms
                if reply.status_code == 429:
                    reply.success()
                found = _judged(reply.content if reply.status_code == 200 else None, kind_, asked)
                called.append(
                    Called(kind_, due_s, 1_000 * (left_s - due_s), ms, reply.status_code, len(asked.truths), *found)
                )

    Caller.__name__ = f"{kind_.title()}Caller"
    return Caller


def _judged(content: bytes | None, kind: Kind, asked: Asked) -> tuple[int, int, int]:
    """Return how many answers name the person asked about, somebody else, or say that the service failed."""
    if content is None:
        return 0, 0, 0
    data = orjson.loads(content)
    answers = data["answers"] if kind == "batch" else [data]
    right = wrong = failed = 0
    for answer, truth in zip(answers, asked.truths, strict=True):
        failed += answer["outcome"] == "failed"
        if answer["identity"]:
            right += answer["identity"]["id"] == truth
            wrong += answer["identity"]["id"] != truth
    return right, wrong, failed


if __name__ == "__main__":
    sys.stdout.buffer.write(pickle.dumps(call_all(*pickle.load(sys.stdin.buffer))))
