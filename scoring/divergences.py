"""Where what was declared differs from the official value in force, even if another value of the person matched."""

from analyzers.dates import PartialDate
from analyzers.identity import Query, Record
from analyzers.nir import same_nir
from analyzers.places import Place
from scoring.model import Criterion


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
    """The same place under another code of its own, or under that of the place which holds it, does not differ."""
    if declared is None or official is None:
        return False
    if declared.commune in official.lineage or official.commune in declared.lineage:
        return False
    pairs = [(declared.commune, official.commune), (declared.town, official.town), (declared.nation, official.nation)]
    return next((asked != known for asked, known in pairs if asked and known), False)
