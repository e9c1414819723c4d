"""A reader gives values or its own error, whatever it is given; `SNGI_FUZZ_EXAMPLES` says how often it is tried."""

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.hostile.readers import Target, targets

EXAMPLES = int(os.environ.get("SNGI_FUZZ_EXAMPLES", "120"))
TOKENS = (
    *(b"\0", b"\r", b"\n", b'"', b"'", b"\\", b",", b";", b"|", b"=", b"[", b"]", b"{", b"}", b"*", b"/", b"\xff\xfe"),
    *(b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xc3\xa9", b"\xe9", b"\\ud800", b"\\u0000", b"\xf0\x9f\x98\x80", b"\xcc\x81"),
    *(
        b"1e999",
        b"-0",
        b"NaN",
        b"9" * 5_000,
        b"null",
        b"true",
        b"[" * 2_000,
        b'{"a":' * 2_000,
        b"\xe2\x80\xae",
        b"\x1f\x8b",
    ),
    *(b"A " * 200, b"A" * 400, b"2A", b"99", b"0000", b"1956-02-30", b"../../x", b"${x}", b"%00", b"\xd9\xa1" * 4),
)


@st.composite
def damaged(draw: st.DrawFn, seeds: tuple[bytes, ...]) -> bytes:
    """A file that was good, with parts of it left out, repeated, or in the place of others."""
    data = draw(st.sampled_from(seeds))
    for _ in range(draw(st.integers(0, 5))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.sampled_from([0, 0, 1, 2, 5, 20, 200])))
        put = draw(st.sampled_from([b"", data[start:end] * 2, *TOKENS]) | st.binary(max_size=8))
        data = data[:start] + put + data[end:]
    return data


@pytest.mark.parametrize("target", targets().values(), ids=targets())
@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_reader_gives_values_or_its_own_error(target: Target, data: st.DataObject) -> None:
    target.attack(data.draw(damaged(target.seeds) | st.binary(max_size=200)))


@pytest.mark.parametrize("target", targets().values(), ids=targets())
def test_a_good_file_is_read(target: Target) -> None:
    """What follows would prove nothing of a reader that refuses all."""
    for seed in target.seeds:
        target.attack(seed)
