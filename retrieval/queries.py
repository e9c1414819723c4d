"""Questions to OpenSearch: pure functions from values to the bodies that are sent."""

from collections.abc import Sequence
from itertools import starmap
from typing import Any

from mappings import fields
from retrieval.protocol import WideSearch

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


_REVISION: Body = {"term": {fields.KEYS: fields.REVISION_KEY}}
"""The document that says the last change: it comes with what is searched, so that a search says what it saw."""


def holders_query(field: str, terms: Sequence[str], size: int) -> Body:
    return _payloads_only(_any([_terms(field, terms), _REVISION]), size)


def revision_query() -> Body:
    return _payloads_only(_REVISION, 1)


def payloads_query(ids: Sequence[str]) -> Body:
    return _payloads_only({"ids": {"values": list(ids)}}, len(ids))


def every_payload_query(size: int) -> Body:
    """Every identity, counted: all but the document that says the revision."""
    query = {"bool": {"must_not": [_REVISION]}}
    return _payloads_only(query, size) | {"track_total_hits": True}


def holders_count_query(key: str) -> Body:
    return {"query": {"term": {fields.KEYS: key}}, "size": 0, "track_total_hits": True}


def wide_query(search: WideSearch, size: int) -> Body:
    """Return the search for surnames near the declared ones, or for keys, beside other traits."""
    terms = {
        fields.NAMES: search.fr2,
        fields.sub_field(fields.NAMES, fields.SKXS): search.skxs,
        fields.SLIPS: search.slips,
        fields.KEYS: search.keys,
    }
    near = _any([_terms(field, values) for field, values in terms.items() if values])
    found = [{"bool": {"filter": [near, *starmap(_terms, held)]}} for held in search.beside]
    return _payloads_only(_any([*found, _REVISION]), size)


def _terms(field: str, values: Sequence[str]) -> Body:
    return {"terms": {field: list(values)}}


def _any(queries: list[Body]) -> Body:
    return {"bool": {"should": queries, "minimum_should_match": 1}}
