"""The names of the fields of an index, once."""

KEYS = "keys"
NIRS = "nirs"
PAYLOAD = "payload"
NAMES = "names"
GIVEN = "given"
YEAR = "year"
MONTH = "month"
DAY = "day"
DEPARTMENT = "department"
PLACE = "place"

FR2 = "fr2"
SKXS = "skxs"
"""Sub-fields of `names` and `given`: the codes of a name's spans by each phonetic chain."""


def sub_field(field: str, chain: str) -> str:
    return f"{field}.{chain}"
