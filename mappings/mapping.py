"""The shape of an index in OpenSearch: strict mapping and settings."""

from typing import Any

from analyzers.settings import analysis_settings
from mappings import fields

_TERMS = {"type": "keyword", "index_options": "docs", "norms": False, "doc_values": False}


def _analysed(analyzer: str) -> dict[str, Any]:
    return {"type": "text", "analyzer": analyzer, "index_options": "docs", "norms": False}


def _name_field() -> dict[str, Any]:
    sub_fields = {chain: _analysed(f"name_{chain}") for chain in (fields.FR2, fields.SKXS)}
    return _analysed("name_joined") | {"fields": sub_fields}


def identity_mapping(meta: dict[str, Any]) -> dict[str, Any]:
    return {
        "dynamic": "strict",
        "_source": {"enabled": False},
        "_meta": meta,
        "properties": {
            fields.KEYS: _TERMS,
            fields.NIRS: _TERMS,
            fields.PAYLOAD: {"type": "keyword", "index": False, "doc_values": True, "norms": False},
            fields.NAMES: _name_field(),
            fields.GIVEN: _name_field(),
            fields.YEAR: _TERMS,
            fields.MONTH: _TERMS,
            fields.DAY: _TERMS,
            fields.DEPARTMENT: _TERMS,
            fields.PLACE: _analysed("place_label"),
        },
    }


def identity_settings() -> dict[str, Any]:
    """Settings of a build under way: no refresh, no replica, no request cache; one shard until a node is full."""
    return {
        "index": {
            "number_of_shards": 1,
            "number_of_replicas": 0,
            "refresh_interval": "-1",
            "requests.cache.enable": False,
            "search.concurrent_segment_search.mode": "none",
            "translog.durability": "async",
        },
        "analysis": analysis_settings(),
    }


STATISTICS_MAPPING: dict[str, Any] = {
    "dynamic": "strict",
    "properties": {"data": {"type": "binary"}, "more": {"type": "integer", "index": False}},
}
