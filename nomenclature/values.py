"""What the nomenclature says: places with their periods, and the links between codes. Dates are ISO, YYYY-MM-DD."""

from dataclasses import dataclass
from enum import StrEnum

BEGINNING = "0000-01-01"
END = "9999-12-31"
FIRST_DAY = "1943-01-01"
"""As a first day it means "or earlier": the official history of communes begins then."""


class Kind(StrEnum):
    """What a code stands for during a period; Insee's TYPECOM where there is one."""

    COMMUNE = "COM"
    DELEGATED = "COMD"
    ASSOCIATED = "COMA"
    ARRONDISSEMENT = "ARM"
    COUNTRY = "PAYS"
    FORMER = "ANC"
    """A territory under a code that is no longer given: a former colony, a former département of Algeria."""


ABROAD_KINDS = frozenset({Kind.COUNTRY, Kind.FORMER})


class Event(StrEnum):
    """What a link says of the codes before and after it."""

    RENUMBERED = "R"
    """The same place under another code (MOD 41)."""
    MERGED = "M"
    """The territory of the first has been in that of the second since that day (MOD 30 to 35, 50)."""
    DETACHED = "D"
    """The territory of the second was in that of the first until that day (MOD 20, 21)."""


class Relation(StrEnum):
    """How two codes stand to each other, from the nearest to the farthest."""

    SAME = "same"
    """One place, whatever code it had."""
    PART = "part"
    """One has been in the territory of the other, so that a birth in one may be recorded under the other."""
    MERGED = "merged"
    """Two places that a third one holds or held: they are not the same."""
    DEPARTMENT = "department"
    """Nothing but a département in common, the former ones included."""
    APART = "apart"
    UNKNOWN = "unknown"
    """One of the codes is in no edition."""


@dataclass(frozen=True, slots=True)
class Period:
    """A code, what it was called and what it stood for, from `start` until the day before `end`, END if still so."""

    code: str
    kind: Kind
    name: str
    start: str = FIRST_DAY
    end: str = END

    def holds_on(self, first: str, last: str) -> bool:
        """Whether the period has a day between these two; FIRST_DAY is as early as one likes."""
        return (self.start <= last or self.start == FIRST_DAY) and first < self.end


@dataclass(frozen=True, slots=True)
class Link:
    """An event between two codes on a day."""

    before: str
    after: str
    event: Event
    on: str


@dataclass(frozen=True, slots=True)
class Alias:
    """A name that is admitted for a place and is not its official one, such as a town for its country."""

    code: str
    name: str
    is_town: bool = False


@dataclass(frozen=True, slots=True)
class Department:
    """A département or overseas collectivity: code of two or three characters, name, and until when."""

    code: str
    name: str
    end: str = END


@dataclass(frozen=True, slots=True)
class Edition:
    """All that one edition of the nomenclature says.

    `codes` leads from a country's code elsewhere (ISO 3166-1 alpha-2, the declarations' own) to its COG code.
    """

    name: str
    vintage: str
    source: str
    periods: tuple[Period, ...]
    links: tuple[Link, ...]
    aliases: tuple[Alias, ...] = ()
    departments: tuple[Department, ...] = ()
    codes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place that a label may mean.

    `code` is the one it had when the label was valid, `in_period` whether that was so at the date asked about, `match`
    how the label led there: exact, admitted (a short, partial or former way of writing), town (of that country), close.
    """

    code: str
    kind: Kind
    name: str
    start: str
    end: str
    department: str
    lineage: tuple[str, ...]
    match: str
    in_period: bool
