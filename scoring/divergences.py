"""Where what was declared differs from the official value in force, even if another value of the person matched."""

from analyzers.dates import PartialDate
from analyzers.identity import Query, Record
from analyzers.nir import same_nir
from analyzers.places import Place
from scoring.model import Criterion

_ARRONDISSEMENTS = {"751": "75056", "6938": "69123", "132": "13055"}
"""How the codes of the arrondissements of a city begin, and its own."""


def divergences(query: Query, record: Record) -> tuple[Criterion, ...]:
    found: dict[Criterion, bool] = {
        "nir": _nir_differs(query, record),
        "birth_name": _birth_name_differs(query, record),
        "usage_name": _usage_name_differs(query, record),
        "given_names": _given_names_differ(query, record),
        "sex": bool(query.sex and record.sex and query.sex != record.sex),
        "birth_date": _date_differs(query.birth_date, record.birth_date),
        "birth_place": _place_differs(query.birth_place, record.birth_place),
    }
    return tuple(criterion for criterion, differs in found.items() if differs)


def _nir_differs(query: Query, record: Record) -> bool:
    return bool(query.nir and record.nir and (query.nir.key_failed or not same_nir(query.nir.body, record.nir)))


def _birth_name_differs(query: Query, record: Record) -> bool:
    return bool(query.birth_name and record.birth_name and query.birth_name.joined != record.birth_name.joined)


def _usage_name_differs(query: Query, record: Record) -> bool:
    if query.usage_name is None or not record.usage_names:
        return False
    known = (*record.usage_names, *((record.birth_name,) if record.birth_name else ()))
    return all(query.usage_name.joined != name.joined for name in known)


def _given_names_differ(query: Query, record: Record) -> bool:
    """Fewer given names than in the civil record are not another person's."""
    declared = "".join(name.joined for name in query.given_names)
    official = "".join(name.joined for name in record.given_names)
    return bool(declared and official and not official.startswith(declared))


def _date_differs(declared: PartialDate | None, official: PartialDate | None) -> bool:
    if declared is None or official is None:
        return False
    return any(asked and asked != known for asked, known in zip(declared, official, strict=True))


def _place_differs(declared: Place | None, official: Place | None) -> bool:
    if declared is None or official is None:
        return False
    pairs = [(declared.commune, official.commune), (declared.town, official.town), (declared.nation, official.nation)]
    asked, known = next(((asked, known) for asked, known in pairs if asked and known), (None, None))
    return asked != known and _whole(asked) != known and _whole(known) != asked


def _whole(code: str | None) -> str | None:
    """Return the city of an arrondissement, and the code of a Corsican commune before the island was divided."""
    if code is None:
        return None
    city = next((city for begins, city in _ARRONDISSEMENTS.items() if code.startswith(begins)), code)
    return f"20{city[2:]}" if city[:2] in ("2A", "2B") else city
