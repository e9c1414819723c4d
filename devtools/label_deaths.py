"""Label real pairs by strict rules that know nothing of the weights: what `sngi evaluate` then asks.

    python -m devtools.label_deaths DEATHS CLIENTS -o FOLDER
    sngi evaluate FOLDER/register.ndjson FOLDER/questions.ndjson

A client and a deceased person are one when normalised surname, first given name and whole date of birth are equal and
nobody else in either file has these three. Half of the deceased so labelled are left out of the register: their
questions are about persons known to be absent. Each pair is asked with all that the client file says, and again with
the year of birth alone, without the place, and without the given names.
"""

import argparse
import csv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from analyzers.fold import fold_letters
from evaluation.declarations import Labelled
from evaluation.names import text_lines

Person = dict[str, Any]


def rows(path: Path) -> Iterator[dict[str, str]]:
    return csv.DictReader(text_lines(path), delimiter=";")


def date_of(text: str) -> str:
    day, month, year = text.split("/")
    return f"{year}-{month}-{day}"


def person_of(name: str, given: str, born: str, place: str) -> Person:
    person: Person = {"birth_name": name, "given_names": given.split(), "birth_date": date_of(born)}
    return person | ({"birth_place": {"label": place}} if place.strip() else {})


def traits_of(person: Person) -> tuple[str, str, str] | None:
    if not person["given_names"] or "00" in person["birth_date"][5:]:
        return None
    return fold_letters(person["birth_name"]), fold_letters(person["given_names"][0]), person["birth_date"]


def unique(persons: list[Person]) -> dict[tuple[str, str, str], int]:
    """Return the position of each person whose three traits nobody else has."""
    traits = [traits_of(person) for person in persons]
    counts = Counter(traits)
    return {found: place for place, found in enumerate(traits) if found and counts[found] == 1}


def questions(person: Person) -> Iterator[tuple[str, Person]]:
    """Yield a question with all that was said, and others that say less."""
    yield "all that was said", person
    yield "the year of birth alone", person | {"birth_date": person["birth_date"][:4]}
    for hidden in ("birth_place", "given_names"):
        if hidden in person:
            yield f"without the {hidden.replace('_', ' ')}", {k: v for k, v in person.items() if k != hidden}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("deaths", type=Path)
    parser.add_argument("clients", type=Path)
    parser.add_argument("-o", dest="output", type=Path, required=True)
    arguments = parser.parse_args()
    deaths = [
        person_of(row["DCD_NOM"], row["DCD_PRENOMS"], row["DCD_DATE_NAISSANCE"], row["DCD_COMMUNE_NAISSANCE"])
        for row in rows(arguments.deaths)
    ]
    clients = [
        person_of(row["Nom"], row["Prenom"], row["Date"], row["Lieu"]) for row in rows(arguments.clients) if row["Nom"]
    ]
    of_deaths, of_clients = unique(deaths), unique(clients)
    pairs = sorted((of_deaths[traits], of_clients[traits]) for traits in of_deaths.keys() & of_clients.keys())
    left_out = {dead for dead, _ in pairs[::2]}
    arguments.output.mkdir(parents=True, exist_ok=True)
    with (arguments.output / "register.ndjson").open("wb") as register:
        for place, person in enumerate(deaths):
            if place not in left_out:
                register.write(orjson.dumps({"id": f"D{place:06d}", **person}) + b"\n")
    with (arguments.output / "questions.ndjson").open("wb") as asked:
        for dead, client in pairs:
            truth = None if dead in left_out else f"D{dead:06d}"
            for kind, question in questions(clients[client]):
                kind = kind if truth else f"absent: {kind}"
                born = int(deaths[dead]["birth_date"][:4])
                asked.write(orjson.dumps(Labelled(kind, truth, "real", born, question)) + b"\n")
    print(
        f"{len(deaths) - len(left_out):,} registered, {len(pairs):,} pairs labelled, {len(left_out):,} of them absent"
    )


if __name__ == "__main__":
    main()
