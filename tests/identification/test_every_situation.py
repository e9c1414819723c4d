"""Every situation that the register must handle, one sentence each: what is asked, and what a registrar would answer.

A question is written as what differs from the plain declaration of a registered person; an expected answer says only
what the contract makes certain. A wrong identity is never right; a refusal is, where the evidence is not enough. All
persons are invented.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import pytest

from analyzers.nir import nir_key
from identification.cascade import Identifier
from identification.questions import read_question
from retrieval.embedded import EmbeddedEngine
from retrieval.opensearch import OpenSearchEngine
from retrieval.protocol import Engine
from tests.conftest import ENGINES, PATIENT_S, build_lines, random_alias, remove_all

# --- The register -----------------------------------------------------------------------------------------------------

PLACES = {
    "AMIENS": "80021", "ANGERS": "49007", "ANTSIRABE": "99333", "AUCH": "32013", "AURILLAC": "15014",
    "BAMAKO": "99335", "BASTIA": "2B033", "BELGRADE": "99121", "BORDEAUX": "33063", "CAHORS": "46042",
    "DIJON": "21231", "GDANSK": "99122", "GRENOBLE": "38185", "HUE": "99243", "IZMIR": "99208",
    "KIEV": "99123", "KOLN": "99109", "LABE": "99330", "LAVAL": "53130", "LE MANS": "72181",
    "LILLE": "59350", "LIMOGES": "87085", "LOME": "99345", "LYON": "69123", "MARSEILLE": "13055",
    "MENDE": "48095", "METZ": "57463", "NANCY": "54395", "NANTES": "44109", "NEVERS": "58194",
    "NICE": "06088", "ODENSE": "99101", "PARIS": "75056", "PERPIGNAN": "66136", "POITIERS": "86194",
    "PONDICHERY": "99223", "QUIMPER": "29232", "RANGOON": "99224", "RENNES": "35238", "RODEZ": "12202",
    "ROUEN": "76540", "SETIF": "99352", "STRASBOURG": "67482", "TLEMCEN": "99352", "TOULOUSE": "31555",
    "TOURS": "37261", "TROYES": "10387", "TURIN": "99127", "VERSAILLES": "78646", "VIENNE": "38544",
    "VIENTIANE": "99241",
}  # fmt: skip


def person(
    who: str, sex: str, birth_name: str | None, given: str, born: str, place: str, **more: Any
) -> dict[str, Any]:
    """Return a register line. `place` names a row of `PLACES`, or is a code and a label of its own."""
    code, label = (PLACES[place], place) if place in PLACES else place.split(" ", 1)
    return {
        "id": who,
        "sex": sex,
        "birth_name": birth_name,
        "given_names": given.split(),
        "birth_date": born,
        "birth_place": {"code": code, "label": label},
    } | more


LONG_NAME = "RAKOTONIRINARAVELOMANANTSOARAZAFINDRAKOTOMALALATIANA"
TAILLEFERT_PARENTS = [
    {"birth_name": "TAILLEFERT", "given_names": ["Ludovic"]},
    {"birth_name": "BRINVILLERS", "given_names": ["Nadège"]},
]
REGISTERED = [
    # names of all kinds
    person("gwenael", "M", "TRÉVIDIC", "Gwenaël Louis Marie", "1961-05-23", "QUIMPER"),
    person("solange", "F", "PELLISSON", "Solange Odile", "1958-09-17", "LIMOGES", usage_names=["DAUBRESSE"]),
    person("fulgence", "M", "DAUBRESSE", "Fulgence", "1955-01-25", "LIMOGES"),
    person("annick", "F", "GUÉDONNET", "Annick", "1946-12-02", "RENNES", usage_names=["LOZACHMEUR", "VERDELHAN"]),
    person("mathurin", "M", "BOISGONTIER", "Jean Mathurin René", "1947-02-11", "LAVAL"),
    person("laure", "F", "CHANTEREAU", "Marie-Laure Denise", "1969-10-28", "ANGERS"),
    person("hortense", "F", "MALLEVAL", "Hortense", "1949-08-03", "GRENOBLE"),
    person("anandi", "F", None, "Anandi", "1983-07-19", "PONDICHERY"),
    person("zavarenko", "M", "ZAVARENKO", "", "1959-11-04", "KIEV"),
    person("my", "F", "LY", "My", "1974-05-02", "HUE"),
    person("bo", "M", "U", "Bo", "1967-09-21", "RANGOON"),
    person("rado", "M", LONG_NAME, "Andriamanitriniarivo", "1981-12-08", "ANTSIRABE"),
    person("isaure", "F", "DE LA ROCHEFONTAINE DE MONTBRILLANT D'ESTREVIGNY", "Isaure", "1990-03-13", "VERSAILLES"),
    person("ndeye", "F", "D'HAUTERIVE--SEVRIN", "N'Deye Anne-Cécile", "2006-03-21", "TOULOUSE"),
    person("awa", "F", "MADAME", "Awa", "1976-10-11", "99341 THIES"),
    person("andrea", "M", "BELLUCCINI", "Andrea", "1982-01-27", "TURIN"),
    person("rose", "M", "SOUVANNARATH", "Rosé", "1973-12-15", "VIENTIANE"),
    # names of other alphabets and spellings
    person("mohamed", "M", "BENYOUCEF", "Mohamed", "1962-03-18", "TLEMCEN"),
    person("abdelkader", "M", "ZERHOUNAT", "", "1957-01-01", "SETIF", given_names=["Abd El Kader"]),
    person("gulsen", "F", "YILDIRIMCI", "Gülşen", "1978-02-14", "IZMIR"),
    person("zivko", "M", "KOVAČEVSKIĆ", "Živko", "1957-06-29", "BELGRADE"),
    person("grazyna", "F", "ŁUKASIEWSKA", "Grażyna", "1964-08-26", "GDANSK"),
    person("jorgen", "M", "SØRENGAARD", "Jørgen", "1970-11-22", "ODENSE"),
    person("jurgen", "M", "MÜLLENBERG", "Jürgen", "1959-07-28", "KOLN"),
    person("dao", "F", "NGUYỄN", "Thị Đào", "1985-04-30", "HUE"),
    # families
    person("ludovic", "M", "TAILLEFERT", "Ludovic Gérard", "1970-06-14", "TOURS"),
    person("nadege", "F", "BRINVILLERS", "Nadège", "1972-03-09", "TOURS", usage_names=["TAILLEFERT"]),
    person("clemence", "F", "TAILLEFERT", "Clémence Rose", "2003-10-05", "TOURS", parents=TAILLEFERT_PARENTS),
    person("anselme", "M", "DORLIAC", "Anselme Marie", "1968-04-09", "CAHORS"),
    person("mathis", "M", "VERMORELLE", "Mathis", "2004-06-21", "DIJON"),
    person("mathias", "M", "VERMORELLE", "Mathias", "2004-06-21", "DIJON"),
    person("mathieu", "M", "VERMORELLE", "Mathieu", "2004-06-21", "DIJON"),
    person("sidonie", "F", "BEAUCHESNEL", "Sidonie", "1995-11-13", "METZ"),
    person("apolline", "F", "BEAUCHESNEL", "Apolline", "1995-11-13", "METZ"),
    person("marie_claire", "F", "ROUSSELINET", "Marie-Claire", "1951-02-16", "AUCH"),
    person("marie_claude", "F", "ROUSSELINET", "Marie-Claude", "1951-02-16", "AUCH"),
    person("jean_pierre", "M", "COURTEPIERRE", "Jean-Pierre", "1949-06-27", "RODEZ"),
    person("florian", "M", "GRANDCLAUDON", "Florian", "1988-04-23", "NEVERS"),
    person("edwige", "F", "LANQUETIN", "Edwige Paule", "1952-03-30", "ROUEN"),
    person("aristide", "M", "BOURGEADE", "Aristide", "1968-10-22", "VIENNE"),
    person("michel", "M", "FOUGERAYE", "Michel", "1956-01-28", "MENDE"),
    person("prosper", "M", "QUINTREAU", "Prosper", "1950-11-17", "NEVERS"),
    person("prosper_son", "M", "QUINTREAU", "Prosper", "1981-02-24", "NEVERS"),
    *(
        person(
            f"ahmed_of_{father.lower()}", "M", "OULD ABDALLAHI", "Ahmed", "1960-00-00", "99336 NOUAKCHOTT",
            parents=[{"given_names": [father]}],
        )
        for father in ("Sidi", "Brahim")
    ),
    # numbers
    person("ange", "M", "CASALTIERI", "Ange Toussaint", "1953-08-31", "BASTIA", former_nirs=["1530899999901"]),
    person(
        "perrine", "F", "HOUDEBINET", "Perrine", "1986-01-16", "LE MANS",
        former_nirs=["2860199999902", "2860299999903"],
    ),
    person(
        "camille", "F", "ESCOFFRE", "Camille", "1991-07-18", "NANCY",
        former_nirs=["1910799999904"], former_given_names=[["Clément"]],
    ),
    person("hyacinthe", "M", "PRUDHOMIER", "Hyacinthe", "1964-02-11", "POITIERS", nir="1640299999905"),
    person("gontran", "M", "LESCURAT", "Gontran", "1964-02-20", "POITIERS", former_nirs=["1640299999905"]),
    person("kossi", "M", "AGBODJANOU", "Kossi", "1999-05-17", "LOME", nir_status="pending", certified=False),
    person("eugene", "M", "PINCHEREAU", "Eugène", "1921-02-10", "ANGERS", nir="1210299999906"),
    person("enzo", "M", "LANDREVIE", "Enzo", "2021-02-10", "ANGERS", nir="1210299999906"),
    # changes and deaths
    person(
        "marcel", "M", "MARCHALOT", "Marcel", "1956-11-27", "SETIF",
        former_birth_names=["BENMERCHAL"], former_given_names=[["Mouloud"]],
    ),
    person("bertille", "F", "VALDOREL", "Bertille", "1962-07-23", "TROYES", former_birth_names=["COCHONNAT"]),
    person("leocadie", "F", "PRUVOSTIER", "Léocadie", "1938-02-19", "LILLE", former_birth_dates=["1939-04-07"]),
    person("ophelie", "F", "GRIMONPREZ", "Ophélie", "1993-09-24", "LILLE"),
    person(
        "celestine", "F", "OUVRADOUX", "Célestine", "1931-06-19", "AURILLAC",
        death={"date": "2019-10-00", "certified": True},
    ),
    # very common names, and a rare one born on the same day and in the same place
    person("nicolas_paris", "M", "MARTIN", "Nicolas", "1975-03-12", "PARIS"),
    person("nicolas_lyon", "M", "MARTIN", "Nicolas", "1975-03-12", "LYON"),
    person("nicolas_july", "M", "MARTIN", "Nicolas", "1975-07-30", "PARIS"),
    person("marie_martin", "F", "MARTIN", "Marie", "1952-08-18", "PARIS"),
    person("ursuline", "F", "QUÉMARREC", "Ursuline", "1952-08-18", "PARIS"),
    # partial and default dates
    person("moussa", "M", "KANOUTARA", "Moussa", "1971-00-00", "LABE"),
    person("fatou", "F", "DIARRASSO", "Fatoumata", "1966-05-00", "BAMAKO"),
    person("rachid", "M", "BOUKHELIFA", "Rachid", "1955-01-01", "TLEMCEN"),
    person("sylvestre", "M", "JANVRESSE", "Sylvestre", "1960-01-01", "AMIENS"),
    # former colonies and départements; each has a namesake born on the same day elsewhere
    person("paul_oran", "M", "GARCIN", "Paul", "1948-04-22", "92352 ORAN"),
    person("paul_perpignan", "M", "GARCIN", "Paul", "1948-04-22", "PERPIGNAN"),
    person("aminata_rufisque", "F", "NDOYE", "Aminata", "1952-06-25", "98202 RUFISQUE"),
    person("aminata_marseille", "F", "NDOYE", "Aminata", "1952-06-25", "MARSEILLE"),
    person("joseph_casablanca", "M", "BENAROUSSE", "Joseph", "1951-10-19", "95101 CASABLANCA"),
    person("joseph_nice", "M", "BENAROUSSE", "Joseph", "1951-10-19", "NICE"),
    person("monique_nanterre", "F", "BERNARD", "Monique", "1950-05-15", "75050 NANTERRE"),
    person("monique_strasbourg", "F", "BERNARD", "Monique", "1950-05-15", "STRASBOURG"),
    person("odette_skikda", "F", "SALVATELLI", "Odette", "1947-03-26", "93352 PHILIPPEVILLE"),
    person("colette_chalons", "F", "MOREAU", "Colette", "1944-10-21", "51108 CHALONS-EN-CHAMPAGNE"),
    person("colette_metz", "F", "MOREAU", "Colette", "1944-10-21", "METZ"),
    # one person entered twice
    person("julie_1", "F", "MAURILLON", "Julie", "1992-04-17", "BORDEAUX"),
    person("julie_2", "F", "MAURILLON", "Julie", "1992-04-17", "BORDEAUX"),
    person("victor_1", "M", "PASQUERON", "Victor", "1987-03-25", "NANTES"),
    person("victor_2", "M", "PASQUERON", "Victor Émile", "1987-03-25", "NANTES"),
]  # fmt: skip

COMMON_SURNAMES = [
    *["MARTIN"] * 9, *["BERNARD"] * 5, *["DUBOIS"] * 5, *["THOMAS"] * 4, *["ROBERT"] * 4, *["PETIT"] * 4,
    *["DURAND"] * 4, *["LEROY"] * 3, *["MOREAU"] * 3, *["SIMON"] * 3, *["DUPONT"] * 3, *["LEFEBVRE"] * 2,
    *["ROUX"] * 2, *["GARCIA"] * 2, "FOURNIER", "MOREL", "GIRARD", "MERCIER", "BLANC", "GUERIN", "BOYER", "FAURE",
    "LEGRAND", "GAUTHIER", "PERRIN", "ROBIN", "CLEMENT", "MORIN", "HENRY", "DIALLO", "NGUYEN", "TRAORE", "LE GALL",
]  # fmt: skip
COMMON_GIVEN_NAMES = {
    "M": ["Jean", "Pierre", "Michel", "Jean", "Philippe", "Alain", "Julien", "Patrick", "Louis", "Thomas", "Antoine"],
    "F": ["Marie", "Monique", "Marie", "Nathalie", "Isabelle", "Marie", "Sylvie", "Julie", "Françoise", "Camille"],
}
COMMON_PLACES = ["PARIS", "MARSEILLE", "PARIS", "LYON", "TOULOUSE", "PARIS", "NANTES", "LILLE", "RENNES", "TOURS"]


def crowd(size: int = 300) -> Iterable[dict[str, Any]]:
    """Persons whose names, days and places are as common as common ones are."""
    for n in range(size):
        sex = "MF"[n % 2]
        given = COMMON_GIVEN_NAMES[sex]
        yield person(
            f"crowd_{n:03d}",
            sex,
            COMMON_SURNAMES[n * 7 % len(COMMON_SURNAMES)],
            f"{given[n * 3 % len(given)]} {given[n * 5 % 7 + 1]}",
            f"{1940 + n * 13 % 66}-{n * 5 % 12 + 1:02d}-{n * 11 % 28 + 1:02d}",
            COMMON_PLACES[n * 5 % len(COMMON_PLACES)],
        )


def numbered(people: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give each person who has none a number that designates nobody in France: place 99999."""
    return [{"nir": invented_number(one, order)} | one for order, one in enumerate(people, start=101)]


def invented_number(one: dict[str, Any], order: int) -> str:
    year, month, _ = one["birth_date"].split("-")
    return f"{'1' if one['sex'] == 'M' else '2'}{year[2:]}{month if month != '00' else '20'}99999{order}"


REGISTER = numbered([*REGISTERED, *crowd()])
PERSONS = {one["id"]: one for one in REGISTER}

# --- How rows are written ---------------------------------------------------------------------------------------------


def said(who: str, **changes: Any) -> dict[str, Any]:
    """Return the plain declaration of a registered person, without number, with these changes; None leaves out."""
    one = PERSONS[who]
    plain = {
        "birth_name": one["birth_name"],
        "given_names": one["given_names"][:1],
        "birth_date": one["birth_date"],
        "birth_place": {"code": one["birth_place"]["code"]},
    }
    return {field: value for field, value in (plain | changes).items() if value not in (None, [])}


def number(who: str) -> str:
    return str(PERSONS[who]["nir"])


def keyed(nir: str) -> str:
    return f"{nir}{nir_key(nir):02d}"


def mistyped(nir: str, position: int) -> str:
    """Return the number with one other digit; a key keeps to the true one."""
    return nir[:position] + str((int(nir[position]) + 1) % 10) + nir[position + 1 :]


@dataclass(frozen=True)
class Expected:
    """The outcomes that are right, whose identity goes with `identified`, and the fields that the contract settles."""

    outcomes: frozenset[str]
    identity: str | None
    fields: dict[str, Any]


def found(who: str, **fields: Any) -> Expected:
    return Expected(frozenset({"identified"}), who, {"flags": []} | fields)


def refused(*outcomes: str, **fields: Any) -> Expected:
    return Expected(frozenset(outcomes or ("too_distant", "not_found", "ambiguous")), None, fields)


def found_or_refused(who: str, **fields: Any) -> Expected:
    """Where a careful registrar may hesitate: this person or none, never another."""
    return Expected(frozenset({"identified", "too_distant", "not_found", "ambiguous", "insufficient"}), who, fields)


class Row(NamedTuple):
    sentence: str
    question: dict[str, Any]
    expected: Expected


AMBIGUOUS = ("ambiguous",)
ABSENT = ("too_distant", "not_found")

# --- The situations ---------------------------------------------------------------------------------------------------

PLAIN = [
    Row("all traits agree", said("gwenael"), found("gwenael", matched_as="birth", divergences=[], reason=None)),
    Row("number and traits agree", said("gwenael", nir=number("gwenael")),
        found("gwenael", nir_declared="in_force", divergences=[], path="nir")),
    Row("number with its key and spaces", said("gwenael", nir=" ".join([*keyed(number("gwenael"))])),
        found("gwenael", nir_declared="in_force", divergences=[])),
    Row("number, birth name and given name only",
        said("gwenael", nir=number("gwenael"), birth_date=None, birth_place=None),
        found("gwenael", nir_declared="in_force")),
    Row("no birth name said", said("gwenael", birth_name=None), found("gwenael")),
    Row("no given name said", said("gwenael", given_names=None), found("gwenael")),
    Row("no place said", said("gwenael", birth_place=None), found("gwenael")),
    Row("place said by label and département", said("gwenael", birth_place={"label": "Quimper", "department": "29"}),
        found("gwenael", divergences=[])),
]  # fmt: skip

USAGE_NAMES = [
    Row("usage name in the place of the birth name", said("solange", birth_name="DAUBRESSE"),
        found("solange", matched_as="usage", divergences=["birth_name"])),
    Row("birth and usage name in each other's place",
        said("solange", birth_name="DAUBRESSE", usage_name="PELLISSON"), found("solange")),
    Row("birth and usage name both right", said("solange", usage_name="Daubresse"),
        found("solange", matched_as="birth", divergences=[])),
    Row("only the usage name is said", said("solange", birth_name=None, usage_name="DAUBRESSE"),
        found("solange", matched_as="usage", divergences=[])),
    Row("birth and usage name in one field", said("solange", birth_name="PELLISSON DAUBRESSE"), found("solange")),
    Row("usage and birth name in one field, hyphenated", said("solange", birth_name="DAUBRESSE-PELLISSON"),
        found("solange")),
    Row("usage name that the register does not know", said("solange", usage_name="TOURNEMINE"), found("solange")),
    Row("father's and mother's names joined as a usage name",
        said("clemence", usage_name="BRINVILLERS-TAILLEFERT"), found("clemence")),
    Row("old marital name", said("annick", birth_name="LOZACHMEUR"),
        found("annick", matched_as="usage", divergences=["birth_name"])),
    Row("misspelt usage name in the place of the birth name", said("annick", birth_name="VERDELAN"),
        found("annick", matched_as="usage")),
    Row("number with a marital name that the register does not know",
        said("annick", nir=number("annick"), birth_name="TOURNEMINE"),
        found("annick", nir_declared="in_force", divergences=["birth_name"])),
    Row("usage name in the place of the given name, and the reverse",
        said("solange", birth_name="Solange", given_names=["DAUBRESSE"]), found("solange", matched_as="swapped")),
]  # fmt: skip

GIVEN_NAMES = [
    Row("second given name for the first", said("mathurin", given_names=["Mathurin"]), found("mathurin")),
    Row("third given name for the first", said("mathurin", given_names=["René"]), found("mathurin")),
    Row("incomplete given names", said("mathurin", given_names=["Jean", "Mathurin"]),
        found("mathurin", divergences=[])),
    Row("given names in another order", said("mathurin", given_names=["Mathurin", "René", "Jean"]),
        found("mathurin", divergences=["given_names"])),
    Row("given names in one text", said("mathurin", given_names="Jean, Mathurin René"),
        found("mathurin", divergences=[])),
    Row("two given names joined by a hyphen", said("mathurin", given_names=["Jean-Mathurin"]), found("mathurin")),
    Row("two given names glued", said("mathurin", given_names=["JEANMATHURIN"]), found("mathurin")),
    Row("a given name too many", said("hortense", given_names=["Hortense", "Eulalie"]), found("hortense")),
    Row("compound given name without its hyphen", said("laure", given_names="Marie Laure"),
        found("laure", divergences=[])),
    Row("second half of a compound given name", said("laure", given_names=["Laure"]), found("laure")),
    Row("first half of a compound given name", said("laure", given_names=["Marie"]), found("laure")),
    Row("given names misspelt and in another order", said("mathurin", given_names=["Maturin", "Jean"]),
        found("mathurin")),
    Row("an initial for the given name", said("hortense", given_names=["H."]), found("hortense")),
]  # fmt: skip

LENT_NUMBERS = [
    Row("father's number with the registered child's traits", said("clemence", nir=number("ludovic")),
        found("clemence", nir_declared="conflict", reason="number_conflict", divergences=["nir"])),
    Row("mother's number with the registered child's traits", said("clemence", nir=number("nadege")),
        found("clemence", nir_declared="conflict", reason="number_conflict")),
    Row("child's number with the father's traits", said("ludovic", nir=number("clemence")),
        found("ludovic", nir_declared="conflict", reason="number_conflict")),
    Row("father's number with the traits of his registered son of the same given name",
        said("prosper_son", nir=number("prosper")),
        found("prosper_son", nir_declared="conflict", reason="number_conflict")),
    Row("son's number with the traits of his registered father of the same given name",
        said("prosper", nir=number("prosper_son")),
        found("prosper", nir_declared="conflict", reason="number_conflict")),
    Row("father's number with the traits of his registered son of the same given name, birth year only",
        said("prosper_son", nir=number("prosper"), birth_date="1981"), found_or_refused("prosper_son")),
    Row("father's number with its key and the registered child's traits",
        said("clemence", nir=keyed(number("ludovic")), channel="payroll"),
        found("clemence", nir_declared="conflict", reason="number_conflict")),
    Row("father's number with an unregistered child's traits",
        said("ludovic", nir=number("ludovic"), given_names=["Basile"], birth_date="2008-01-30"),
        refused(*ABSENT, nir_declared="conflict", reason="number_conflict")),
    Row("father's number with an unregistered child's traits, from a payroll",
        said("ludovic", nir=keyed(number("ludovic")), given_names=["Basile"], birth_date="2008-01-30",
             channel="payroll"),
        refused(*ABSENT, nir_declared="conflict", reason="number_conflict")),
    Row("mother's number with an unregistered child's traits, under the father's name",
        said("nadege", nir=number("nadege"), birth_name="TAILLEFERT", given_names=["Basile"], birth_date="2008-01-30"),
        refused(*ABSENT, nir_declared="conflict", reason="number_conflict")),
    Row("father's number with an unregistered child who bears his given name second",
        said("ludovic", nir=number("ludovic"), given_names=["Basile", "Ludovic"], birth_date="2008-01-30"),
        refused(*ABSENT)),
    Row("father's number with an unregistered child who bears his given name first",
        said("anselme", nir=number("anselme"), birth_date="1999-11-26"), refused(*ABSENT)),
    Row("father's mistyped number with an unregistered child's traits",
        said("ludovic", nir=mistyped(keyed(number("ludovic")), 12), given_names=["Basile"], birth_date="2008-01-30"),
        refused(*ABSENT)),
    Row("father's mistyped number with an unregistered child who bears his given name second",
        said("ludovic", nir=mistyped(keyed(number("ludovic")), 12), given_names=["Basile", "Ludovic"],
             birth_date="2008-01-30"), refused(*ABSENT)),
    Row("father's mistyped number with an unregistered child who bears his given name first",
        said("anselme", nir=mistyped(keyed(number("anselme")), 12), birth_date="1999-11-26"), refused(*ABSENT)),
    Row("father's number with an unregistered child born on his day and month",
        said("ludovic", nir=number("ludovic"), given_names=["Basile"], birth_date="2008-06-14"), refused()),
    Row("father's number with an unregistered child of a near given name",
        said("ludovic", nir=number("ludovic"), given_names=["Ludovica"], sex="F", birth_date="2008-01-30"), refused()),
    Row("father's number with an unregistered child, no date said",
        said("ludovic", nir=number("ludovic"), given_names=["Basile"], birth_date=None), refused()),
    Row("father's number with an unregistered child, no given name said",
        said("ludovic", nir=number("ludovic"), given_names=None, birth_date="2008-01-30"), refused()),
    Row("father's number with the registered child's names, no date said",
        said("clemence", nir=number("ludovic"), birth_date=None, birth_place=None), found_or_refused("clemence")),
    Row("husband's number with the registered wife's traits",
        said("solange", nir=number("fulgence"), birth_name="DAUBRESSE"),
        found("solange", nir_declared="conflict", reason="number_conflict")),
    Row("husband's number with an unregistered wife's traits",
        said("fulgence", nir=number("fulgence"), given_names=["Mireille"], birth_date="1957-03-08", sex="F"),
        refused(*ABSENT, nir_declared="conflict", reason="number_conflict")),
    Row("twin's number with the other twin's traits", said("apolline", nir=number("sidonie")),
        found_or_refused("apolline")),
    Row("triplet's number with another triplet's near given name", said("mathias", nir=number("mathis")),
        found_or_refused("mathias")),
]  # fmt: skip

NUMBERS = [
    Row("former number", said("ange", nir="1530899999901"),
        found("ange", nir_declared="former", divergences=["nir"])),
    Row("former number with its key", said("ange", nir=keyed("1530899999901")), found("ange", nir_declared="former")),
    Row("one of several former numbers", said("perrine", nir="2860199999902"), found("perrine", nir_declared="former")),
    Row("another of several former numbers", said("perrine", nir="2860299999903"),
        found("perrine", nir_declared="former")),
    Row("the number in force of a person of several numbers", said("perrine", nir=number("perrine")),
        found("perrine", nir_declared="in_force", divergences=[])),
    Row("number, given name and sex from before a change of sex",
        said("camille", nir="1910799999904", given_names=["Clément"], sex="M"),
        found("camille", nir_declared="former", divergences=["nir", "given_names", "sex"])),
    Row("number in force of one person, formerly another's: the first", said("hyacinthe", nir="1640299999905"),
        found("hyacinthe", nir_declared="in_force", divergences=[])),
    Row("number in force of one person, formerly another's: the second", said("gontran", nir="1640299999905"),
        found("gontran", nir_declared="former", divergences=["nir"])),
    Row("pending number", said("kossi", nir=number("kossi")),
        found("kossi", nir_declared="pending", flags=["uncertified", "pending_number"])),
    Row("traits of a person whose number is pending", said("kossi"),
        found("kossi", flags=["uncertified", "pending_number"])),
    Row("employer's temporary number in the place of the number", said("gwenael", nir="1732829320PAYE0017"),
        found("gwenael", nir_declared="unusable", ignored=[{"field": "nir", "code": "ntt"}])),
    Row("employer's temporary number as long as a number", said("gwenael", nir="1732829320ABC"),
        found("gwenael", nir_declared="unusable", ignored=[{"field": "nir", "code": "ntt"}])),
    Row("provisional number of a health insurance fund", said("gwenael", nir="7112300004567"),
        found("gwenael", nir_declared="unusable", ignored=[{"field": "nir", "code": "provisional_number"}])),
    Row("unknown number with a registered person's traits", said("gwenael", nir="1610599999990"),
        found("gwenael", nir_declared="unknown", divergences=["nir"])),
    Row("unknown number that says another year, no date said",
        said("gwenael", nir="1800999999995", birth_date=None), refused()),
    Row("one number of two persons born a hundred years apart: the elder", said("eugene", nir="1210299999906"),
        found("eugene", nir_declared="in_force", divergences=[])),
    Row("one number of two persons born a hundred years apart: the younger", said("enzo", nir="1210299999906"),
        found("enzo", nir_declared="in_force", divergences=[])),
    Row("a word in the place of the number", said("gwenael", nir="EN COURS"),
        found("gwenael", nir_declared="unusable")),
]  # fmt: skip

TRIPLETS = [
    *(Row(f"triplets with near given names: {who}", said(who), found(who, divergences=[]))
      for who in ("mathis", "mathias", "mathieu")),
    *(Row(f"triplet with number: {who}", said(who, nir=number(who)), found(who, nir_declared="in_force"))
      for who in ("mathis", "mathias", "mathieu")),
    Row("triplets, no given name said", said("mathis", given_names=None), refused(*AMBIGUOUS, reason="siblings")),
    Row("triplets, a given name between two of theirs", said("mathis", given_names=["Mathi"]), refused()),
    Row("a fourth child with a near given name, not registered", said("mathis", given_names=["Mathéo"]), refused()),
    Row("twins with one compound given name in common: the first", said("marie_claire"), found("marie_claire")),
    Row("twins with one compound given name in common: the second", said("marie_claude"), found("marie_claude")),
    Row("twins with one compound given name in common, only that part said",
        said("marie_claire", given_names=["Marie"]), refused(*AMBIGUOUS, reason="siblings")),
]  # fmt: skip

COMMON_AND_RARE = [
    Row("a very common name and a city", {"birth_name": "DUPONT", "birth_place": {"label": "Paris"}},
        refused("insufficient", "ambiguous", "too_distant", "not_found")),
    Row("common name, two born that day, no place said", said("nicolas_paris", birth_place=None),
        refused(*AMBIGUOUS, reason="homonyms", missing=["nir", "birth_place"])),
    Row("common name, two born that day, the place said", said("nicolas_lyon"), found("nicolas_lyon")),
    Row("common name, two born that year in that city, no day said", said("nicolas_paris", birth_date="1975"),
        refused(*AMBIGUOUS, reason="homonyms")),
    Row("common name, born one day off in that city", said("marie_martin", birth_date="1952-08-27"), refused()),
    Row("rare name, born one day off in that city", said("ursuline", birth_date="1952-08-27"), found("ursuline")),
    Row("common name, two born that day, a third place said", said("nicolas_paris", birth_place={"code": "59350"}),
        refused(*AMBIGUOUS, reason="homonyms")),
    Row("father and son of one name: the father", said("prosper"), found("prosper", divergences=[])),
    Row("father and son of one name: the son", said("prosper_son"), found("prosper_son", divergences=[])),
    Row("father and son of one name, no date said", said("prosper", birth_date=None),
        refused(*AMBIGUOUS, reason="homonyms")),
    Row("namesakes born the same year in the same country, of two fathers, no parent said", said("ahmed_of_sidi"),
        refused(*AMBIGUOUS, reason="homonyms")),
    *(Row(f"namesakes born the same year in the same country, the father said: {who}",
          said(who, parents=PERSONS[who]["parents"]), found(who, divergences=[]))
      for who in ("ahmed_of_sidi", "ahmed_of_brahim")),
    Row("a common given name in the place of the birth name, and a date",
        {"birth_name": "MARIE", "birth_date": "1952-08-18"}, found_or_refused("marie_martin")),
    Row("rare name and given name, birth year only", said("ursuline", birth_date="1952", birth_place=None),
        found("ursuline")),
]  # fmt: skip

NO_SURNAME = [
    Row("no surname, none said", said("anandi"), found("anandi", divergences=[])),
    Row("no surname, declared SANS NOM", said("anandi", birth_name="SANS NOM"), found("anandi")),
    Row("no surname, declared XXX", said("anandi", birth_name="XXX"), found("anandi")),
    Row("no surname, the given name in both fields", said("anandi", birth_name="ANANDI"), found("anandi")),
    Row("no surname, the given name as the birth name", said("anandi", birth_name="ANANDI", given_names=None),
        found("anandi")),
    Row("no surname, with number", said("anandi", nir=number("anandi")),
        found("anandi", nir_declared="in_force", divergences=[])),
    Row("no surname, misspelt given name", said("anandi", given_names=["Anandhi"]), found("anandi")),
    Row("no given name, none said", said("zavarenko"), found("zavarenko", divergences=[])),
    Row("no given name, declared SANS PRENOM", said("zavarenko", given_names=["SANS PRENOM"]), found("zavarenko")),
    Row("no given name, the surname in both fields", said("zavarenko", given_names=["ZAVARENKO"]), found("zavarenko")),
    Row("somebody else without surname, born that day in that country", said("anandi", given_names=["Lakshmi"]),
        refused(*ABSENT)),
]  # fmt: skip

SHORT_AND_LONG = [
    Row("names of two letters", said("my"), found("my", divergences=[])),
    Row("a surname of one letter", said("bo"), found("bo", divergences=[])),
    Row("a surname of one letter, with number", said("bo", nir=number("bo")), found("bo", nir_declared="in_force")),
    Row("names of two letters, swapped", said("my", birth_name="MY", given_names=["LY"]),
        found("my", matched_as="swapped")),
    Row("another name of one letter, same birth", said("bo", birth_name="O", given_names=["Ko"]), refused(*ABSENT)),
    Row("a surname of more than fifty letters", said("rado"), found("rado", divergences=[])),
    Row("a surname of more than fifty letters, one wrong", said("rado", birth_name=LONG_NAME.replace("VELO", "VALO")),
        found("rado")),
    Row("a surname of more than fifty letters, cut to thirty", said("rado", birth_name=LONG_NAME[:30]), found("rado")),
    Row("a surname of more than fifty letters, cut in two words",
        said("rado", birth_name=f"{LONG_NAME[:20]} {LONG_NAME[20:]}"), found("rado")),
    Row("a name of many words", said("isaure"), found("isaure", divergences=[])),
    Row("a name of many words, only the first part", said("isaure", birth_name="DE LA ROCHEFONTAINE"),
        found("isaure")),
    Row("a name of many words, cut to thirty letters",
        said("isaure", birth_name=PERSONS["isaure"]["birth_name"][:30]), found("isaure")),
    Row("a name of many words, without particles", said("isaure", birth_name="ROCHEFONTAINE MONTBRILLANT ESTREVIGNY"),
        found("isaure")),
]  # fmt: skip

PARTIAL_DATES = [
    Row("unknown day and month on both sides", said("moussa"), found("moussa", divergences=[])),
    Row("unknown day and month in the register, a full date said", said("moussa", birth_date="1971-06-14"),
        found("moussa")),
    Row("unknown day and month in the register, the first of January said", said("moussa", birth_date="1971-01-01"),
        found("moussa")),
    Row("unknown day and month in the register, the last day of the year said", said("moussa", birth_date="1971-12-31"),
        found("moussa")),
    Row("unknown day and month in the register, another year said", said("moussa", birth_date="1984-06-14"),
        refused(*ABSENT)),
    Row("unknown day in the register, a full date said", said("fatou", birth_date="1966-05-19"), found("fatou")),
    Row("unknown day in the register, year only said", said("fatou", birth_date="1966"),
        found("fatou", divergences=[])),
    Row("unknown day in the register, another month said", said("fatou", birth_date="1966-09-19"),
        found_or_refused("fatou")),
    Row("first of January abroad in the register, another day said", said("rachid", birth_date="1955-07-12"),
        found("rachid", divergences=["birth_date"])),
    Row("first of January abroad in the register, day and month unknown", said("rachid", birth_date="1955-00-00"),
        found("rachid", divergences=[])),
    Row("first of January said of a person born abroad another day", said("mohamed", birth_date="1962-01-01"),
        found("mohamed", divergences=["birth_date"])),
    Row("first of January said of a person born abroad another year", said("mohamed", birth_date="1949-01-01"),
        refused(*ABSENT)),
    Row("year only said", said("gwenael", birth_date="1961"), found("gwenael", divergences=[])),
    Row("year and month said", said("gwenael", birth_date="1961-05"), found("gwenael", divergences=[])),
    Row("day and month said unknown", said("gwenael", birth_date="1961-00-00"), found("gwenael", divergences=[])),
    Row("born on the first of January in France", said("sylvestre"), found("sylvestre", divergences=[])),
    Row("impossible date", said("gwenael", birth_date="1961-02-30"),
        found("gwenael", ignored=[{"field": "birth_date", "code": "impossible_date"}])),
    Row("date wholly unknown", said("gwenael", birth_date="0000-00-00"), found("gwenael")),
]  # fmt: skip

NEAR_EDWIGE: dict[str, dict[str, Any]] = {
    "a sister": {"given_names": ["Berthe"], "birth_date": "1954-07-02"},
    "a twin": {"given_names": ["Ernestine"]},
    "a namesake born another year": {"birth_date": "1972-11-08"},
    "a twin, with an unknown number": {"given_names": ["Ernestine"], "nir": "2520399999992"},
    "a namesake born another year, with an unknown number": {"birth_date": "1972-11-08", "nir": "2721199999996"},
}
NOT_REGISTERED = [
    Row("nobody near", {"birth_name": "ZWINGELHOFER", "given_names": ["Odilon"], "birth_date": "1938-02-22",
                        "birth_place": {"label": "Colmar"}}, refused("not_found", "too_distant")),
    Row("a sister of a registered person",
        said("edwige", given_names=["Berthe"], birth_date="1954-07-02"), refused(*ABSENT)),
    Row("a twin of a registered person", said("edwige", given_names=["Ernestine"]), refused(*ABSENT)),
    Row("a twin of a registered person, with sex and several given names",
        said("edwige", given_names=["Ernestine", "Agathe"], sex="F"), refused(*ABSENT)),
    Row("a twin who shares the second given name", said("edwige", given_names=["Ernestine", "Paule"]),
        refused(*ABSENT)),
    Row("a twin of a registered person, the parents said",
        said("clemence", given_names=["Basile"], parents=TAILLEFERT_PARENTS), refused(*ABSENT)),
    Row("a brother of a registered person, the parents said",
        said("clemence", given_names=["Basile"], birth_date="2008-01-30", parents=TAILLEFERT_PARENTS),
        refused(*ABSENT)),
    Row("a twin of the other sex with the other form of the given name",
        said("florian", given_names=["Floriane"], sex="F"), refused()),
    Row("a twin with another compound of the same given name", said("jean_pierre", given_names=["Jean-Paul"]),
        refused()),
    Row("a brother or sister with another compound of the same given name",
        said("jean_pierre", given_names=["Jean-Paul"], birth_date="1951-03-14"), refused(*ABSENT)),
    Row("a sister with the other form of the given name, born the year after",
        said("michel", given_names=["Michèle"], birth_date="1957-03-05", sex="F"), refused(*ABSENT)),
    Row("a namesake born another year", said("edwige", birth_date="1972-11-08"), refused(*ABSENT)),
    Row("a namesake born another year, with all given names",
        said("edwige", given_names=["Edwige", "Paule"], birth_date="1972-11-08", sex="F"), refused(*ABSENT)),
    Row("a namesake born another year in another commune",
        said("edwige", birth_date="1972-11-08", birth_place={"code": PLACES["LILLE"]}), refused(*ABSENT)),
    Row("a namesake with another given name first",
        said("edwige", given_names=["Jeanne", "Edwige"], birth_date="1972-11-08"), refused(*ABSENT)),
    Row("the father who gave his son his own given name", said("aristide", birth_date="1938-02-27"),
        refused(*ABSENT)),
    Row("the father who gave his son his own given name, born elsewhere",
        said("aristide", birth_date="1938-02-27", birth_place={"code": PLACES["LYON"]}), refused(*ABSENT)),
    Row("the mother of a registered person", said("edwige", given_names=["Marthe"], birth_date="1925-12-11"),
        refused(*ABSENT)),
    Row("a daughter who bears her mother's given name second",
        said("edwige", given_names=["Capucine", "Edwige"], birth_date="1979-05-18"), refused(*ABSENT)),
    Row("another woman with the same common given name, born the same day in the same city",
        said("marie_martin", birth_name="TOURNEMINE"), refused()),
    Row("another woman with the same surname and middle name, born the same day in the same country",
        said("dao", given_names="Thi Hoa"), refused()),
    Row("the sister-in-law whose birth name is the usage name of a registered woman",
        said("solange", birth_name="DAUBRESSE", birth_date="1957-02-20"), refused(*ABSENT)),
    *(Row(f"not registered, from a payroll: {what}", said("edwige", channel="payroll", **changes), refused(*ABSENT))
      for what, changes in NEAR_EDWIGE.items()),
    Row("a woman whose surname the register does not know, all else the same", said("edwige", birth_name="MARTIN"),
        found_or_refused("edwige")),
    Row("another person with a rare given name, born the same day elsewhere",
        said("ursuline", birth_name="TOURNEMINE", birth_place={"code": PLACES["LYON"]}), refused(*ABSENT)),
    Row("another person of that surname, born the same day elsewhere",
        said("edwige", given_names=["Jacqueline"], birth_place={"code": PLACES["LYON"]}), refused(*ABSENT)),
    Row("an unknown number and a sister's traits",
        said("edwige", nir="2540799999991", given_names=["Berthe"], birth_date="1954-07-02"),
        refused(*ABSENT, nir_declared="unknown")),
    Row("an unknown number and a twin's traits",
        said("edwige", nir="2520399999992", given_names=["Ernestine"]), refused(*ABSENT, nir_declared="unknown")),
]  # fmt: skip

SWAPPED = [
    Row("surname and given name swapped", said("gwenael", birth_name="Gwenaël", given_names=["TRÉVIDIC"]),
        found("gwenael", matched_as="swapped", divergences=["birth_name", "given_names"])),
    Row("surname and all given names swapped",
        said("gwenael", birth_name="Gwenaël Louis Marie", given_names=["TREVIDIC"]),
        found("gwenael", matched_as="swapped")),
    Row("surname and second given name swapped", said("mathurin", birth_name="MATHURIN", given_names=["BOISGONTIER"]),
        found("mathurin", matched_as="swapped")),
    Row("surname and given name swapped, one misspelt",
        said("gwenael", birth_name="GWENAEL", given_names=["TREVIDICK"]), found("gwenael", matched_as="swapped")),
    Row("surname and given name swapped, with number",
        said("gwenael", nir=number("gwenael"), birth_name="Gwenaël", given_names=["TRÉVIDIC"]),
        found("gwenael", nir_declared="in_force", matched_as="swapped")),
    Row("surname and given name both in the field of the surname",
        said("gwenael", birth_name="TREVIDIC GWENAEL", given_names=None), found("gwenael")),
    Row("day and month swapped", said("hortense", birth_date="1949-03-08"),
        found("hortense", divergences=["birth_date"])),
    Row("day and month swapped, with number", said("hortense", nir=number("hortense"), birth_date="1949-03-08"),
        found("hortense", nir_declared="in_force", divergences=["birth_date"])),
    Row("day and month swapped, surname misspelt", said("hortense", birth_name="MALEVAL", birth_date="1949-03-08"),
        found("hortense")),
]  # fmt: skip

PLACES_THROUGH_TIME = [
    Row("born in Oran, the code of the département of the time",
        said("paul_oran", birth_place={"code": "92352", "label": "ORAN"}), found("paul_oran", divergences=[])),
    Row("born in Oran, the code of today", said("paul_oran", birth_place={"code": "99352", "label": "ORAN"}),
        found("paul_oran", divergences=[])),
    Row("born in Oran, the code of today without label", said("paul_oran", birth_place={"code": "99352"}),
        found("paul_oran")),
    Row("born in Oran, the label alone", said("paul_oran", birth_place={"label": "Oran"}), found("paul_oran")),
    Row("born in Oran, abroad and label", said("paul_oran", birth_place={"label": "ORAN", "department": "99"}),
        found("paul_oran")),
    Row("born in Oran, country and label", said("paul_oran", birth_place={"label": "ORAN", "country": "DZ"}),
        found("paul_oran")),
    Row("namesake of one born in Oran", said("paul_perpignan"), found("paul_perpignan")),
    Row("born in Rufisque, the code of today", said("aminata_rufisque", birth_place={"code": "99341"}),
        found("aminata_rufisque")),
    Row("born in Rufisque, label and country of today",
        said("aminata_rufisque", birth_place={"label": "RUFISQUE", "country": "SN"}), found("aminata_rufisque")),
    Row("born in Casablanca, the code of today",
        said("joseph_casablanca", birth_place={"code": "99350", "label": "CASABLANCA"}), found("joseph_casablanca")),
    Row("born in Nanterre before 1968, the code of today", said("monique_nanterre", birth_place={"code": "92050"}),
        found("monique_nanterre")),
    Row("born in Nanterre before 1968, label and département of today",
        said("monique_nanterre", birth_place={"label": "Nanterre", "department": "92"}), found("monique_nanterre")),
    Row("town abroad under its name of today",
        said("odette_skikda", birth_place={"code": "99352", "label": "SKIKDA"}), found("odette_skikda")),
    Row("country under its name of today", said("zavarenko", birth_place={"label": "KYIV", "country": "UA"}),
        found("zavarenko")),
    Row("country by the other system of codes", said("mohamed", birth_place={"label": "Tlemcen", "country": "DZ"}),
        found("mohamed", divergences=[])),
    Row("Corsica before it was divided", said("ange", birth_place={"code": "20033", "label": "BASTIA"}),
        found("ange", divergences=[])),
    Row("commune under its former name, with département",
        said("colette_chalons", birth_place={"label": "Châlons-sur-Marne", "department": "51"}),
        found("colette_chalons")),
    Row("commune under its former name, the label alone",
        said("colette_chalons", birth_place={"label": "CHALONS SUR MARNE"}), found("colette_chalons")),
    Row("an arrondissement for its city", said("ursuline", birth_place={"code": "75114", "label": "PARIS 14"}),
        found("ursuline", divergences=[])),
]  # fmt: skip

TRANSLITERATIONS = [
    Row("MOHAMMED for MOHAMED", said("mohamed", given_names=["MOHAMMED"]), found("mohamed")),
    Row("MUHAMMAD for MOHAMED", said("mohamed", given_names=["MUHAMMAD"]), found("mohamed")),
    Row("another given name of that origin, another day of that year",
        said("mohamed", given_names=["Mehdi"], birth_date="1962-11-05"), refused(*ABSENT)),
    Row("BEN YOUSSEF for BENYOUCEF", said("mohamed", birth_name="BEN YOUSSEF"), found("mohamed")),
    Row("ABDELKADER for ABD EL KADER", said("abdelkader", given_names=["ABDELKADER"]),
        found("abdelkader", divergences=[])),
    Row("ABDEL KADER for ABD EL KADER, in one text", said("abdelkader", given_names="ABDEL KADER"),
        found("abdelkader", divergences=[])),
    Row("ABDELKRIM is not ABD EL KADER", said("abdelkader", given_names=["ABDELKRIM"]), refused(*ABSENT)),
    Row("BENYUSUF for BENYOUCEF and MUHAMMAD for MOHAMED",
        said("mohamed", birth_name="BENYUSUF", given_names=["MUHAMMAD"]), found("mohamed")),
    Row("BENYOUSSEF and the first of January",
        said("mohamed", birth_name="BENYOUSSEF", given_names=["Mohammed"], birth_date="1962-01-01"),
        found("mohamed")),
    Row("Turkish letters lost", said("gulsen", given_names=["GULSEN"]), found("gulsen", divergences=[])),
    Row("Turkish letters kept where the register has lost them", said("gulsen", birth_name="Yıldırımcı"),
        found("gulsen", divergences=[])),
    Row("Turkish letters by sound", said("gulsen", given_names=["GULCHEN"]), found("gulsen")),
    Row("Slavic letters lost", said("zivko", birth_name="KOVACEVSKIC", given_names=["ZIVKO"]),
        found("zivko", divergences=[])),
    Row("Slavic letters by sound", said("zivko", birth_name="KOVATCHEVSKITCH", given_names=["JIVKO"]),
        found("zivko")),
    Row("Polish letters lost", said("grazyna", birth_name="LUKASIEWSKA", given_names=["GRAZYNA"]),
        found("grazyna", divergences=[])),
    Row("Polish name in its masculine form", said("grazyna", birth_name="LUKASIEWSKI"), found("grazyna")),
    Row("Scandinavian letters lost", said("jorgen", birth_name="SORENGAARD", given_names=["JORGEN"]), found("jorgen")),
    Row("Scandinavian letters spelt out", said("jorgen", birth_name="SOERENGAARD", given_names=["JOERGEN"]),
        found("jorgen")),
    Row("German letters lost", said("jurgen", birth_name="MULLENBERG", given_names=["JURGEN"]), found("jurgen")),
    Row("German letters spelt out", said("jurgen", birth_name="MUELLENBERG", given_names=["JUERGEN"]),
        found("jurgen")),
    Row("Vietnamese letters lost", said("dao", birth_name="NGUYEN", given_names="THI DAO"),
        found("dao", divergences=[])),
    Row("Vietnamese given name without the middle name", said("dao", birth_name="NGUYEN", given_names=["DAO"]),
        found("dao")),
]  # fmt: skip

FORMER_VALUES = [
    Row("former birth name", said("bertille", birth_name="COCHONNAT"),
        found("bertille", matched_as="former", divergences=["birth_name"])),
    Row("former birth name, misspelt", said("bertille", birth_name="COCHONAT"),
        found("bertille", matched_as="former")),
    Row("former birth name and former given name", said("marcel", birth_name="BENMERCHAL", given_names=["Mouloud"]),
        found("marcel", matched_as="former", divergences=["birth_name", "given_names"])),
    Row("former given name with the birth name of today", said("marcel", given_names=["Mouloud"]),
        found("marcel", matched_as="birth", divergences=["given_names"])),
    Row("former birth date", said("leocadie", birth_date="1939-04-07"),
        found("leocadie", divergences=["birth_date"])),
    Row("former birth date, with number", said("leocadie", nir=number("leocadie"), birth_date="1939-04-07"),
        found("leocadie", nir_declared="in_force", divergences=["birth_date"])),
    Row("the caller's former name is the register's, the new one not yet",
        said("ophelie", birth_name="GRIMONT", former={"birth_name": "GRIMONPREZ"}),
        found("ophelie", divergences=["birth_name"])),
    Row("the caller's former name is unknown, the new one is the register's",
        said("ophelie", former={"birth_name": "TOURNEMINE"}), found("ophelie", divergences=[])),
    Row("the caller's former given name is the register's",
        said("ophelie", given_names=["Maxence"], former={"given_names": "Ophélie"}),
        found("ophelie", divergences=["given_names"])),
    Row("the caller's former date is the register's",
        said("ophelie", birth_date="1995-03-02", former={"birth_date": "1993-09-24"}),
        found("ophelie", divergences=["birth_date"])),
    Row("the caller's former number is the register's former number, the new one in force",
        said("ange", nir=number("ange"), former={"nir": "1530899999901"}),
        found("ange", nir_declared="in_force", divergences=[])),
    Row("the caller's former number is in force, the new one unknown",
        said("ange", nir="1530899999993", former={"nir": number("ange")}), found("ange", divergences=["nir"])),
    Row("the caller's former number only, with all traits new but the date",
        said("ophelie", birth_name="TOURNEMINE", given_names=["Maxence"], birth_place=None,
             former={"nir": number("ophelie"), "birth_name": "GRIMONPREZ", "given_names": "Ophélie"}),
        found("ophelie")),
    Row("a former name that is another person's changes nothing",
        said("gwenael", former={"birth_name": "BOISGONTIER"}), found("gwenael", divergences=[])),
    Row("a former number that is another person's does not lead to that person",
        said("gwenael", former={"nir": number("mathurin")}), found_or_refused("gwenael")),
]  # fmt: skip

TITLES = [
    Row("MME before the birth name", said("solange", birth_name="MME PELLISSON"), found("solange")),
    Row("Madame before the usage name", said("solange", birth_name="Madame Daubresse"), found("solange")),
    Row("M. before the birth name", said("gwenael", birth_name="M. TREVIDIC"), found("gwenael")),
    Row("Monsieur before the birth name", said("gwenael", birth_name="MONSIEUR TREVIDIC"), found("gwenael")),
    Row("Dr before the birth name", said("gwenael", birth_name="Dr TRÉVIDIC"), found("gwenael")),
    Row("a title before the given name", said("gwenael", given_names="M Gwenaël"), found("gwenael")),
    Row("usage name née birth name", said("solange", birth_name="DAUBRESSE NEE PELLISSON"), found("solange")),
    Row("birth name épouse usage name", said("solange", birth_name="PELLISSON EPOUSE DAUBRESSE"), found("solange")),
    Row("veuve before the usage name", said("solange", birth_name="VVE DAUBRESSE"), found("solange")),
    Row("a title of nobility before the name", said("ndeye", birth_name="COMTESSE D'HAUTERIVE-SEVRIN"),
        found("ndeye")),
    Row("El Hadj before the given name", said("moussa", given_names="El Hadj Moussa"), found("moussa")),
    Row("Madame as a foreign surname", said("awa"), found("awa", divergences=[])),
    Row("Madame as a foreign surname, with a title", said("awa", birth_name="MME MADAME"), found("awa")),
    Row("Madame as a foreign surname, swapped", said("awa", birth_name="AWA", given_names=["MADAME"]),
        found("awa", matched_as="swapped")),
]  # fmt: skip

OTHER_GENDER = [
    Row("Rosé without its accent, a man", said("rose", given_names=["ROSE"], sex="M"), found("rose", divergences=[])),
    Row("Rosé read as a woman's given name", said("rose", given_names=["ROSE"], sex="F"),
        found("rose", divergences=["sex"])),
    Row("Andrea, a man", said("andrea", sex="M"), found("andrea", divergences=[])),
    Row("Andrea read as a woman's given name", said("andrea", sex="F"), found("andrea", divergences=["sex"])),
    Row("Andréa with a French accent", said("andrea", given_names=["Andréa"], sex="F"),
        found("andrea", divergences=["sex"])),
]  # fmt: skip

SLIPS = [
    *(Row(f"typing error in the surname: {text}", said("gwenael", birth_name=text),
          found("gwenael", matched_as="birth", divergences=["birth_name"]))
      for text in ("TREVIDC", "TREVIDIIC", "TRAVIDIC", "TREVDIIC", "REVIDIC", "TREVIDI", "DREVIDIC")),
    *(Row(f"typing error in the given name: {text}", said("gwenael", given_names=[text]),
          found("gwenael", divergences=["given_names"]))
      for text in ("Gwenal", "Gwennaël", "Gwenzel", "Gewnael", "Wenaël", "Gwenaëlle")),
    *(Row(f"typing error in the date: {text}", said("gwenael", birth_date=text),
          found("gwenael", divergences=["birth_date"]))
      for text in ("1961-05-24", "1961-05-13", "1961-06-23", "1962-05-23", "1916-05-23", "1981-05-23")),
    Row("typing error in the date: a day that is none", said("gwenael", birth_date="1961-05-32"),
        found("gwenael", ignored=[{"field": "birth_date", "code": "impossible_date"}])),
    Row("typing error in the date: another century", said("gwenael", birth_date="1861-05-23"),
        found("gwenael", divergences=["birth_date"])),
    Row("the date in French order", said("gwenael", birth_date="23/05/1961"),
        found("gwenael", ignored=[{"field": "birth_date", "code": "impossible_date"}])),
    Row("day and month swapped, no such month", said("gwenael", birth_date="1961-23-05"),
        found("gwenael", ignored=[{"field": "birth_date", "code": "impossible_date"}])),
    Row("typing error in the code of the place", said("gwenael", birth_place={"code": "29223"}),
        found("gwenael", divergences=["birth_place"])),
    Row("typing error in the département", said("gwenael", birth_place={"code": "92232"}),
        found("gwenael", divergences=["birth_place"])),
    Row("typing error in the label of the place", said("gwenael", birth_place={"label": "QUIMPEUR"}),
        found("gwenael")),
    Row("place of residence for place of birth", said("gwenael", birth_place={"code": PLACES["LYON"]}),
        found("gwenael", divergences=["birth_place"])),
    Row("a code that is none", said("gwenael", birth_place={"code": "2923", "label": "QUIMPER"}),
        found("gwenael", ignored=[{"field": "birth_place.code", "code": "place_code"}])),
    Row("wrong sex", said("gwenael", sex="F"), found("gwenael", divergences=["sex"])),
    Row("unreadable sex", said("gwenael", sex="X"),
        found("gwenael", ignored=[{"field": "sex", "code": "unknown_sex"}])),
    *(Row(f"typing error in the number, sign {at + 1} of its key's 15",
          said("gwenael", nir=mistyped(keyed(number("gwenael")), at)),
          found("gwenael", nir_declared="unusable", ignored=[{"field": "nir", "code": "nir_key"}]))
      for at in (1, 2, 4, 7, 12, 13, 14)),
    Row("typing error in the sex of the number, without key", said("gwenael", nir=mistyped(number("gwenael"), 0)),
        found("gwenael", nir_declared="unknown", divergences=["nir"])),
    Row("typing error in the year of the number, without key", said("gwenael", nir=mistyped(number("gwenael"), 2)),
        found("gwenael", nir_declared="unknown", divergences=["nir"])),
    Row("typing error in the number that makes it another person's",
        said("gwenael", nir=number("solange")),
        found("gwenael", nir_declared="conflict", reason="number_conflict", divergences=["nir"])),
    Row("two neighbouring digits of the number swapped",
        said("gwenael", nir=f"{keyed(number('gwenael'))[:1]}16{keyed(number('gwenael'))[3:]}"),
        found("gwenael", nir_declared="unusable")),
    Row("typing error in the number, no date and place said",
        said("gwenael", nir=mistyped(keyed(number("gwenael")), 4), birth_date=None, birth_place=None),
        found("gwenael", nir_declared="unusable")),
    Row("typing error in the surname, with number", said("gwenael", nir=number("gwenael"), birth_name="TRAVIDIC"),
        found("gwenael", nir_declared="in_force", divergences=["birth_name"])),
    Row("another surname, with number", said("gwenael", nir=number("gwenael"), birth_name="TOURNEMINE"),
        found("gwenael", nir_declared="in_force", divergences=["birth_name"])),
    Row("typing error in the given name, with number", said("gwenael", nir=number("gwenael"), given_names=["Gwenzel"]),
        found("gwenael", nir_declared="in_force", divergences=["given_names"])),
    Row("another given name, with number, date and surname",
        said("gwenael", nir=number("gwenael"), given_names=["Erwan"]), found_or_refused("gwenael")),
    Row("typing error in the day, with number", said("gwenael", nir=number("gwenael"), birth_date="1961-05-24"),
        found("gwenael", nir_declared="in_force", divergences=["birth_date"])),
    Row("typing error in the year, with number", said("gwenael", nir=number("gwenael"), birth_date="1916-05-23"),
        found("gwenael", nir_declared="in_force", divergences=["birth_date"])),
    Row("another place, with number", said("gwenael", nir=number("gwenael"), birth_place={"code": PLACES["LYON"]}),
        found("gwenael", nir_declared="in_force", divergences=["birth_place"])),
    Row("wrong sex, with number", said("gwenael", nir=number("gwenael"), sex="F"),
        found("gwenael", nir_declared="in_force", divergences=["sex"])),
    Row("typing errors in surname and given name", said("gwenael", birth_name="TREVIDC", given_names=["Gwenal"]),
        found("gwenael")),
    Row("typing errors in surname, given name and place",
        said("gwenael", birth_name="TREVIDC", given_names=["Gwenal"], birth_place={"code": "29223"}),
        found("gwenael")),
]  # fmt: skip

SCANS = [
    Row("1 for I in the surname", said("gwenael", birth_name="TREV1D1C"), found("gwenael", divergences=[])),
    Row("1 for L in the given name", said("gwenael", given_names=["GWENAE1"]), found("gwenael")),
    Row("0 for O in surname and given name", said("solange", birth_name="PELLISS0N", given_names=["S0LANGE"]),
        found("solange", divergences=[])),
    Row("5 for S and 8 for B", said("mathurin", birth_name="8OI5GONTIER"), found("mathurin", divergences=[])),
    Row("rn for m in the given name", said("camille", given_names=["Carnille"]), found("camille")),
    Row("O for 0 in the number, with key", said("gwenael", nir=keyed(number("gwenael")).replace("0", "O", 1)),
        found("gwenael", nir_declared="unusable")),
    Row("I for 1 in the number, with key", said("gwenael", nir="I" + keyed(number("gwenael"))[1:]),
        found("gwenael", nir_declared="unusable")),
    Row("O for 0 in the number, without key", said("gwenael", nir=number("gwenael").replace("0", "O", 1)),
        found("gwenael", nir_declared="unusable", ignored=[{"field": "nir", "code": "nir_format"}])),
    Row("O for 0 in the number, no date and place said",
        said("gwenael", nir=keyed(number("gwenael")).replace("0", "O", 1), birth_date=None, birth_place=None),
        found("gwenael", nir_declared="unusable")),
    Row("O for 0 in the date", said("gwenael", birth_date="1961-O5-23"),
        found("gwenael", ignored=[{"field": "birth_date", "code": "impossible_date"}])),
]  # fmt: skip

CHARACTERS = [
    Row("accents lost", said("gwenael", birth_name="TREVIDIC", given_names=["GWENAEL"]),
        found("gwenael", divergences=[])),
    Row("accents added", said("mathurin", birth_name="Boïsgôntiér"), found("mathurin", divergences=[])),
    Row("accented letters as question marks", said("gwenael", birth_name="TR?VIDIC", given_names=["GWENA?L"]),
        found("gwenael")),
    Row("accented letters read in another encoding", said("gwenael", birth_name="TRÃ‰VIDIC", given_names=["GwenaÃ«l"]),
        found("gwenael")),
    Row("accents as combining characters", said("gwenael", birth_name="TRE\u0301VIDIC", given_names=["Gwenae\u0308l"]),
        found("gwenael", divergences=[])),
    Row("apostrophe, double hyphen and accents as recorded", said("ndeye"), found("ndeye", divergences=[])),
    Row("double hyphen as a space", said("ndeye", birth_name="D'HAUTERIVE SEVRIN"), found("ndeye", divergences=[])),
    Row("double hyphen as a hyphen", said("ndeye", birth_name="D'HAUTERIVE-SEVRIN"), found("ndeye", divergences=[])),
    Row("apostrophe as a space", said("ndeye", birth_name="D HAUTERIVE SEVRIN", given_names=["N DEYE"]),
        found("ndeye", divergences=[])),
    Row("apostrophes as typographic ones", said("ndeye", birth_name="D’HAUTERIVE--SEVRIN", given_names=["N’Deye"]),
        found("ndeye", divergences=[])),
    Row("all separators lost", said("ndeye", birth_name="DHAUTERIVESEVRIN", given_names=["NDEYE"]),
        found("ndeye", divergences=[])),
    Row("first part of a double name", said("ndeye", birth_name="D'HAUTERIVE"),
        found("ndeye", divergences=["birth_name"])),
    Row("second part of a double name", said("ndeye", birth_name="SEVRIN"),
        found("ndeye", divergences=["birth_name"])),
    Row("parts of a double name in the other order", said("ndeye", birth_name="SEVRIN D'HAUTERIVE"), found("ndeye")),
    Row("particle lost", said("ndeye", birth_name="HAUTERIVE SEVRIN"), found("ndeye")),
    Row("lower case and spaces around", said("ndeye", birth_name="  d'hauterive--sevrin "),
        found("ndeye", divergences=[])),
]  # fmt: skip

TWICE_REGISTERED = [
    Row("two records of one person", said("julie_1"), refused(*AMBIGUOUS, reason="possible_duplicate")),
    Row("two records of one person, the number of the first", said("julie_1", nir=number("julie_1")),
        found("julie_1", nir_declared="in_force")),
    Row("two records of one person, the number of the second", said("julie_2", nir=number("julie_2")),
        found("julie_2", nir_declared="in_force")),
    Row("two records of one person, an unknown number", said("julie_1", nir="2920499999994"),
        refused(*AMBIGUOUS, reason="possible_duplicate", nir_declared="unknown")),
    Row("two records of one person, one with more given names", said("victor_1"),
        refused(*AMBIGUOUS, reason="possible_duplicate")),
]  # fmt: skip

DECEASED = [
    Row("deceased", said("celestine"), found("celestine", flags=["deceased"])),
    Row("deceased, with number", said("celestine", nir=number("celestine")),
        found("celestine", nir_declared="in_force", flags=["deceased"])),
    Row("a young person under the name of a deceased one", said("celestine", birth_date="1997-01-23"),
        refused(*ABSENT)),
]  # fmt: skip

FALSE_IDENTITIES = [
    Row("somebody's number with another registered person's traits", said("mathurin", nir=number("gwenael")),
        found("mathurin", nir_declared="conflict", reason="number_conflict", divergences=["nir"])),
    Row("somebody's number with the traits of a person not registered",
        {"nir": number("gwenael"), "birth_name": "TOURNEMINE", "given_names": ["Erwan"], "birth_date": "1974-12-03",
         "birth_place": {"code": PLACES["LYON"]}}, refused(*ABSENT, reason="number_conflict", nir_declared="conflict")),
    Row("somebody's number and surname with another's given name and date",
        said("gwenael", nir=number("gwenael"), given_names=["Erwan"], birth_date="1974-12-03"),
        refused(*ABSENT, reason="number_conflict", nir_declared="conflict")),
    Row("somebody's number and given name with another's surname and date",
        said("gwenael", nir=number("gwenael"), birth_name="TOURNEMINE", birth_date="1974-12-03"), refused()),
    Row("somebody's number and date with another's surname and given name",
        said("gwenael", nir=number("gwenael"), birth_name="TOURNEMINE", given_names=["Erwan"], birth_place=None),
        refused()),
    Row("somebody's number, surname and given name with another's date and place",
        said("gwenael", nir=number("gwenael"), birth_date="1974-12-03", birth_place={"code": PLACES["LYON"]}),
        refused()),
    Row("somebody's number of which the key fails with another's traits",
        said("mathurin", nir=mistyped(keyed(number("gwenael")), 4)), found("mathurin", nir_declared="unusable")),
    Row("somebody's number of which the key fails with the traits of a person not registered",
        {"nir": mistyped(keyed(number("gwenael")), 4), "birth_name": "TOURNEMINE", "given_names": ["Erwan"],
         "birth_date": "1974-12-03"}, refused(*ABSENT, nir_declared="unusable")),
    Row("a former number of somebody with the traits of a person not registered",
        {"nir": "1530899999901", "birth_name": "TOURNEMINE", "given_names": ["Erwan"], "birth_date": "1974-12-03"},
        refused(*ABSENT, reason="number_conflict", nir_declared="conflict")),
    Row("surname of one registered person and given name and date of another",
        said("gwenael", birth_name="BOISGONTIER", birth_place=None), found_or_refused("gwenael")),
]  # fmt: skip

TOO_LITTLE = [
    Row("a surname alone", {"birth_name": "MARTIN"}, refused("insufficient", nir_declared="absent")),
    Row("a given name alone", {"given_names": ["Marie"]}, refused("insufficient")),
    Row("a date alone", {"birth_date": "1961-05-23"}, refused("insufficient")),
    Row("a place alone", {"birth_place": {"code": PLACES["PARIS"]}}, refused("insufficient")),
    Row("a sex alone", {"sex": "F"}, refused("insufficient")),
    Row("common surname and given name", {"birth_name": "MARTIN", "given_names": ["Marie"]},
        refused("insufficient", "ambiguous")),
    Row("given name and place", {"given_names": ["Marie"], "birth_place": {"code": PLACES["PARIS"]}},
        refused("insufficient", "ambiguous")),
    Row("sex, year and place", {"sex": "F", "birth_date": "1952", "birth_place": {"code": PLACES["PARIS"]}},
        refused("insufficient", "ambiguous", "not_found", "too_distant")),
    Row("common given name and date", {"given_names": ["Marie"], "birth_date": "1952-08-18"},
        found_or_refused("marie_martin")),
    Row("a number that cannot be read alone", {"nir": "123"}, refused("insufficient", nir_declared="unusable")),
    Row("a name that is none alone", {"birth_name": "INCONNU"}, refused("insufficient")),
    Row("nothing at all", {}, refused("invalid")),
]  # fmt: skip

ROWS = [
    *PLAIN, *USAGE_NAMES, *GIVEN_NAMES, *LENT_NUMBERS, *NUMBERS, *TRIPLETS, *COMMON_AND_RARE, *NO_SURNAME,
    *SHORT_AND_LONG, *PARTIAL_DATES, *NOT_REGISTERED, *SWAPPED, *PLACES_THROUGH_TIME, *TRANSLITERATIONS,
    *FORMER_VALUES, *TITLES, *OTHER_GENDER, *SLIPS, *SCANS, *CHARACTERS, *TWICE_REGISTERED, *DECEASED,
    *FALSE_IDENTITIES, *TOO_LITTLE,
]  # fmt: skip

FEW_OF_A_COUNTRY = "of the few persons whom this register knows in one country, each shares too much with the others"
NOT_YET = {
    "given names misspelt and in another order": "of two given names that agree only one counts, the common one",
    "a surname of more than fifty letters, cut to thirty": "a surname cut short reads as another one",
    "born in Oran, the code of today without label": FEW_OF_A_COUNTRY,
    "born in Rufisque, the code of today": FEW_OF_A_COUNTRY,
    "Vietnamese given name without the middle name": FEW_OF_A_COUNTRY,
    "El Hadj before the given name": FEW_OF_A_COUNTRY,
}

# --- The tests --------------------------------------------------------------------------------------------------------


class AnotherPerson(Exception):
    """An identity that is not the person asked about: worse than any refusal."""


class Told(NamedTuple):
    """What one engine answered: every row in one batch, each row alone, and each where no step is ever spared."""

    together: dict[str, bytes]
    alone: dict[str, bytes]
    thorough: dict[str, bytes]


AskedOf = Callable[[str], Told]


@pytest.fixture(scope="module")
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AskedOf:
    """Build the register once for each engine and ask it everything; nothing is left of it."""

    @cache
    def of(name: str) -> Told:
        folder = tmp_path_factory.mktemp("register")
        url = request.getfixturevalue("opensearch_url") if name == "opensearch" else ""
        return asyncio.run(ask_everything(name, folder, url))

    return of


async def ask_everything(name: str, folder: Path, url: str) -> Told:
    alias = random_alias()
    engine: Engine = (
        EmbeddedEngine(folder, alias)
        if name == "embedded"
        else OpenSearchEngine(url, alias, search_timeout_s=PATIENT_S)
    )
    try:
        report = await build_lines(engine, [orjson.dumps(one) for one in REGISTER])
        assert report.identities == len(REGISTER)
        identifier = Identifier(engine)
        asked = {row.sentence: read_question(row.question) for row in ROWS}
        together = await identifier.identify(list(asked.values()))
        alone = {}
        if name == "embedded":
            alone = {key: (await identifier.identify([question]))[0].to_json() for key, question in asked.items()}
        answers = {key: answer.to_json() for key, answer in zip(asked, together, strict=True)}
        careful = replace(identifier.model, decision=replace(identifier.model.decision, unseen_rivals=0.0))
        found = await Identifier(engine, careful).identify(list(asked.values()))
        return Told(answers, alone, {key: answer.to_json() for key, answer in zip(asked, found, strict=True)})
    finally:
        await remove_all(engine)


def marked(row: Row) -> Any:
    """A row that waits merely refuses: that it names another person is a failure always."""
    why_not = NOT_YET.get(row.sentence)
    marks = [pytest.mark.xfail(strict=True, raises=AssertionError, reason=why_not)] if why_not else []
    return pytest.param(row, id=row.sentence, marks=marks)


@pytest.mark.parametrize("row", [marked(row) for row in ROWS])
@pytest.mark.parametrize("engine_name", ENGINES)
def test_the_answer_is_that_of_a_careful_registrar(told: AskedOf, engine_name: str, row: Row) -> None:
    answer = orjson.loads(told(engine_name).together[row.sentence])
    expected, identity = row.expected, answer["identity"]
    if identity and identity["id"] != expected.identity:
        raise AnotherPerson(identity["id"])
    assert answer["outcome"] in expected.outcomes
    assert (identity is not None) == (answer["outcome"] == "identified")
    assert {field: answer[field] for field in expected.fields} == expected.fields
    if "nir" not in row.question and "nir" not in row.question.get("former", {}):
        assert answer["nir_declared"] in ("absent", None)
    if identity is None:
        assert (answer["divergences"], answer["flags"]) == ([], [])


def test_both_engines_gave_the_same_bytes(told: AskedOf) -> None:
    first, second = ([orjson.loads(a) | {"index": ""} for a in told(name).together.values()] for name in ENGINES)
    assert [orjson.dumps(answer) for answer in first] == [orjson.dumps(answer) for answer in second]


def test_a_row_asked_alone_has_the_answer_that_it_has_among_the_others(told: AskedOf) -> None:
    assert told("embedded").alone == told("embedded").together


SETTLED_BY_STEP = ("path", "confidence")
"""What a step that is spared leaves otherwise: fewer of the registered persons were found."""


@pytest.mark.parametrize("engine_name", ENGINES)
def test_whoever_the_keys_alone_settle_is_whom_the_whole_search_finds(told: AskedOf, engine_name: str) -> None:
    def of(answers: dict[str, bytes]) -> dict[str, dict[str, Any]]:
        return {
            key: {field: value for field, value in orjson.loads(answer).items() if field not in SETTLED_BY_STEP}
            for key, answer in answers.items()
        }

    found = told(engine_name)
    assert of(found.together) == of(found.thorough)
    assert '"path":"keys"' not in str(found.thorough)


def test_each_situation_has_one_sentence() -> None:
    sentences = [row.sentence for row in ROWS]
    assert len(set(sentences)) == len(sentences)
    assert NOT_YET.keys() <= set(sentences)
