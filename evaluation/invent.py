"""Write an invented register and labelled questions about it, family by family, in one pass and little memory."""

import gzip
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import orjson

from evaluation.declarations import Declarations, Labelled, Mix
from evaluation.places import Places
from evaluation.population import NEVER_REGISTERED, Population
from identification.questions import LONGEST_LINE_BYTES
from indexer.lines import LineSource

REGISTER_FILE = "register.ndjson.gz"
_FASTEST = 1


@dataclass(frozen=True, slots=True)
class Invented:
    """The files written: the register, and one file of labelled questions for each mix."""

    register: Path
    questions: dict[str, Path]


class NotALabelledQuestion(ValueError):
    """A line of a file of labelled questions cannot be read; its number is said, its content is not."""

    def __init__(self, number: int) -> None:
        super().__init__(f"line {number} is no labelled question: kind, truth, origin, born, query")


def invent(
    folder: Path,
    population: Population,
    places: Places,
    mixes: Sequence[Mix],
    persons: int,
    questions: int,
    seed: int,
    progress: Callable[[int], None] = lambda persons: None,
) -> Invented:
    """Write about `persons` registered persons and about `questions` questions of each mix into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    written = Invented(folder / REGISTER_FILE, {mix.name: folder / f"{_slug(mix.name)}.ndjson.gz" for mix in mixes})
    everybody = persons / (1 - NEVER_REGISTERED)
    done = 0
    with ExitStack() as stack:
        register = stack.enter_context(gzip.open(written.register, "wb", _FASTEST))
        writers = [
            (
                Declarations(mix, places, seed),
                questions * (1 - mix.absent) / persons,
                questions * mix.absent / (everybody * NEVER_REGISTERED),
                stack.enter_context(gzip.open(written.questions[mix.name], "wb", _FASTEST)),
            )
            for mix in mixes
        ]
        for family in population.families(round(everybody)):
            for person in family.persons:
                if person.registered:
                    register.write(orjson.dumps(person.record) + b"\n")
            for declarations, share, share_of_absent, file in writers:
                for labelled in declarations.of_family(family, share, share_of_absent):
                    file.write(orjson.dumps(labelled) + b"\n")
            done += len(family.persons)
            progress(done)
    return written


def read_labelled(path: Path) -> Iterator[Labelled]:
    """Yield the labelled questions of a file, plain or gzip.

    Raises:
        NotALabelledQuestion: a line is something else.
        SourceBroken: the file cannot be read to its end.
    """
    with LineSource(str(path), LONGEST_LINE_BYTES) as lines:
        for number, line in lines:
            try:
                yield Labelled(**orjson.loads(line or b""))
            except (orjson.JSONDecodeError, TypeError) as error:
                raise NotALabelledQuestion(number) from error


def _slug(name: str) -> str:
    return name.replace(" ", "_")
