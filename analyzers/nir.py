"""The NIR (numéro d'inscription au répertoire): structure, key, Corsica, repair by the key.

`S AA MM LLLLL OOO [KK]`: sex, year, month, place, order, key. Source: décret n° 82-103 du 22 janvier 1982, articles 4
to 6; months 20-42 and 50-99 say that the civil record was incomplete.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_SEPARATORS = re.compile(r"[\s.\-_/]+")
_BODY = re.compile(
    r"[1-4]"  # sex; 3 and 4: former provisional series
    r"\d{2}"
    r"(?:0[1-9]|1[0-2]|2\d|3\d|4[0-2]|[5-9]\d)"
    r"(?:2[AB]|\d{2})\d{3}"
    r"(?!000)\d{3}",
    re.ASCII,
)
_KEY_DIGITS = re.compile(r"[0-9]{2}")
_PROVISIONAL = re.compile(r"[5-8]\d{12}(?:\d{2})?", re.ASCII)
_NTT = re.compile(r"[12](\d{9})\S{1,30}", re.ASCII)
_DIGITS = "0123456789"


class InvalidNir(ValueError):
    """The text is no NIR. `code` says why; the message never quotes the number."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class DeclaredNir:
    """A number as declared. `body` has 13 characters; `repairs`, when the key failed, are what it may have meant.

    The body is among the repairs when it is built like a number: the mistake may be in the key.
    """

    body: str
    repairs: tuple[str, ...] = ()

    @property
    def key_failed(self) -> bool:
        return bool(self.repairs)


def nir_key(body: str) -> int:
    """Return the check key of a NIR body, 1 to 97: 97 less the body modulo 97.

    Args:
        body: the 13 characters before the key, e.g. "2690549588157"; Corsica's 2A reads as 19, 2B as 18.
    Raises:
        InvalidNir: not 13 characters, or another letter. The message never quotes the NIR.
    """
    digits = (
        body.replace("2A", "19", 1).replace("2B", "18", 1) if len(body) == 13 and body[5:7] in ("2A", "2B") else body
    )
    if len(digits) != 13 or not digits.isascii() or not digits.isdigit():
        raise InvalidNir("nir_format")
    return 97 - int(digits) % 97


def is_nir_body(body: str) -> bool:
    """Say whether 13 characters are built like a NIR or a NIA."""
    return _BODY.fullmatch(body) is not None


def read_nir(text: str) -> DeclaredNir:
    """Return a declared number of 13 characters, or 15 with its key; separators and case are free.

    Raises:
        InvalidNir: `nir_length`, `nir_format`, `provisional_number` (NNP or MIG), `ntt` (an employer's own number).
    """
    number = _SEPARATORS.sub("", text).upper()
    body, key = number[:13], number[13:]
    if len(number) not in (13, 15) or (key and not _KEY_DIGITS.fullmatch(key)):
        raise InvalidNir(_why_not(number))
    if is_nir_body(body):
        if not key or nir_key(body) == int(key):
            return DeclaredNir(body)
        return DeclaredNir(body, tuple(dict.fromkeys((body, *_repairs(body, key)))))
    why_not = _why_not(number)
    repairs = tuple(dict.fromkeys(_repairs(body, key))) if key and why_not == "nir_format" else ()
    if not repairs:
        raise InvalidNir(why_not)
    return DeclaredNir(body, repairs)


def _why_not(number: str) -> str:
    if _PROVISIONAL.fullmatch(number):
        return "provisional_number"
    ntt = _NTT.fullmatch(number)
    if ntt and (len(number) not in (13, 15) or _is_siren(ntt.group(1))):
        return "ntt"
    return "nir_format" if len(number) in (13, 15) else "nir_length"


def _is_siren(number: str) -> bool:
    """Luhn: every second digit from the right counts double, its digits summed."""
    doubled = (int(digit) * (2 - i % 2) for i, digit in enumerate(number, start=len(number) % 2))
    return sum(digit - 9 if digit > 9 else digit for digit in doubled) % 10 == 0


def _repairs(body: str, key: str) -> Iterator[str]:
    """Yield the numbers one mistyped sign or one swap of neighbours away; the last digit may have met the key's."""
    yield from _bodies_of_key(body, int(key))
    swapped = body[:-1] + key[0]
    if is_nir_body(swapped) and f"{nir_key(swapped):02d}" == body[-1] + key[1]:
        yield swapped


def _bodies_of_key(body: str, key: int) -> Iterator[str]:
    for i, character in enumerate(body):
        variants = [body[:i] + digit + body[i + 1 :] for digit in _DIGITS if digit != character]
        if i + 1 < len(body) and body[i + 1] != character:
            variants.append(body[:i] + body[i + 1] + character + body[i + 2 :])
        for variant in variants:
            if is_nir_body(variant) and nir_key(variant) == key:
                yield variant


def nir_term(body: str) -> str:
    """Return the form under which a number is indexed: Corsica before and after 1976 share one term."""
    return body[:5] + "20" + body[7:] if body[5:7] in ("2A", "2B") else body


def same_nir(one: str, other: str) -> bool:
    """Say whether two numbers are one: equal, or 20 on one side and 2A or 2B on the other."""
    return one == other or (nir_term(one) == nir_term(other) and "20" in (one[5:7], other[5:7]))
