"""Invented persons of whom several tests speak: one, the father, and somebody else."""

from dataclasses import replace

from analyzers.dates import PartialDate
from analyzers.identity import Record
from analyzers.names import read_name, read_names
from analyzers.places import read_place

PERSON = Record(
    id="P1",
    nir="1560399999101",
    sex="M",
    birth_name=read_name("LE GOFF"),
    given_names=read_names(["YANN"]),
    birth_date=PartialDate(1956, 3, 4),
    birth_place=read_place("29019", "BREST"),
)
FATHER = replace(
    PERSON, id="P5", nir="1280299999103", birth_date=PartialDate(1928, 2, 5), given_names=read_names(["JOB"])
)
STRANGER = Record(
    id="P6",
    sex="M",
    birth_name=read_name("DUPONT"),
    given_names=read_names(["MARC"]),
    birth_date=PartialDate(1960, 7, 8),
    birth_place=read_place("75056", "PARIS"),
)
