"""Dates of the civil register: the year at least, the month and the day when they are known."""

import calendar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzers.dates import InvalidDate, PartialDate, keep_what_is_possible, make_date, read_date
from tests.strategies import any_dates

READ = [
    ("1956-03-04", PartialDate(1956, 3, 4)),
    (" 1956-03-04\n", PartialDate(1956, 3, 4)),
    ("1956-03", PartialDate(1956, 3)),
    ("1956-03-00", PartialDate(1956, 3)),
    ("1956", PartialDate(1956)),
    ("1956-00", PartialDate(1956)),
    ("1956-00-00", PartialDate(1956)),
    ("2000-02-29", PartialDate(2000, 2, 29)),
    ("1996-02-29", PartialDate(1996, 2, 29)),
    ("1800-01-01", PartialDate(1800, 1, 1)),
    ("2199-12-31", PartialDate(2199, 12, 31)),
    ("0000", None),
    ("0000-00-00", None),
]
REFUSED = [
    *("1900-02-29", "2023-02-29", "1956-02-30", "1956-04-31", "1956-06-31", "1956-01-32"),
    *("1956-13-01", "1956-13", "1956-99-99", "1956-00-04"),
    *("1799-12-31", "2200-01-01", "0001-01-01"),
    *(
        "",
        "56-03-04",
        "19560304",
        "1956/03/04",
        "04-03-1956",
        "1956-3-4",
        "1956-03-04T00:00",
        "1956-03-04-05",
        "-956-01-01",
    ),
    *("1956-03-", "1956--04", "né en 1956", "1956-03-0O"),
]


@pytest.mark.parametrize(("text", "date"), READ)
def test_dates_are_read_so(text: str, date: PartialDate | None) -> None:
    assert read_date(text) == date


@pytest.mark.parametrize("text", REFUSED)
def test_a_day_that_never_was_is_refused(text: str) -> None:
    with pytest.raises(InvalidDate):
        read_date(text)


@pytest.mark.parametrize("text", ["1956-13-24", "secret 1956", "1957-02-31"])
def test_a_refusal_does_not_quote_the_date(text: str) -> None:
    with pytest.raises(InvalidDate) as refusal:
        read_date(text)
    assert not any(part in str(refusal.value) for part in ("1956", "1957", "24", "31", "secret"))


@settings(max_examples=200)
@given(any_dates())
def test_a_date_written_is_read_again_as_itself(date: PartialDate) -> None:
    assert read_date(str(date)) == date


@settings(max_examples=200)
@given(st.integers(1800, 2199), st.integers(1, 14), st.integers(1, 33))
def test_a_whole_date_is_read_where_the_calendar_has_it_only(year: int, month: int, day: int) -> None:
    exists = month <= 12 and day <= calendar.monthrange(year, month)[1]
    try:
        read = make_date(year, month, day)
    except InvalidDate:
        read = None
    assert (read == PartialDate(year, month, day)) if exists else read is None


POSSIBLE = [
    ((1956, 3, 4), PartialDate(1956, 3, 4)),
    ((1956, 6, 31), PartialDate(1956, 6)),
    ((1900, 2, 29), PartialDate(1900, 2)),
    ((1956, 13, 4), PartialDate(1956)),
    ((1956, 0, 4), PartialDate(1956)),
    ((1956, 0, 0), PartialDate(1956)),
    ((1956, 99, 99), PartialDate(1956)),
    ((0, 0, 0), None),
    ((0, 3, 4), None),
    ((1600, 3, 4), None),
    ((9999, 12, 31), None),
]


@pytest.mark.parametrize(("parts", "date"), POSSIBLE)
def test_the_possible_part_of_an_impossible_date_is_kept(parts: tuple[int, int, int], date: PartialDate | None) -> None:
    assert keep_what_is_possible(*parts) == date


@settings(max_examples=200)
@given(st.integers(0, 9999), st.integers(0, 99), st.integers(0, 99))
def test_what_is_kept_of_a_date_is_always_a_date(year: int, month: int, day: int) -> None:
    kept = keep_what_is_possible(year, month, day)
    if kept is not None:
        assert read_date(str(kept)) == kept
        assert kept.year == year
        assert kept.month in (month, 0)
        assert kept.day in (day, 0)
