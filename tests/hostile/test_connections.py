"""Raw bytes against the listening service: floods, slowness, tricks with headers and paths."""

import resource
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from api import connections
from api.keys import new_key
from tests.api.organism_files import organism, write
from tests.hostile.listening import Listening, listening, post, read_to_end
from tests.serving import wait_for

QUESTION = orjson.dumps({"birth_name": "LE GOFF", "given_names": ["Yann"], "birth_date": "1956-03-04"})
IDENTITY = b'"P001"'
USUAL_S = connections.HEAD_TIMEOUT_S


@pytest.fixture(scope="module")
def service(demo_folder: Path) -> Iterator[Listening]:
    """Without access control."""
    with listening(demo_folder, body_timeout_s=0.5, stream_pause_s=0.5) as found:
        yield found


@pytest.fixture(scope="module")
def guarded(demo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Listening]:
    """With a file of organisms."""
    folder = tmp_path_factory.mktemp("guarded")
    write(folder, organism(), keys={"caisse-a": new_key()})
    with listening(demo_folder, organisms=folder / "organisms.toml") as found:
        yield found


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


FLOODS = {
    "headers": b"x-flood: " + b"a" * 990 + b"\r\n",
    "one header": b"a" * 1_000,
}


@pytest.mark.parametrize("flood", FLOODS.values(), ids=FLOODS)
def test_headers_without_end_are_refused_in_bounded_memory(service: Listening, flood: bytes) -> None:
    before = peak_mb()
    start = b"POST /v1/identify HTTP/1.1\r\nhost: 127.0.0.1\r\nx-flood: a"
    assert service.status_of(start, *[flood] * 200_000) == 431
    assert peak_mb() - before < 50


def test_a_path_without_end_is_refused(service: Listening) -> None:
    assert service.status_of(b"GET /", *[b"a" * 1_000] * 10_000) == 431


def test_trailers_without_end_are_refused_in_bounded_memory(service: Listening) -> None:
    before = peak_mb()
    start = b"POST /v1/identify HTTP/1.1\r\nhost: 127.0.0.1\r\ntransfer-encoding: chunked\r\n\r\n1\r\n{\r\n0\r\n"
    answer = service.answer_to(start, *[b"x-flood: " + b"a" * 990 + b"\r\n"] * 100_000)
    assert IDENTITY not in answer
    assert peak_mb() - before < 50


def test_headers_that_never_end_are_given_up(service: Listening, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEAD_TIMEOUT_S", 0.5)
    started = time.monotonic()
    assert service.status_of(b"POST /v1/identify HTTP/1.1\r\nhost: 127.0.0.1\r\n") == 408
    assert service.answer_to(b"").startswith(b"HTTP/1.1 408")
    assert time.monotonic() - started < USUAL_S


def test_the_headers_of_a_second_request_are_given_up_too(service: Listening, monkeypatch: pytest.MonkeyPatch) -> None:
    with service.connect() as connection:
        connection.sendall(b"GET /health/live HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n")
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200")
        monkeypatch.setattr(connections, "HEAD_TIMEOUT_S", 0.5)
        started = time.monotonic()
        connection.sendall(b"GET /health/live HTTP/1.1\r\nx-slow: ")
        assert b"HTTP/1.1 408" in read_to_end(connection)
        assert time.monotonic() - started < USUAL_S


def test_a_connection_whose_headers_have_come_is_kept_whether_in_one_piece_or_two(
    service: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "HEAD_TIMEOUT_S", 1.5)
    request = b"GET /health/live HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n"
    with service.connect() as connection:
        for parts in ([request], [request[:20], request[20:]], [request]):
            for part in parts:
                connection.sendall(part)
                time.sleep(0.1)
            time.sleep(1.7)
            assert connection.recv(65_536).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    "framing", [b"content-length: 1000", b"transfer-encoding: chunked"], ids=["too short", "chunks without end"]
)
@pytest.mark.parametrize("path", [b"/v1/identify", b"/v1/identify/batch", b"/v1/explain", b"/v1/verify", b"/v1/dsn"])
def test_a_body_that_does_not_come_is_given_up(service: Listening, path: bytes, framing: bytes) -> None:
    start = b"POST %b HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n%b\r\n\r\n" % (path, framing)
    begun = b"1\r\n{\r\n" if b"chunked" in framing else b"{"
    answer = service.answer_to(start + begun)
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"application/problem+json" in answer


def test_a_body_that_trickles_is_given_up(service: Listening) -> None:
    with service.connect() as connection:
        connection.sendall(post(b"/v1/identify", QUESTION + b" " * 1_000)[:-1_000])
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            for _ in range(999):
                connection.sendall(b" ")
                time.sleep(0.05)


def test_a_stream_of_which_nothing_comes_is_ended_after_its_answers(service: Listening) -> None:
    start = b"POST /v1/identify/stream HTTP/1.1\r\nhost: 127.0.0.1\r\ntransfer-encoding: chunked\r\n\r\n"
    line = QUESTION + b"\n"
    answer = service.answer_to(start + b"%x\r\n%b\r\n" % (len(line), line))
    assert IDENTITY in answer
    assert not answer.endswith(b"0\r\n\r\n")


def test_a_client_that_leaves_in_its_body_is_no_failure(service: Listening, capfd: pytest.CaptureFixture[str]) -> None:
    with service.connect() as connection:
        connection.sendall(post(b"/v1/identify", QUESTION + b" ")[:-1])
    said = ""

    def is_said() -> bool:
        nonlocal said
        said += "".join(capfd.readouterr())
        return "request_left_by_client" in said

    wait_for(is_said)
    assert "unexpected_error" not in said


SMUGGLED = b"GET /v1/index HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n"
SMUGGLING = {
    "length and chunks": b"content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "two lengths": b"content-length: 0\r\ncontent-length: %d\r\n\r\n" % len(SMUGGLED),
    "a length with a sign": b"content-length: +%d\r\n\r\n" % len(SMUGGLED),
    "a length in hexadecimal": b"content-length: 0x10\r\n\r\n",
    "chunks, not last": b"transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "chunks with a space before the colon": b"transfer-encoding : chunked\r\n\r\n0\r\n\r\n",
    "a chunk size of two words": b"transfer-encoding: chunked\r\n\r\n1 0\r\n{\r\n0\r\n\r\n",
    "a folded header": b"x-a: b\r\n content-length: 0\r\n\r\n",
    "LF alone in a header": b"x-a: b\ncontent-length: 0\r\n\r\n",
    "CR alone in a header": b"x-a: b\rcontent-length: 0\r\n\r\n",
    "NUL in a header": b"x-a: \0\r\n\r\n",
}


@pytest.mark.parametrize("head", SMUGGLING.values(), ids=SMUGGLING)
def test_a_request_of_two_readings_is_refused_and_what_follows_is_not_read(service: Listening, head: bytes) -> None:
    answer = service.answer_to(b"POST /v1/identify HTTP/1.1\r\nhost: 127.0.0.1\r\n", head, SMUGGLED)
    assert answer.count(b"HTTP/1.1 ") == 1
    assert answer.startswith(b"HTTP/1.1 400")


PATHS = (
    *(
        b"//v1//identify",
        b"/v1/identify/",
        b"/v1%2Fidentify",
        b"/v1/./identify",
        b"/v1/../v1/identify",
        b"/V1/IDENTIFY",
    ),
    *(b"/v1/identify;x=1", b"/v1/identify%00", b"/v1/identify%0d%0aX: y", b"/v1/identify?x=/health/live"),
    *(b"/health/live/../../v1/identify", b"/health/live%2f..%2f..%2fv1%2fidentify", b"/docs/../v1/identify"),
    *(b"http://127.0.0.1/v1/identify", b"http://elsewhere/v1/identify", b"*", b"elsewhere:80", b"\xe9", b"/\xff"),
    *(b"/v1/identify#/health/live", b"/%76%31/identify", b"/v1\\identify", b"/v1/dsn/..%2f..%2forganisms.toml"),
)


@pytest.mark.parametrize("path", PATHS, ids=repr)
def test_no_form_of_a_path_is_answered_without_a_key(guarded: Listening, path: bytes) -> None:
    answer = guarded.answer_to(post(path, QUESTION))
    assert int(answer.split(b" ", 2)[1]) in (400, 401, 404, 405)
    assert IDENTITY not in answer
    assert b"\r\nx: y" not in answer.lower()


@pytest.mark.parametrize(
    "bearer", [b"\xe9\xff", b"Bearer \xc3\xa9", b"Bearer " + b"a" * 60_000, b"Bearer sngi_\xff_\xff", b"Bearer", b"\0"]
)
def test_no_form_of_a_key_fails(guarded: Listening, bearer: bytes) -> None:
    request = post(b"/v1/identify", QUESTION, b"authorization: " + bearer, b"x-purpose: droits", b"x-agent: \xff")
    assert guarded.status_of(request) in (400, 401)


@pytest.mark.parametrize("host", [b"elsewhere.example", b"127.0.0.1.elsewhere.example", b"", b"[", b"[::1", b"\xff"])
def test_without_access_control_a_page_that_gave_its_name_this_address_is_not_answered(
    service: Listening, host: bytes
) -> None:
    answer = service.answer_to(post(b"/v1/identify", QUESTION, host=host))
    assert answer.startswith((b"HTTP/1.1 403", b"HTTP/1.1 400"))
    assert IDENTITY not in answer


@pytest.mark.parametrize("host", [b"localhost", b"LOCALHOST:8000", b"127.0.0.1:1", b"[::1]:8000", b"127.8.8.8"])
def test_without_access_control_this_machine_is_answered_by_each_of_its_names(service: Listening, host: bytes) -> None:
    assert IDENTITY in service.answer_to(post(b"/v1/identify", QUESTION, host=host))


def test_a_protocol_that_is_not_spoken_is_answered_once(service: Listening) -> None:
    upgrade = (b"connection: upgrade", b"upgrade: websocket", b"sec-websocket-key: eA==", b"sec-websocket-version: 13")
    request = post(b"/v1/identify", QUESTION, *upgrade).replace(b"connection: close\r\n", b"")
    with service.connect() as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        assert read_to_end(connection).count(b"HTTP/1.1 ") == 1


def test_many_requests_in_one_piece_are_answered_one_by_one(service: Listening) -> None:
    request = post(b"/v1/identify", QUESTION).replace(b"connection: close\r\n", b"")
    with service.connect() as connection:
        connection.sendall(request * 50 + post(b"/v1/identify", QUESTION))
        assert read_to_end(connection).count(IDENTITY) == 51
