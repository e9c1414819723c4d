"""An invented population: persons of made-up names, rare and common as names are, and declarations of them.

Nobody here exists: surnames and given names are syllables drawn by Zipf's law, numbers are built from the traits.
"""

from collections.abc import Iterator
from itertools import accumulate
from random import Random
from typing import Any

_ONSETS = ("B", "BR", "C", "CH", "D", "F", "G", "GR", "J", "L", "M", "N", "P", "QU", "R", "S", "T", "TR", "V")
_NUCLEI = ("A", "AI", "AU", "E", "EU", "I", "O", "OI", "OU", "U")
_CODAS = ("", "", "", "L", "N", "R", "S", "T", "RD", "UX")
_ENDINGS = {"M": ("", "", "IEN", "O"), "F": ("E", "A", "INE", "ETTE")}
_FIRST_YEAR, _LAST_YEAR = 1940, 2006
_COMMUNES = 3_000


class Population:
    """A seeded source of persons: the same seed makes the same register."""

    def __init__(self, seed: int, surnames: int = 60_000, given_names: int = 1_500) -> None:
        self._chance = Random(seed)
        self._surnames = self._words(surnames, 2, ("",))
        self._given = {sex: self._words(given_names, 1, _ENDINGS[sex]) for sex in "MF"}
        self._communes = [f"{n % 95 + 1:02d}{n // 95 + 1:03d}" for n in range(_COMMUNES) if n % 95 + 1 != 20]
        self._weights = {size: list(accumulate(1 / (rank + 10) for rank in range(size))) for size in self._sizes()}

    def _sizes(self) -> set[int]:
        return {len(self._surnames), len(self._communes), *(len(names) for names in self._given.values())}

    def _words(self, count: int, least_syllables: int, endings: tuple[str, ...]) -> list[str]:
        words: dict[str, None] = {}
        while len(words) < count:
            syllables = self._chance.randint(least_syllables, least_syllables + 1)
            parts = (self._chance.choice(_ONSETS) + self._chance.choice(_NUCLEI) for _ in range(syllables))
            words["".join(parts) + self._chance.choice(_CODAS) + self._chance.choice(endings)] = None
        return list(words)

    def _common(self, values: list[str]) -> str:
        return self._chance.choices(values, cum_weights=self._weights[len(values)])[0]

    def persons(self, count: int) -> Iterator[dict[str, Any]]:
        """Yield register lines, each with a number of its own."""
        for number in range(count):
            sex = self._chance.choice("MF")
            year, month = self._chance.randint(_FIRST_YEAR, _LAST_YEAR), self._chance.randint(1, 12)
            day = self._chance.randint(1, 28)
            commune = self._common(self._communes)
            given = [self._common(self._given[sex]) for _ in range(self._chance.choice((1, 2, 2, 3)))]
            nir = f"{1 if sex == 'M' else 2}{year % 100:02d}{month:02d}{commune}{number % 999 + 1:03d}"
            yield {
                "id": f"I{number:09d}",
                "nir": nir,
                "sex": sex,
                "birth_name": self._common(self._surnames),
                "given_names": list(dict.fromkeys(given)),
                "birth_date": f"{year}-{month:02d}-{day:02d}",
                "birth_place": {"code": commune},
            }

    def declaration(self, person: dict[str, Any], with_number: bool) -> dict[str, Any]:
        """Return a person as an employer might write it: one in ten with a slip of the pen in the surname."""
        name = person["birth_name"]
        if self._chance.random() < 0.1:
            at = self._chance.randrange(1, len(name))
            name = name[:at] + self._chance.choice("AEIORSTLN") + name[at + 1 :]
        question = {
            "reference": person["id"],
            "birth_name": name,
            "given_names": person["given_names"][:1],
            "sex": person["sex"],
            "birth_date": person["birth_date"],
            "birth_place": person["birth_place"],
            "channel": "payroll",
        }
        return question | {"nir": person["nir"]} if with_number else question
