"""The values that everything else speaks of: a person as registered, a person as described."""

from dataclasses import dataclass, field
from typing import Literal

from analyzers.dates import PartialDate
from analyzers.names import Name
from analyzers.nir import DeclaredNir
from analyzers.places import Place

Sex = Literal["M", "F"]
Channel = Literal["payroll", "agent", "portal"]

SEXES: dict[str, Sex] = {"M": "M", "H": "M", "1": "M", "01": "M", "F": "F", "2": "F", "02": "F"}


@dataclass(frozen=True, slots=True)
class Parent:
    birth_name: Name | None = None
    given_names: tuple[Name, ...] = ()


@dataclass(frozen=True, slots=True)
class Death:
    date: PartialDate | None = None
    place: Place | None = None
    certified: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """One identity of the register. `None` or an empty tuple means that the register does not know."""

    id: str
    nir: str | None = None
    nir_status: Literal["certified", "pending"] | None = None
    former_nirs: tuple[str, ...] = ()
    sex: Sex | None = None
    birth_name: Name | None = None
    usage_names: tuple[Name, ...] = ()
    former_birth_names: tuple[Name, ...] = ()
    given_names: tuple[Name, ...] = ()
    former_given_names: tuple[tuple[Name, ...], ...] = ()
    birth_date: PartialDate | None = None
    former_birth_dates: tuple[PartialDate, ...] = ()
    birth_place: Place | None = None
    former_birth_places: tuple[Place, ...] = ()
    death: Death | None = None
    parents: tuple[Parent, ...] = ()
    certified: bool = True

    @property
    def nirs(self) -> tuple[str, ...]:
        return (self.nir, *self.former_nirs) if self.nir else self.former_nirs

    @property
    def surnames(self) -> tuple[Name, ...]:
        """Every surname that the person bears or bore, the birth name first."""
        return (*((self.birth_name,) if self.birth_name else ()), *self.usage_names, *self.former_birth_names)

    @property
    def given_name_lists(self) -> tuple[tuple[Name, ...], ...]:
        return (self.given_names, *self.former_given_names) if self.given_names else self.former_given_names

    @property
    def birth_dates(self) -> tuple[PartialDate, ...]:
        return (self.birth_date, *self.former_birth_dates) if self.birth_date else self.former_birth_dates

    @property
    def birth_places(self) -> tuple[Place, ...]:
        return (self.birth_place, *self.former_birth_places) if self.birth_place else self.former_birth_places


@dataclass(frozen=True, slots=True)
class Former:
    """What the caller knew of the person before a change."""

    nir: DeclaredNir | None = None
    birth_name: Name | None = None
    given_names: tuple[Name, ...] = ()
    birth_date: PartialDate | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """One person as a caller describes them. `None` means the caller is silent, or said nothing usable."""

    nir: DeclaredNir | None = None
    birth_name: Name | None = None
    usage_name: Name | None = None
    given_names: tuple[Name, ...] = ()
    sex: Sex | None = None
    birth_date: PartialDate | None = None
    birth_place: Place | None = None
    parents: tuple[Parent, ...] = ()
    former: Former = field(default_factory=Former)
    channel: Channel = "agent"
    nir_unusable: bool = False

    @property
    def surnames(self) -> tuple[Name, ...]:
        """The declared surnames, the birth name first; what was known before a change is asked too."""
        return tuple(name for name in (self.birth_name, self.usage_name, self.former.birth_name) if name is not None)

    @property
    def given_name_lists(self) -> tuple[tuple[Name, ...], ...]:
        return tuple(names for names in (self.given_names, self.former.given_names) if names)

    @property
    def letters(self) -> int:
        """How long all names are together, those of parents too: what is made of names is the work of a question."""
        parents = (name for parent in self.parents for name in (parent.birth_name, *parent.given_names) if name)
        given = (name for names in self.given_name_lists for name in names)
        return sum(len(name.joined) for name in (*self.surnames, *given, *parents))

    @property
    def birth_dates(self) -> tuple[PartialDate, ...]:
        return tuple(date for date in (self.birth_date, self.former.birth_date) if date is not None)

    @property
    def declared_nirs(self) -> tuple[DeclaredNir, ...]:
        return tuple(nir for nir in (self.nir, self.former.nir) if nir is not None)

    @property
    def is_empty(self) -> bool:
        """Nothing usable was said that could lead to a person."""
        return not (self.declared_nirs or self.surnames or self.given_name_lists or self.birth_dates)
