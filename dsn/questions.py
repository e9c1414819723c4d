"""From a block S21.G00.30 and its S21.G00.31 to a question, and what is wrong with its rubrics.

Nothing is decided here: a value that looks wrong is reported, and asked all the same where the service can read it.
"""

import re
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from analyzers.names import LONGEST_NAME
from analyzers.nir import InvalidNir, read_nir
from dsn.codes import Finding, FindingCode
from dsn.individual import Individual, Rubrics, text_of
from dsn.values import birth_place, cog_country, department, is_siren, iso_date, ntt_siren

_SEXES = {"01": "M", "02": "F", "1": "M", "2": "F"}
_STRICT_MONTH = re.compile(r"0[1-9]|1[0-2]|20|3\d|4[0-2]|[5-9]\d")
_MOST_CHARACTERS = {b"001": 13, b"002": 80, b"003": 80, b"004": 80, b"007": 30, b"020": 40}
_EXPECTED = (b"002", b"004", b"005", b"006", b"007")
_ASKED = (b"001", b"002", b"003", b"004", b"005", b"006", b"007", b"014", b"015", b"020")
_CHANGED = (b"001", b"008", b"009", b"010", b"011")


@dataclass(frozen=True, slots=True)
class Declared:
    """What one individual asks. `number`, `name` and `date` are as declared, the date as `YYYY-MM-DD` if it is one.

    `key` is the same for individuals whose rubrics of identity are the same; `employee` for those that one employer
    would take for one: same surname, given names and birth date, whatever the number.
    """

    question: dict[str, Any]
    findings: tuple[Finding, ...]
    key: bytes
    employee: bytes
    number: str | None
    name: str | None
    given_names: str | None
    date: str | None


def declared(individual: Individual) -> Declared:
    return _Reading(individual).declared()


class _Reading:
    """Reads the rubrics of one individual and remembers what is wrong with them."""

    def __init__(self, individual: Individual) -> None:
        self._individual = individual
        self._siren = individual.establishment.declaration.siren
        self._found: list[Finding] = []

    def declared(self) -> Declared:
        said = self._individual.text
        name, given, ntt = said(b"002"), said(b"004"), said(b"020")
        number = self._number(said(b"001"), ntt)
        sex = self._sex(said(b"005"))
        date = self._date(said(b"006"), b"006")
        question: dict[str, Any] = {"channel": "payroll"}
        traits = {
            "nir": number,
            "birth_name": name,
            "usage_name": said(b"003"),
            "given_names": given,
            "sex": sex,
            "birth_date": date,
            "birth_place": self._place(said(b"007"), said(b"014"), said(b"015")),
            "former": self._former(),
        }
        question |= {trait: value for trait, value in traits.items() if value}
        self._presence(number, ntt)
        self._number_against(number, sex, date)
        raw = self._individual.rubrics
        siren = self._siren or ""
        return Declared(
            question,
            tuple(self._found),
            _digest(siren.encode(), *(raw.get(sub, b"") for sub in _ASKED), *self._raw_changes()),
            _digest(siren.encode(), raw.get(b"002", b""), raw.get(b"004", b""), raw.get(b"006", b"")),
            said(b"001"),
            name,
            given,
            date or said(b"006"),
        )

    def _find(self, code: FindingCode, sub: bytes) -> None:
        self._found.append(Finding(code, self._individual.line, f"S21.G00.30.{sub.decode()}"))

    def _number(self, text: str | None, ntt: str | None) -> str | None:
        """Return the number to search by: a NTT is none, wherever it stands."""
        if ntt:
            self._ntt(ntt)
        if text is None:
            return None
        if self._is_ntt(text, ntt):
            self._find("NTT_A_LA_PLACE_DU_NIR", b"001")
            return None
        try:
            body = read_nir(text).body
        except InvalidNir:
            self._find("FORMAT_NIR", b"001")
            return text if len(text) <= 100 else None
        if len(text) != 13 or not _STRICT_MONTH.fullmatch(body[3:5]):
            self._find("FORMAT_NIR", b"001")
        return text

    def _is_ntt(self, text: str, ntt: str | None) -> bool:
        siren = ntt_siren(text)
        return text == ntt or (siren is not None and siren == self._siren)

    def _ntt(self, text: str) -> None:
        siren, sex = ntt_siren(text), self._individual.text(b"005")
        of_the_employer = siren is not None and is_siren(siren) and self._siren in (None, siren)
        if not of_the_employer or (sex in _SEXES and text[0] != sex[-1:]):
            self._find("FORMAT_NTT", b"020")

    def _sex(self, text: str | None) -> str | None:
        sex = _SEXES.get(text) if text else None
        if text and (sex is None or len(text) != 2):
            self._find("FORMAT_SEXE", b"005")
        return sex

    def _date(self, text: str | None, sub: bytes) -> str | None:
        if text is None:
            return None
        date, as_must_be = iso_date(text)
        if not as_must_be:
            self._find("FORMAT_DATE", sub)
        return date

    def _place(self, label: str | None, department_: str | None, country: str | None) -> dict[str, str]:
        code = department(department_) if department_ else None
        if department_ and code is None:
            self._find("FORMAT_DEPARTEMENT", b"014")
        if country and cog_country(country) is None:
            self._find("PAYS_INCONNU", b"015")
        return birth_place(label, code, country)

    def _former(self) -> dict[str, str]:
        """Return the old values, the latest change last so that it prevails."""
        former: dict[str, str] = {}
        for change in sorted(self._individual.changes, key=_changed_on):
            number, date = text_of(change, b"008"), text_of(change, b"011")
            values = {
                "nir": number if number and len(number) <= 100 and not self._is_ntt(number, None) else None,
                "birth_name": text_of(change, b"009"),
                "given_names": text_of(change, b"010"),
                "birth_date": iso_date(date)[0] if date else None,
            }
            former |= {field: value for field, value in values.items() if value and len(value) <= LONGEST_NAME}
        return former

    def _raw_changes(self) -> list[bytes]:
        return [change.get(sub, b"") for change in self._individual.changes for sub in _CHANGED]

    def _presence(self, number: str | None, ntt: str | None) -> None:
        rubrics = self._individual.rubrics
        for sub in _EXPECTED:
            if sub not in rubrics:
                self._find("RUBRIQUE_ABSENTE", sub)
        if number is None and ntt is None and b"001" not in rubrics:
            self._find("RUBRIQUE_ABSENTE", b"001")
        for sub, most in _MOST_CHARACTERS.items():
            if len(rubrics.get(sub, b"")) > most and sub != b"001" and len(self._individual.text(sub) or "") > most:
                self._find("RUBRIQUE_TROP_LONGUE", sub)

    def _number_against(self, number: str | None, sex: str | None, date: str | None) -> None:
        """Say where the number and the other rubrics cannot be of one person; a month may be fictitious."""
        if number is None or len(number) != 13 or not (number.isascii() and number[:5].isdigit()):
            return
        if sex and number[0] in "12" and number[0] != ("1" if sex == "M" else "2"):
            self._find("NIR_ET_SEXE", b"001")
        if date and (number[1:3] != date[2:4] or not _same_month(int(number[3:5]), int(date[5:7]))):
            self._find("NIR_ET_DATE", b"001")


def _same_month(of_number: int, of_date: int) -> bool:
    """Months 31 to 42 are those of incomplete records; 20 to 30 and 50 to 99 say nothing."""
    month = of_number - 30 if 31 <= of_number <= 42 else of_number
    return month > 12 or of_date in (0, month)


def _changed_on(change: Rubrics) -> str:
    date = text_of(change, b"001")
    return (iso_date(date)[0] if date else None) or ""


def _digest(*values: bytes) -> bytes:
    return blake2b(b"\0".join(values), digest_size=12).digest()
