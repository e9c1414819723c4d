"""Questions to OpenSearch: pure functions from values to the bodies that are sent."""

from collections.abc import Sequence
from typing import Any

from analyzers.names import slips_allowed
from mappings import fields
from retrieval.protocol import WIDE_TRAITS, WideSearch

Body = dict[str, Any]


def _payloads_only(query: Body, size: int) -> Body:
    """Constant score, no count, no stored field: the payload comes from doc values."""
    return {
        "query": {"constant_score": {"filter": query}},
        "size": size,
        "_source": False,
        "stored_fields": "_none_",
        "docvalue_fields": [fields.PAYLOAD],
        "track_total_hits": False,
        "sort": ["_doc"],
    }


def holders_query(field: str, terms: Sequence[str], size: int) -> Body:
    return _payloads_only({"terms": {field: list(terms)}}, size)


def holders_count_query(key: str) -> Body:
    return {"query": {"term": {fields.KEYS: key}}, "size": 0, "track_total_hits": True}


def wide_query(search: WideSearch, size: int) -> Body | None:
    """Return the search on the analysed fields, None when too little is said to ask it.

    Fuzzy terms are rewritten to a constant score: the default keeps the 50 first expansions and drops the others
    without a word.
    """
    name = _near(
        fields.NAMES,
        search.names,
        {
            fields.sub_field(fields.NAMES, fields.FR2): search.name_fr2,
            fields.sub_field(fields.NAMES, fields.SKXS): search.name_skxs,
        },
    )
    given = _terms(fields.sub_field(fields.GIVEN, fields.FR2), search.given_fr2)
    year, month, day = (
        _terms(field, values)
        for field, values in ((fields.YEAR, search.years), (fields.MONTH, search.months), (fields.DAY, search.days))
    )
    place = _any([_terms(fields.DEPARTMENT, search.departments), _terms(fields.PLACE, search.places)])
    traits = [trait for trait in (given, month, day, place) if trait]
    ways = []
    if name and traits and len(traits) + bool(year) >= WIDE_TRAITS:
        least = min(WIDE_TRAITS, len(traits))
        filters = [name, *([year] if year and len(traits) < WIDE_TRAITS else [])]
        ways.append({"bool": {"filter": filters, "should": traits, "minimum_should_match": least}})
    query = _any(ways)
    return _payloads_only(query, size) if query else None


def _near(field: str, names: Sequence[str], codes: dict[str, Sequence[str]]) -> Body | None:
    return _any([*(_fuzzy(field, name) for name in names), *(_terms(coded, values) for coded, values in codes.items())])


def _fuzzy(field: str, name: str) -> Body:
    return {"fuzzy": {field: {"value": name, "fuzziness": slips_allowed(len(name)), "rewrite": "constant_score"}}}


def _terms(field: str, values: Sequence[str]) -> Body | None:
    return {"terms": {field: list(values)}} if values else None


def _any(queries: Sequence[Body | None]) -> Body | None:
    present = [query for query in queries if query]
    return {"bool": {"should": present, "minimum_should_match": 1}} if present else None
