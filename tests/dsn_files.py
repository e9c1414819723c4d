"""DSN files for tests: the smallest valid one around the individuals that a test is about."""

from collections.abc import Sequence
from importlib.resources import files

SIREN, SIRET = "123456782", "12345678200017"
ENVELOPE = ["S10.G00.00.001,'PAIE'", f"S10.G00.01.001,'{SIREN}'", "S10.G00.02.001,'01'"]
DECLARATION = [
    "S20.G00.05.001,'01'",
    "S20.G00.05.005,'01032026'",
    f"S21.G00.06.001,'{SIREN}'",
    "S21.G00.11.001,'00017'",
]
CONTRACT = ["S21.G00.40.001,'01092020'", "S21.G00.40.009,'00001'"]
YANN = {
    "001": "1560399999101",
    "002": "LE GOFF",
    "004": "Yann",
    "005": "01",
    "006": "04031956",
    "007": "BREST",
    "014": "29",
}
CLAIRE = {
    "001": "2740299999121",
    "002": "ROUSSEL",
    "004": "Claire Anne",
    "005": "02",
    "006": "28021974",
    "007": "RENNES",
}


def block(rubrics: dict[str, str], name: str = "S21.G00.30") -> list[str]:
    return [f"{name}.{number},'{value}'" for number, value in sorted(rubrics.items())]


def lines(*individuals: dict[str, str], between: Sequence[str] = CONTRACT) -> list[str]:
    """Return the lines of a valid file of one declaration."""
    body = [*ENVELOPE, *DECLARATION]
    for rubrics in individuals:
        body += [*block(rubrics), *between]
    return closed(body)


def closed(body: list[str], declarations: int = 1) -> list[str]:
    """Add the totals that the norm wants at the end."""
    return [*body, f"S90.G00.90.001,'{len(body) + 2}'", f"S90.G00.90.002,'{declarations}'"]


def as_bytes(text: Sequence[str], end: str = "\r\n") -> bytes:
    return "".join(line + end for line in text).encode("latin-1")


def demo_dsn() -> bytes:
    return files("cli.data").joinpath("demo.dsn").read_bytes()
