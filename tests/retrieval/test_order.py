"""OpenSearch keeps identities in the order of their names: a wide search finds those of near surnames together."""

from tests.conftest import OpenEngine, build_lines, demo_lines


async def test_identities_lie_in_the_order_of_their_names_whatever_the_order_of_the_register(
    open_engine: OpenEngine,
) -> None:
    engine = open_engine("opensearch")
    report = await build_lines(engine, demo_lines()[::-1])
    read = [payload async for part in engine.every_payload(await engine.position(report.index)) for payload in part]
    assert len(read) == len(demo_lines())
    assert read == sorted(read)
