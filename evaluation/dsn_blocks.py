"""Rubrics of an invented DSN: what a payroll office would write of a person, of an employer, and around them."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from evaluation.declarations import Question
from evaluation.population import Person

Rubric = tuple[str, str]
Block = list[Rubric]

_FIRST_SIREN = 300_000_00
_SEXES = {"M": "01", "F": "02"}


@dataclass(frozen=True, slots=True)
class Employer:
    """One establishment: `siren` passes its control digit."""

    siren: str
    nic: str

    @property
    def siret(self) -> str:
        return self.siren + self.nic


def siren(number: int) -> str:
    """Return the SIREN of a rank, with the control digit of Luhn."""
    body = f"{_FIRST_SIREN + number:08d}"
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(body))
    total = sum(digit - 9 if digit > 9 else digit for digit in doubled)
    return f"{body}{-total % 10}"


def envelope(sender: str) -> list[Rubric]:
    return [
        ("S10.G00.00.001", "PAIE INVENTEE"),
        ("S10.G00.00.002", "EDITEUR INVENTE"),
        ("S10.G00.00.003", "1.0"),
        ("S10.G00.00.005", "01"),
        ("S10.G00.00.006", "P26V01"),
        ("S10.G00.00.007", "01"),
        ("S10.G00.00.008", "01"),
        ("S10.G00.01.001", sender),
        ("S10.G00.01.002", "00011"),
        ("S10.G00.01.003", "CABINET INVENTE"),
        ("S10.G00.02.001", "01"),
        ("S10.G00.02.002", "PAIE"),
        ("S10.G00.02.004", "paie@example.org"),
    ]


def declaration(employer: Employer, rank: int) -> list[Rubric]:
    """Return what stands before the individuals of one monthly declaration."""
    return [
        ("S20.G00.05.001", "01"),
        ("S20.G00.05.002", "01"),
        ("S20.G00.05.003", "11"),
        ("S20.G00.05.004", str(rank)),
        ("S20.G00.05.005", "01032026"),
        ("S20.G00.05.007", "02042026"),
        ("S20.G00.05.010", "01"),
        ("S20.G00.07.001", "PAIE"),
        ("S21.G00.06.001", employer.siren),
        ("S21.G00.06.002", "00011"),
        ("S21.G00.11.001", employer.nic),
    ]


def individual(question: Question, person: Person, employer: Employer, matricule: str, chance: Random) -> list[Rubric]:
    """Return S21.G00.30, S21.G00.31 where something changed, and the contract and pay that follow."""
    number = question.get("nir", "")[:13]
    sex = question.get("sex") or person.record["sex"]
    name, usage = question["birth_name"], question.get("usage_name") or person.usage_name
    rubrics = {
        "001": number,
        "002": _written(name, chance),
        "003": _written(usage, chance) if usage and usage != name else "",
        "004": " ".join(_written(given, chance) for given in question["given_names"]),
        "005": _SEXES[sex],
        "006": _date(question["birth_date"]),
        **_place(question.get("birth_place"), person),
        "008": "1 RUE INVENTEE",
        "009": "75001",
        "010": "PARIS",
        "019": matricule,
        "020": "" if number else f"{_SEXES[sex][1]}{employer.siren}{matricule}",
        "022": "01",
        "023": "01",
    }
    block = [(f"S21.G00.30.{sub}", value) for sub, value in sorted(rubrics.items()) if value]
    return [*block, *_change(question, person, chance), *_contracts(chance)]


def _change(question: Question, person: Person, chance: Random) -> Block:
    """A surname corrected: she was declared by her usage name until last month."""
    if not person.usage_name or question["birth_name"] == person.usage_name or chance.random() > 0.02:
        return []
    return [("S21.G00.31.001", "01032026"), ("S21.G00.31.009", _written(person.usage_name, chance))]


def _contracts(chance: Random) -> Iterator[Rubric]:
    for rank in range(2 if chance.random() < 0.05 else 1):
        yield from (("S21.G00.40.001", "01092020"), ("S21.G00.40.009", f"{rank:05d}"))
    yield from (("S21.G00.50.001", "31032026"), ("S21.G00.50.002", f"{chance.randint(1200, 4000)}.00"))
    for kind in ("001", "002", "003", "010"):
        yield from (
            ("S21.G00.51.001", "01032026"),
            ("S21.G00.51.002", "31032026"),
            ("S21.G00.51.010", "00000"),
            ("S21.G00.51.011", kind),
            ("S21.G00.51.013", "2000.00"),
        )


def _written(name: str, chance: Random) -> str:
    """Some software turns apostrophes into spaces and drops the letters that it does not know."""
    if chance.random() < 0.5:
        name = name.replace("'", " ").replace("’", " ")
    return name.upper().encode("latin-1", errors="ignore").decode("latin-1")


def _date(iso: str) -> str:
    year, month, day = iso.split("-")
    return "".join("99" if part == "00" else part for part in (day, month)) + year


def _place(place: dict[str, Any] | None, person: Person) -> dict[str, str]:
    """Return label, département of two characters and country of the place as declared."""
    if place is None:
        return {}
    code = place.get("code", "")
    if person.origin.country and (not code or code.startswith("99")):
        town = person.record["birth_place"]["label"]
        return {"007": town[:30], "014": "99", "015": str(person.origin.iso)}
    return {"007": place["label"][:30], "014": (code or place["department"])[:2], "015": "FR"}
