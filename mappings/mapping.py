"""The shape of an index in OpenSearch: strict mapping and settings."""

from typing import Any

from analyzers.settings import analysis_settings
from mappings import fields

_TERMS = {"type": "keyword", "index_options": "docs", "norms": False, "doc_values": False}


def _analysed(analyzer: str) -> dict[str, Any]:
    return {"type": "text", "analyzer": analyzer, "index_options": "docs", "norms": False}


def identity_mapping(meta: dict[str, Any]) -> dict[str, Any]:
    return {
        "dynamic": "strict",
        "_source": {"enabled": False},
        "_meta": meta,
        "properties": {
            fields.KEYS: _TERMS,
            fields.NIRS: _TERMS,
            fields.PAYLOAD: {"type": "keyword", "index": False, "doc_values": True, "norms": False},
            fields.NAMES: _analysed("name_fr2") | {"fields": {fields.SKXS: _analysed("name_skxs")}},
            fields.SLIPS: _TERMS,
            fields.PAIRS: _TERMS,
        },
    }


def identity_settings() -> dict[str, Any]:
    """Settings of a build under way: no refresh, no replica, no request cache; one shard until a node is full.

    Identities are kept in the order of their payload, which begins with the name: those of near surnames lie together,
    and a wide search passes over all others of a pair at once.
    """
    return {
        "index": {
            "sort.field": [fields.PAYLOAD],
            "number_of_shards": 1,
            "number_of_replicas": 0,
            "refresh_interval": "-1",
            "requests.cache.enable": False,
            "search.concurrent_segment_search.mode": "none",
            "translog.durability": "async",
            "store.stats_refresh_interval": "0s",
        },
        "analysis": analysis_settings(),
    }


SERVED_SETTINGS: dict[str, Any] = {"index": {"translog.durability": "request", "auto_expand_replicas": "0-1"}}
"""Of a finished build: what is acknowledged is safe, and another node, if there is one, holds a copy."""

STATISTICS_SETTINGS: dict[str, Any] = {"index": {"auto_expand_replicas": "0-1"}}
STATISTICS_MAPPING: dict[str, Any] = {
    "dynamic": "strict",
    "properties": {"data": {"type": "binary"}, "more": {"type": "integer", "index": False}},
}
