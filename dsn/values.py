"""Values of DSN rubrics in the forms of a question: dates with 99, départements of two characters, DSN's countries."""

import json
import re
from functools import cache
from importlib.resources import files

from analyzers.dates import InvalidDate, make_date
from analyzers.places import ABROAD, FRANCE, cog_countries

_DATE_SEPARATORS = re.compile(r"[\s./-]+")
_DEPARTMENT = re.compile(r"2[AB]|\d{2}", re.ASCII)
_UNKNOWN = ("99", "00")
_OVERSEAS = ("97", "98")
_NTT = re.compile(r"[12](\d{9})\S{1,30}", re.ASCII)


@cache
def _countries() -> tuple[dict[str, str], frozenset[str]]:
    data = json.loads(files("dsn.data").joinpath("countries.json").read_text("utf-8"))
    return data["dsn_to_cog"], frozenset(data["french"])


def iso_date(text: str) -> tuple[str | None, bool]:
    """Return a `JJMMAAAA` as `YYYY-MM-DD`, `00` for the parts that 99 says unknown, and whether it is written so.

    Separators are forgiven, and so is `AAAAMMJJ`, which no `JJMMAAAA` of a living person can be taken for. None: the
    year is unknown, or it is no date.
    """
    digits = _DATE_SEPARATORS.sub("", text)
    if len(digits) != 8 or not (digits.isascii() and digits.isdigit()):
        return None, False
    day, month, *others = (
        "00" if part in _UNKNOWN else part for part in (digits[:2], digits[2:4], digits[4:6], digits[6:])
    )
    if digits[4:] in ("9999", "0000") and day <= "31" and month <= "12":
        return None, True
    for year, mm, dd in ((digits[4:], month, day), (digits[:4], *others)):
        try:
            if make_date(int(year), int(mm), 0 if mm == "00" else int(dd)):
                is_as_must_be = digits == text and year == digits[4:]
                return f"{year}-{mm}-{'00' if mm == '00' else dd}", is_as_must_be
        except InvalidDate:
            continue
    return None, False


def department(text: str) -> str | None:
    """Return a département of birth as it compares; None where it has another form.

    The DSN says `97` and `98` for all that is overseas: the caller knows France, and not which département.
    """
    code = text.upper().zfill(2)
    return code if _DEPARTMENT.fullmatch(code) else None


def birth_place(label: str | None, department_: str | None, country: str | None) -> dict[str, str]:
    """Return what is said of the birth place; a country that no table knows is left out, since it would contradict."""
    place = {"label": label} if label else {}
    if department_ in _OVERSEAS:
        return place | {"country": FRANCE}
    if department_:
        place["department"] = department_
    known = cog_country(country) if country else None
    if known and not (department_ and department_ != ABROAD and known != FRANCE):
        place["country"] = known
    return place


def cog_country(code: str) -> str | None:
    """Return the COG code of a country of the DSN, `FR` for France; None where no table knows it."""
    former, french = _countries()
    code = code.upper()
    return FRANCE if code in french else former.get(code) or cog_countries().get(code)


def ntt_siren(text: str) -> str | None:
    """Return the SIREN that a number built like a NTT holds, None where it is built otherwise."""
    match = _NTT.fullmatch(text)
    return match.group(1) if match else None


def is_siren(number: str) -> bool:
    """Luhn: every second digit from the right counts double, its digits summed."""
    doubled = (int(digit) * (2 - place % 2) for place, digit in enumerate(number, start=len(number) % 2))
    return len(number) == 9 and sum(digit - 9 if digit > 9 else digit for digit in doubled) % 10 == 0
