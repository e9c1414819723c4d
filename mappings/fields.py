"""The names of the fields of an index, once."""

ID = "id"
KEYS = "keys"
NIRS = "nirs"
PAYLOAD = "payload"
NAMES = "names"
SLIPS = "slips"
PAIRS = "pairs"

REVISION_KEY = "@revision"
"""What the one document that is no identity has as its key; its payload is the number of the last change."""

FR2 = "fr2"
SKXS = "skxs"
"""Sub-fields of `names`: the codes of a surname's spans by each phonetic chain."""


def sub_field(field: str, chain: str) -> str:
    return f"{field}.{chain}"
