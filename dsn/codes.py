"""The words of the report: outcomes, severities, reasons and findings, and what they are called in French.

The official control codes of the returns to employers are not public: these are the project's own, and their French
texts and severities are data (`dsn/data/wording.toml`).
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

OutcomeCode = Literal[
    "IDENTIFIE",
    "IDENTIFIE_AVEC_ECARTS",
    "NIR_RECTIFIE",
    "NIA",
    "AMBIGU",
    "NON_IDENTIFIE",
    "REJET_FORMAT",
    "NON_TRAITE",
]
Severity = Literal["BLOQUANT", "NON_BLOQUANT", "INFO"]
Reason = Literal["INTROUVABLE", "CONFUSION_POSSIBLE", "CONFLIT_NUMERO", "DONNEES_INSUFFISANTES"]
FindingCode = Literal[
    "LIGNE_ILLISIBLE",
    "LIGNE_TROP_LONGUE",
    "GUILLEMETS",
    "ENCODAGE",
    "RUBRIQUE_VIDE",
    "RUBRIQUE_ABSENTE",
    "RUBRIQUE_TROP_LONGUE",
    "FORMAT_NIR",
    "FORMAT_NTT",
    "FORMAT_DATE",
    "FORMAT_SEXE",
    "FORMAT_DEPARTEMENT",
    "PAYS_INCONNU",
    "NTT_A_LA_PLACE_DU_NIR",
    "NIR_ET_SEXE",
    "NIR_ET_DATE",
    "NIR_EN_DOUBLE",
    "BLOC_HORS_PLACE",
    "BLOC_ABSENT",
    "BLOC_REPETE",
    "TOTAL_RUBRIQUES",
    "TOTAL_DSN",
    "APRES_LA_FIN",
    "FICHIER_TRONQUE",
]

INDIVIDUAL = "S21.G00.30"
CHANGE = "S21.G00.31"
NIR, BIRTH_NAME, BIRTH_DATE = (f"{INDIVIDUAL}.{number}" for number in ("001", "002", "006"))
ESSENTIAL = (NIR, BIRTH_NAME, BIRTH_DATE)
"""The three rubrics of the CRM Identité (n° 121)."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with a line: nothing of its value is said. `rubric` is None where it cannot be known."""

    code: FindingCode
    line: int
    rubric: str | None = None


@cache
def wording() -> dict[str, dict[str, Any]]:
    """Return the French texts and severities, by table and code."""
    return tomllib.loads(files("dsn.data").joinpath("wording.toml").read_text("utf-8"))


def severity_of(outcome: OutcomeCode) -> Severity:
    severity: Severity = wording()["outcomes"][outcome]["severity"]
    return severity
