"""A register of invented persons and questions about them, in memory: what small benchmarks ask."""

import orjson

from evaluation.declarations import TRAITS_ONLY, Declarations, Mix
from evaluation.names import invented_names
from evaluation.places import invented_places
from evaluation.population import Population


def invent(identities: int, questions: int) -> tuple[list[bytes], list[list[bytes]]]:
    """Return register lines, and questions about registered persons with their number and without."""
    places = invented_places()
    families = list(Population(invented_names(1), places, 1).families(identities))
    register = [orjson.dumps(person.record) for family in families for person in family.persons]
    asked = []
    for with_number in (1.0, 0.0):
        mix = Mix(f"bench {with_number}", absent=0.0, with_number=with_number, shares=TRAITS_ONLY.shares)
        declarations = Declarations(mix, places, 1)
        chosen = families[:: max(1, len(families) // questions)][:questions]
        labelled = [declarations.about(family.persons[0], family) for family in chosen]
        asked.append(
            [
                orjson.dumps(one.query | {"reference": family.persons[0].record["id"]})
                for one, family in zip(labelled, chosen, strict=True)
            ]
        )
    return register, asked
