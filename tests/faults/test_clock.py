"""The clock of the machine is set forward, and back: nothing is lost, and nobody is shut out for longer than that."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from api.keys import key_entry, new_key
from api.organisms import Limits, read_organisms
from api.quota import Quotas, TooMany
from indexer.rebuild import rollback
from retrieval.protocol import Engine
from tests.api.organism_files import organism
from tests.conftest import build_lines, demo_lines

A_DAY_S = 86_400
NOON_S = 20_000 * A_DAY_S + 43_200.0
LIMITS = Limits(per_second=1e6, per_day=100)


async def test_a_rollback_goes_to_the_build_before_though_an_older_one_was_served_by_a_clock_ahead(
    engine: Engine,
) -> None:
    first = (await build_lines(engine, demo_lines())).index
    ahead = (datetime.now(UTC) + timedelta(days=400)).isoformat()
    await engine.set_meta(first, (await engine.meta(first)).evolve(served_at=ahead))
    second = (await build_lines(engine, demo_lines())).index
    third = (await build_lines(engine, demo_lines())).index
    assert await rollback(engine) == second
    assert await rollback(engine) == third


@pytest.mark.parametrize("jump_days", [-400, -1, 1, 400])
def test_an_organism_may_ask_again_the_day_after_whatever_the_clock_did(tmp_path: Path, jump_days: int) -> None:
    now_s = NOON_S + jump_days * A_DAY_S
    quotas = Quotas(tmp_path, lambda: now_s)
    quotas.spend("a", LIMITS, LIMITS.per_day)
    now_s = NOON_S
    quotas.spend("a", LIMITS, LIMITS.per_day, may_overdraw=True)
    with pytest.raises(TooMany) as refused:
        quotas.spend("a", LIMITS, 1)
    assert refused.value.retry_after_s <= A_DAY_S
    now_s += refused.value.retry_after_s
    quotas.spend("a", LIMITS, 1)


def test_a_key_that_a_clock_ahead_refused_is_good_again_with_the_right_time() -> None:
    key = new_key()
    directory = read_organisms(organism() + key_entry("caisse-a", key, date(2026, 6, 1)))
    seen = [directory.by_key(key, day) is not None for day in (date(2026, 3, 4), date(2027, 3, 4), date(2026, 3, 5))]
    assert seen == [True, False, True]
