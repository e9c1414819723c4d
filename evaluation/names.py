"""Where the names of an invented population come from: made of syllables, or drawn from files of real frequencies.

The files are those that Insee publishes (names by decade, given names by year) and lists of names by country; a
folder holds them under the names that `FrequencyFiles` says. Nobody is real: only single names are drawn.
"""

import csv
import gzip
from bisect import bisect
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from random import Random

from analyzers.fold import fold_letters
from evaluation.origins import ORIGINS

_FRANCE, _DESCENT = "france", "maghreb_born_in_france"
_MAGHREB = ("algeria", "morocco", "tunisia")
_DECADES = range(189, 203)
_SHARE_BEFORE = 0.03
_MOST_WEIGHT_OF_A_SURNAME = 150
_FAMILIAR_IN_FRANCE = 3


class Draw:
    """Values with weights, drawn by chance."""

    def __init__(self, weights: Mapping[str, float]) -> None:
        self.values = sorted(weights)
        self._cumulative = list(accumulate(weights[value] for value in self.values))

    def one(self, chance: Random) -> str:
        position = bisect(self._cumulative, chance.random() * self._cumulative[-1])
        return self.values[min(position, len(self.values) - 1)]


@dataclass(frozen=True, slots=True)
class Names:
    """Surnames by (origin, decade), given names by (origin, sex, decade): `decade` is the year divided by ten.

    Origins of which no decade is told apart have one draw under decade 0.
    """

    source: str
    surnames: Mapping[tuple[str, int], Draw]
    given: Mapping[tuple[str, str, int], Draw]
    maghreb_surnames: frozenset[str] = field(default_factory=frozenset)

    def surname(self, chance: Random, origin: str, year: int) -> str:
        draw = self.surnames.get((origin, year // 10)) or self.surnames[origin, 0]
        return draw.one(chance)

    def given_name(self, chance: Random, origin: str, sex: str, year: int) -> str:
        draw = self.given.get((origin, sex, year // 10)) or self.given[origin, sex, 0]
        return draw.one(chance)


# Made of syllables

_ONSETS = ("B", "BR", "C", "CH", "D", "F", "G", "GR", "J", "L", "M", "N", "P", "QU", "R", "S", "T", "TR", "V")
_NUCLEI = ("A", "AI", "AU", "E", "EU", "I", "O", "OI", "OU", "U")
_CODAS = ("", "", "", "L", "N", "R", "S", "T", "RD", "UX")
_ENDINGS = {"M": ("", "", "IEN", "O"), "F": ("E", "A", "INE", "ETTE")}


def invented_names(seed: int, surnames: int = 60_000, given_names: int = 1_500) -> Names:
    """Return names made of syllables, rare and common by Zipf's law: each origin has its own."""
    chance = Random(seed)
    by_origin: dict[tuple[str, int], Draw] = {}
    given: dict[tuple[str, str, int], Draw] = {}
    for origin in ORIGINS:
        part = 1.0 if origin.name == _FRANCE else 0.05
        by_origin[origin.name, 0] = _zipf(_words(chance, max(20, int(surnames * part)), 2, ("",)))
        for sex, endings in _ENDINGS.items():
            words = _words(chance, max(20, int(given_names * part * 4) if part < 1 else given_names), 1, endings)
            compounds = [f"{chance.choice(words[:40])}-{chance.choice(words[:40])}" for _ in range(len(words) // 20)]
            given[origin.name, sex, 0] = _zipf(dict.fromkeys((*words[:20], *compounds, *words[20:])))
    return Names("invented", by_origin, given)


def _zipf(words: Iterable[str]) -> Draw:
    return Draw({word: 1 / (rank + 10) for rank, word in enumerate(words)})


def _words(chance: Random, count: int, least_syllables: int, endings: tuple[str, ...]) -> list[str]:
    words: dict[str, None] = {}
    while len(words) < count:
        syllables = chance.randint(least_syllables, least_syllables + 1)
        parts = (chance.choice(_ONSETS) + chance.choice(_NUCLEI) for _ in range(syllables))
        words["".join(parts) + chance.choice(_CODAS) + chance.choice(endings)] = None
    return list(words)


# Drawn from files of real frequencies


@dataclass(frozen=True, slots=True)
class FrequencyFiles:
    """What a folder holds; each file may be gzip."""

    surnames: str = "noms_insee_1891_2000.txt.gz"
    given: str = "prenoms_insee_1900_2024.csv.gz"
    surnames_abroad: str = "surnames_par_pays_sigpwned.csv"
    given_abroad: str = "prenoms_monde_namdict.csv.gz"
    arabic: str = "variantes_arabe_latin.csv.gz"


_GIVEN_COLUMNS = {"portugal": "Portugal", "italy": "Italy", "spain": "Spain", "turkey": "Turkey"}
_SURNAME_COUNTRIES = {"portugal": "PT", "italy": "IT", "spain": "ES", "turkey": "TR", "viet_nam": "VN"}
_MALI = {
    "": "DIALLO TRAORE COULIBALY KEITA SISSOKO DIARRA SIDIBE KONATE CAMARA TOURE CISSE DOUMBIA KONE SISSOKHO SOUMARE "
    "DIAKITE SANGARE DEMBELE MAIGA NIAKATE DOUCOURE TRAWALLY FOFANA DRAME KANOUTE BATHILY WAGUE DIABIRA GASSAMA TANDIA",
    "M": "MAMADOU MOUSSA MAHAMADOU ADAMA BAKARY ABDOULAYE MODIBO OUMAR SEKOU SOULEYMANE BOUBACAR IBRAHIMA AMADOU "
    "LASSANA SAMBA DEMBA YOUSSOUF ISSA SIAKA DRISSA CHEICK FOUSSEYNI HAMIDOU IDRISSA",
    "F": "FATOUMATA MARIAM AMINATA HAWA AWA OUMOU DJENEBA BINTOU FANTA KADIATOU ASSETOU RAMATA DJENABA COUMBA NIAME "
    "SIRA AISSATA MARIETOU SALIMATA TENIN",
}
_VIET_NAM = {
    "M": "VAN HUNG MINH DUNG TUAN THANH LONG QUANG PHUC HAI NAM VINH DUC HOANG HUY KHANH",
    "F": "THI HOA LAN HUONG MAI THUY NGA PHUONG LINH HANH NGOC THU YEN KIM OANH TRANG",
}


def names_of_files(folder: Path, files: FrequencyFiles | None = None) -> Names:
    """Return names by their real frequencies.

    Raises:
        FileNotFoundError: the folder lacks one of the files.
    """
    files = files or FrequencyFiles()
    french = _surnames_by_decade(folder / files.surnames)
    given = _given_by_decade(folder / files.given)
    abroad_given = _given_abroad(folder / files.given_abroad)
    arabic_surnames, arabic_given = _arabic(folder / files.arabic)
    arabic_surnames = _came_since_1960(arabic_surnames, french)
    arabic_given &= {name for sex in "MF" for name in abroad_given["arabic", sex, 0].values}
    surnames: dict[tuple[str, int], Draw] = {}
    for decade, counts in french.items():
        surnames[_FRANCE, decade] = Draw({name: n for name, n in counts.items() if name not in arabic_surnames})
    counted = french[max(french)]
    arabic = Draw({name: min(counted[name], _MOST_WEIGHT_OF_A_SURNAME) + 3.0 for name in arabic_surnames})
    for origin in (*_MAGHREB, _DESCENT):
        surnames[origin, 0] = arabic
    draws: dict[tuple[str, str, int], Draw] = {}
    for (sex, decade), births in given.items():
        draws[_FRANCE, sex, decade] = Draw({name: n for name, n in births.items() if name not in arabic_given})
        of_maghreb = Draw({name: n for name, n in births.items() if name in arabic_given} or births)
        for origin in (*_MAGHREB, _DESCENT):
            draws[origin, sex, decade] = of_maghreb
    abroad = _surnames_abroad(folder / files.surnames_abroad)
    surnames |= {(origin, 0): _zipf(abroad[country]) for origin, country in _SURNAME_COUNTRIES.items()}
    surnames["mali", 0] = _zipf(_MALI[""].split())
    draws |= abroad_given
    for sex in "MF":
        draws["mali", sex, 0], draws["viet_nam", sex, 0] = _zipf(_MALI[sex].split()), _zipf(_VIET_NAM[sex].split())
    return Names("files", surnames, draws, frozenset(arabic_surnames))


def text_lines(path: Path, encoding: str = "utf-8") -> Iterator[str]:
    """Yield the lines of a text file, plain or gzip."""
    with gzip.open(path, "rt", encoding=encoding) if path.suffix == ".gz" else path.open(encoding=encoding) as lines:
        yield from lines


def _surnames_by_decade(path: Path) -> dict[int, Counter[str]]:
    """Return births by surname and decade: the file ends in 2000, later decades are as its last one."""
    lines = text_lines(path, "latin-1")
    decades = [int(column[1:5]) // 10 for column in next(lines).split()[1:]]
    counts: dict[int, Counter[str]] = defaultdict(Counter)
    for line in lines:
        name, *births = line.rstrip("\n").split("\t")
        if not name.startswith("AUTRES NOMS"):
            for decade, count in zip(decades, births, strict=False):
                if int(count):
                    counts[decade][name] += int(count)
    last = counts[max(counts)]
    return dict(counts) | {decade: last for decade in _DECADES if decade not in counts}


def _given_by_decade(path: Path) -> dict[tuple[str, int], Counter[str]]:
    counts: dict[tuple[str, int], Counter[str]] = defaultdict(Counter)
    for row in csv.DictReader(text_lines(path)):
        if row["annee"].isdigit() and not row["prenom"].startswith("_"):
            counts["M" if row["sexe"] == "1" else "F", int(row["annee"]) // 10][row["prenom"]] += int(row["nombre"])
    return dict(counts)


def _arabic(path: Path) -> tuple[set[str], set[str]]:
    """Return the surnames and the given names of the Maghreb: what is both counts as a given name only."""
    surnames: set[str] = set()
    given: set[str] = set()
    for row in csv.DictReader(text_lines(path)):
        name = fold_letters(row["latin"])
        if row["country"] in ("DZ", "MA", "TN") and len(name) > 2:
            (surnames if row["role"] == "surname" else given).add(name)
    return surnames - given, given


def _came_since_1960(names: set[str], births: Mapping[int, Counter[str]]) -> set[str]:
    """Return the names that hardly any child was given in France before: the list holds GARCIA and MARIE as well."""
    before, since = Counter[str](), Counter[str]()
    for decade, counts in births.items():
        for name in names & counts.keys():
            (before if decade < 194 else since)[name] += counts[name]
    return {name for name in names if before[name] <= _SHARE_BEFORE * since[name]}


def _surnames_abroad(path: Path) -> dict[str, list[str]]:
    names: dict[str, list[str]] = defaultdict(list)
    for row in csv.DictReader(text_lines(path)):
        names[row["Country"]].append(fold_letters(row["Romanized Name"].split("/")[0]))
    return {country: list(dict.fromkeys(filter(None, found))) for country, found in names.items()}


def _given_abroad(path: Path) -> dict[tuple[str, str, int], Draw]:
    """Return given names of each country, and as "arabic" those of Arabic that are not at home in France."""
    counts: dict[tuple[str, str, int], Counter[str]] = defaultdict(Counter)
    for row in csv.DictReader(text_lines(path)):
        if row["genre"] not in ("M", "F"):
            continue
        name = fold_letters(row["prenom"])
        for origin, column in _GIVEN_COLUMNS.items():
            if row[column]:
                counts[origin, row["genre"], 0][name] += 2 ** int(row[column])
        if row["Arabia/Persia"] and int(row["France"] or 0) < _FAMILIAR_IN_FRANCE:
            counts["arabic", row["genre"], 0][name] += 2 ** int(row["Arabia/Persia"])
    return {key: Draw(found) for key, found in counts.items()}
