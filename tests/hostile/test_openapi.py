"""What the OpenAPI promises, asked with whatever its schema allows and forbids, over a real socket.

`SNGI_FUZZ_EXAMPLES` says how many requests of each operation; `make fuzz` asks more.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from api.app import create_app
from api.keys import new_key
from api.settings import ApiSettings
from audit.settings import AuditSettings
from retrieval.settings import EngineSettings
from tests.api.organism_files import headers, organism, write
from tests.hostile.listening import Listening, listening

Operation = schemathesis.APIOperation[Any, Any, Any, Any]

EXAMPLES = int(os.environ.get("SNGI_FUZZ_EXAMPLES", "12"))
PROMISES = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    unsupported_method,
]


@schemathesis.serializer("application/x-ndjson")
def _lines(_: schemathesis.SerializationContext, value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode(errors="surrogatepass")


SCHEMA = schemathesis.openapi.from_dict(
    create_app(EngineSettings(engine="embedded", opensearch_url=None), ApiSettings(), AuditSettings()).openapi()
)


def operations() -> Iterator[Operation]:
    for found in SCHEMA.get_all_operations():
        assert isinstance(found, Ok), found
        yield found.ok()


OPERATIONS = {operation.label: operation for operation in operations()}
every_operation = pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
asked = settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))


@st.composite
def cases(draw: st.DrawFn, operation: Operation) -> schemathesis.Case[Operation]:
    """A request that the schema allows, or one that it forbids."""
    mode = draw(st.sampled_from(list(schemathesis.GenerationMode)))
    return draw(operation.as_strategy(generation_mode=mode))


@pytest.fixture(scope="module")
def service(demo_folder: Path) -> Iterator[Listening]:
    with listening(demo_folder) as found:
        yield found


@pytest.fixture(scope="module")
def keyed(demo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Listening, dict[str, str]]]:
    """A service with a file of organisms, and the headers of one that may do everything."""
    folder, key = tmp_path_factory.mktemp("keyed"), new_key()
    write(folder, organism(), keys={"caisse-a": key})
    with listening(demo_folder, organisms=folder / "organisms.toml", probing_tries=1_000) as found:
        yield found, headers(key)


def url(service: Listening) -> str:
    return f"http://127.0.0.1:{service.port}"


@every_operation
@asked
@given(data=st.data())
def test_without_access_control_each_operation_answers_as_promised(
    operation: Operation, data: st.DataObject, service: Listening
) -> None:
    data.draw(cases(operation)).call_and_validate(url(service), checks=PROMISES)


@every_operation
@asked
@given(data=st.data())
def test_an_organism_is_answered_as_promised(
    operation: Operation, data: st.DataObject, keyed: tuple[Listening, dict[str, str]]
) -> None:
    service, who = keyed
    data.draw(cases(operation)).call_and_validate(url(service), headers=who, checks=PROMISES)


@every_operation
@asked
@given(data=st.data())
def test_without_a_key_each_operation_refuses_as_promised(
    operation: Operation, data: st.DataObject, keyed: tuple[Listening, dict[str, str]]
) -> None:
    reply = data.draw(cases(operation)).call_and_validate(url(keyed[0]), checks=PROMISES)
    assert reply.status_code in (401, 404, 405) or operation.path.startswith("/health/")
