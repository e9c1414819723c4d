"""The weights of the decision: reviewed data, read once, worth bits in a given register."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import inf
from typing import Literal

Criterion = Literal["nir", "birth_name", "usage_name", "given_names", "sex", "birth_date", "birth_place", "parents"]
Level = str


@dataclass(frozen=True, slots=True)
class Relative:
    """A rival of the best candidate who agrees by family. Fields as in `data/model.toml`."""

    name: str
    prior: float
    shares: frozenset[str]
    only_unseen: bool
    never_born: frozenset[Level]
    namesake_bits: float


@dataclass(frozen=True, slots=True)
class Thresholds:
    threshold: float
    margin_bits: float
    stands_out: float
    unseen_rivals: float
    tight_bits: float


@dataclass(frozen=True, slots=True)
class Smoothing:
    """Prior shares of a value in the country, and how many persons they count for beside those of the register."""

    weight: float
    name: float
    given: float
    date: float
    year: float
    place: float
    department: float
    nation: float
    day: float
    close_name: float
    far_name: float
    close_given: float
    far_given: float


@dataclass(frozen=True, slots=True)
class Model:
    version: str
    decision: Thresholds
    absent: Mapping[str, float]
    recall: Mapping[str, float]
    relatives: tuple[Relative, ...]
    other_surname: Mapping[str, float]
    variants: Mapping[Level, float]
    m: Mapping[str, Mapping[Level, float]]
    u: Mapping[str, Mapping[Level, float]]
    u_given_nir: Mapping[str, Mapping[Level, float]]
    most_bits: Mapping[str, float]
    smoothing: Smoothing


@cache
def load_model() -> Model:
    """Return the model that this version of the code ships."""
    data = tomllib.loads(files("scoring.data").joinpath("model.toml").read_text("utf-8"))
    return Model(
        version=data["version"],
        decision=Thresholds(**data["decision"]),
        absent=data["absent"],
        recall=data["recall"],
        relatives=tuple(
            Relative(
                row["name"],
                row["prior"],
                frozenset(row["shares"]),
                row["only_unseen"],
                frozenset(row.get("never_born", ())),
                row.get("namesake_bits", inf),
            )
            for row in data["relatives"]
        ),
        other_surname=data["other_surname"],
        variants=data["variants"],
        m=data["m"],
        u=data["u"],
        u_given_nir=data["u_given_nir"],
        most_bits=data["most_bits"],
        smoothing=Smoothing(**data["smoothing"]),
    )
