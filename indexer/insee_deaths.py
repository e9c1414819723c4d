"""Insee's open file of deceased persons: fixed width, or its CSV form. Source: DOMAIN of the file, Insee, since 1970.

Real defects are kept readable: a missing slash, impossible days, unknown places. The file has no identifier: that of
a person is a hash of the line, so that a line given twice is refused as a repetition.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b

from analyzers.dates import PartialDate, keep_what_is_possible
from analyzers.identity import SEXES, Death, Record
from analyzers.names import LONGEST_NAME, read_name, read_names, split_given_names
from analyzers.places import InvalidPlace, Place, read_place
from indexer.lines import Line
from indexer.records import UnreadableRecord

_NAMES, _SEX, _BIRTH, _BIRTH_CODE = slice(0, 80), slice(80, 81), slice(81, 89), slice(89, 94)
_BIRTH_LABEL, _DEATH, _DEATH_CODE = slice(94, 124), slice(154, 162), slice(162, 167)
_SHORTEST_LINE = 162
_LONGEST_LINE = 2_000
"""A longer one would make a record that cannot be stored; a true line of the CSV form has some 200 characters."""
_CSV_COLUMNS = ("nomprenom", "sexe", "datenaiss", "lieunaiss", "commnaiss", "datedeces", "lieudeces")


@dataclass(frozen=True, slots=True)
class _Row:
    names: str
    sex: str
    birth: str
    birth_code: str
    birth_label: str
    death: str
    death_code: str


def death_lines(lines: Iterable[Line]) -> Iterator[tuple[int, str | None, dict[str, int] | None]]:
    """Yield the number of each line, its text (None where it is too long), and the columns of the CSV form."""
    positions: dict[str, int] | None = None
    for number, data in lines:
        if data is None:
            yield number, None, positions
            continue
        text = _decoded(data)
        if number == 1 and text.lower().lstrip("\ufeff").replace('"', "").startswith("nomprenom;"):
            header = text.lower().lstrip("\ufeff").replace('"', "").split(";")
            positions = {name: header.index(name) for name in _CSV_COLUMNS if name in header}
            continue
        if text.strip():
            yield number, text, positions


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def read_death(text: str, positions: dict[str, int] | None) -> Record:
    """Return the deceased person of one line.

    Args:
        positions: of the columns, in the CSV form.
    Raises:
        UnreadableRecord: the line is none of this file.
    """
    if len(text) > _LONGEST_LINE:
        raise UnreadableRecord("line too long")
    row = _fixed(text) if positions is None else _separated(text, positions)
    if row is None:
        raise UnreadableRecord("line too short")
    if len(row.names) > LONGEST_NAME:
        raise UnreadableRecord("names: too long")
    surname, star, given = row.names.strip().partition("*")
    if not star:
        raise UnreadableRecord("names: no star between surname and given names")
    digest = blake2b(text.encode(), digest_size=8).hexdigest()
    return Record(
        id=f"deaths-{digest}",
        sex=SEXES.get(row.sex.strip()),
        birth_name=read_name(surname),
        given_names=read_names(split_given_names(given.rstrip("/"))),
        birth_date=_date(row.birth),
        birth_place=_place(row.birth_code, row.birth_label),
        death=Death(_date(row.death), _place(row.death_code, ""), certified=True),
    )


def _fixed(text: str) -> _Row | None:
    if len(text) < _SHORTEST_LINE:
        return None
    cuts = (_NAMES, _SEX, _BIRTH, _BIRTH_CODE, _BIRTH_LABEL, _DEATH, _DEATH_CODE)
    return _Row(*(text[cut] for cut in cuts))


def _separated(text: str, positions: dict[str, int]) -> _Row | None:
    cells = [cell.strip('"') for cell in text.split(";")]
    if len(positions) < len(_CSV_COLUMNS) or len(cells) <= max(positions.values()):
        return None
    return _Row(*(cells[positions[name]] for name in _CSV_COLUMNS))


def _date(text: str) -> PartialDate | None:
    digits = text.strip().replace("-", "")
    if len(digits) != 8 or not digits.isascii() or not digits.isdigit():
        return None
    return keep_what_is_possible(int(digits[:4]), int(digits[4:6]), int(digits[6:]))


def _place(code: str, label: str) -> Place | None:
    try:
        return read_place(code.strip() or None, label.strip() or None)
    except InvalidPlace:
        return read_place(None, label.strip() or None)
