"""Names: what a surname or a given name reads as, and the parts and codes by which it is found again."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

from analyzers.fold import fold_letters
from analyzers.phonetics import encoder

LONGEST_NAME = 300
"""Characters of one name, or of one declared string of given names: no door lets a longer one in."""
_CROSSES = re.compile(r"X+")
_GIVEN_NAME_SEPARATORS = re.compile(r"[\s,;]+")


@dataclass(frozen=True, slots=True)
class NameTables:
    version: str
    particles: frozenset[str]
    placeholders: frozenset[str]
    digits: tuple[tuple[str, str], ...]
    longest_particle_run: int
    shortest_part: int


@cache
def name_tables() -> NameTables:
    data = json.loads(files("analyzers.data").joinpath("names.json").read_text("utf-8"))
    return NameTables(
        version=data["version"],
        particles=frozenset(data["particles"]),
        placeholders=frozenset(data["placeholders"]),
        digits=tuple(data["digits"].items()),
        longest_particle_run=data["longest_particle_run"],
        shortest_part=data["shortest_part"],
    )


@dataclass(frozen=True, slots=True)
class Name:
    """One surname or given name, as written and as it reads.

    `folded` is in capitals with single spaces, `joined` without; `own` are its words without particles and `core` these
    joined. `parts` are the words that may stand for the whole name. `whole` are the codes of `joined` and `core`,
    `codes` of each part as well, by FR2.
    """

    text: str
    folded: str
    joined: str
    own: tuple[str, ...]
    core: str
    parts: tuple[str, ...]
    whole: tuple[str, ...]
    codes: tuple[str, ...]

    @property
    def sx(self) -> str:
        """The code of `joined` by SKXS: only names that are written otherwise are compared by it."""
        return _code("skxs", self.joined)

    def __str__(self) -> str:
        return self.text

    def __hash__(self) -> int:
        return hash(self.text)  # of all fields, it would cost more than the comparisons that it saves


@lru_cache(maxsize=1 << 18)
def read_name(text: str) -> Name | None:
    """Return the name, or None where the text names nobody: blank, without a Latin letter, "SANS NOM", "XXX"."""
    tables = name_tables()
    folded = fold_letters(text, tables.digits)
    if not fold_letters(text) or folded in tables.placeholders or _CROSSES.fullmatch(folded):
        return None
    words = folded.split(" ")
    joined = "".join(words)
    own = _own_words(folded)
    core = "".join(own)
    parts = tuple(dict.fromkeys(word for word in own if len(word) >= tables.shortest_part)) if len(words) > 1 else ()
    return Name(
        text=text.strip(),
        folded=folded,
        joined=joined,
        own=tuple(own),
        core=core,
        parts=parts,
        whole=tuple(dict.fromkeys(_code("fr2", form) for form in (joined, core))),
        codes=tuple(dict.fromkeys(_code("fr2", form) for form in (joined, core, *parts))),
    )


def _own_words(folded: str) -> list[str]:
    """Return the words of a folded name that say whose it is: without particles, unless it has nothing else."""
    words, particles = folded.split(" "), name_tables().particles
    return [word for word in words if word not in particles] or words


def _code(chain: str, form: str) -> str:
    """A form of which no sound is left, such as H, stands for itself."""
    return encoder(chain)(form) or form


def read_names(texts: Sequence[str]) -> tuple[Name, ...]:
    """Return the names that can be used, in their order."""
    return tuple(name for name in map(read_name, texts) if name is not None)


def split_given_names(text: str) -> list[str]:
    """Return the given names of one declared string, split on spaces and commas.

    Hyphens hold a name together, and particles belong to the name that follows: ABD EL KADER is one name. A text that
    says that there is none, such as SANS PRENOM, is left whole.
    """
    if fold_letters(text) in name_tables().placeholders:
        return [text]
    names: list[str] = []
    particles: list[str] = []
    for part in filter(None, _GIVEN_NAME_SEPARATORS.split(text)):
        particles.append(part)
        if fold_letters(part) not in name_tables().particles:
            names.append(" ".join(particles))
            particles.clear()
    return [*names, *particles]


def slips_allowed(letters: int) -> int:
    """How many slips of the pen two joined names of this length may differ by: OpenSearch's `fuzziness: AUTO`."""
    return 0 if letters < 3 else 1 if letters < 6 else 2


def letters_less(joined: str) -> tuple[str, ...]:
    """Return a joined name and its forms of one letter less, where it is long enough for slips of the pen.

    Two names one slip apart share one of these forms, and so do most of those that are two slips apart.
    """
    if not slips_allowed(len(joined)):
        return (joined,)
    return tuple(dict.fromkeys((joined, *(joined[:at] + joined[at + 1 :] for at in range(len(joined))))))


def name_spans(folded: str) -> Iterator[str]:
    """Yield the forms under which the analysed fields hold a folded name: its words and neighbouring words glued.

    The order and the filters are those of the OpenSearch analyzers of `analyzers/settings.py`: by position, shorter
    first; particles alone and forms of one or two letters left out.
    """
    tables = name_tables()
    words = folded.split(" ") if folded else []
    for start in range(len(words)):
        form = ""
        for word in words[start : start + tables.longest_particle_run]:
            form += word
            if len(form) >= tables.shortest_part and form not in tables.particles:
                yield form


@lru_cache(maxsize=1 << 18)
def analysed_codes(folded: str, chain: str) -> tuple[str, ...]:
    """Return the distinct codes of a folded name in an analysed phonetic field, in the order of the analyzer."""
    encode = encoder(chain)
    codes = dict.fromkeys(encode(form) for form in name_spans(folded))
    codes.pop("", None)
    return tuple(codes)
