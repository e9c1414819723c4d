"""What the reader finds: declarations, establishments, and individuals with their rubrics as written."""

from dataclasses import dataclass, field

from dsn.codes import Finding
from dsn.lines import decode

Rubrics = dict[bytes, bytes]
"""Raw values of one block by rubric number, such as b"001"; blank ones are left out."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """One DSN of the file. `rank` counts from 1; `line` is that of its first rubric."""

    rank: int
    line: int
    nature: str | None = None
    kind: str | None = None
    month: str | None = None
    siren: str | None = None


@dataclass(frozen=True, slots=True)
class Establishment:
    """One S21.G00.11 of a declaration. `siret` is what could be read of it: SIREN and NIC."""

    declaration: Declaration
    line: int
    siret: str | None = None


@dataclass(slots=True)
class Individual:
    """One S21.G00.30 and its S21.G00.31. `line` is that of its first rubric."""

    line: int
    establishment: Establishment
    rubrics: Rubrics = field(default_factory=dict)
    changes: list[Rubrics] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def text(self, number: bytes) -> str | None:
        return text_of(self.rubrics, number)


def text_of(rubrics: Rubrics, number: bytes) -> str | None:
    """Return the value of a rubric without the spaces around it, None where it is absent or blank."""
    raw = rubrics.get(number)
    return decode(raw)[0].strip() or None if raw else None
