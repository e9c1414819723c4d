"""The OpenSearch analysis settings, made from the tables that Python reads."""

from typing import Any

from analyzers.fold import fold_table
from analyzers.names import name_tables
from analyzers.phonetics import rule_table


def analysis_settings() -> dict[str, Any]:
    """Return the `analysis` block: `name_joined`, `name_fr2`, `name_skxs`, `place_label`, and what they are made of."""
    tables = name_tables()
    rules = {
        f"{chain}_{number:02d}_{rule.id}": {
            "type": "pattern_replace",
            "pattern": rule.pattern,
            "replacement": rule.replacement,
        }
        for chain, chain_rules in rule_table().chains.items()
        for number, rule in enumerate(chain_rules, start=1)
    }
    return {
        "char_filter": {
            "fold": {"type": "mapping", "mappings": _mappings(fold_table())},
            "digits": {"type": "mapping", "mappings": _mappings(dict(tables.digits))},
            "join": {"type": "pattern_replace", "pattern": "[^A-Z]+", "replacement": ""},
            "spaces": {"type": "pattern_replace", "pattern": "[^A-Z0-9]+", "replacement": " "},
        },
        "tokenizer": {"letters": {"type": "simple_pattern", "pattern": "[A-Z]+"}},
        "filter": {
            "spans": {
                "type": "shingle",
                "min_shingle_size": 2,
                "max_shingle_size": tables.longest_particle_run,
                "token_separator": "",
                "output_unigrams": True,
            },
            "long_enough": {"type": "length", "min": tables.shortest_part},
            "particles": {"type": "stop", "stopwords": sorted(tables.particles)},
            "not_empty": {"type": "length", "min": 1},
            "trimmed": {"type": "trim"},
            **rules,
        },
        "analyzer": {
            "name_joined": {
                "type": "custom",
                "char_filter": ["fold", "digits", "join"],
                "tokenizer": "keyword",
                "filter": ["not_empty"],
            },
            "place_label": {
                "type": "custom",
                "char_filter": ["fold", "spaces"],
                "tokenizer": "keyword",
                "filter": ["trimmed", "not_empty"],
            },
        }
        | {f"name_{chain}": _phonetic_analyzer(chain, rules) for chain in rule_table().chains},
    }


def _mappings(table: dict[str, str]) -> list[str]:
    return [f"\\u{ord(letter):04X} => {capitals}" for letter, capitals in table.items()]


def _phonetic_analyzer(chain: str, rules: dict[str, Any]) -> dict[str, Any]:
    steps = [name for name in rules if name.startswith(f"{chain}_")]
    return {
        "type": "custom",
        "char_filter": ["fold", "digits"],
        "tokenizer": "letters",
        "filter": ["spans", "long_enough", "particles", *steps, "not_empty", "unique"],
    }
