"""Verification: a number and a name, confirmed together or not at all. It never says which of the two failed."""

from dataclasses import dataclass
from typing import Any, Literal

from analyzers.names import read_name
from analyzers.nir import InvalidNir, nir_term, read_nir, same_nir
from identification.answers import NirDeclared, public_record
from identification.cascade import Identifier
from mappings.payload import decode_record
from retrieval.protocol import Retrieval
from scoring.comparisons import best_surname

_CONFIRMING = ("exact", "part", "phonetic")


@dataclass(frozen=True, slots=True)
class Verification:
    result: Literal["confirmed", "not_confirmed"]
    identity: dict[str, Any] | None = None
    nir_declared: NirDeclared | None = None


async def verify(identifier: Identifier, retrieval: Retrieval, nir: str, birth_name: str) -> Verification:
    """Confirm that the holder of a number bears, or bore, this name. Raises what `Identifier.identify` raises.

    `nir_declared` is said when confirmed, or when the number cannot be read, which needs no register to know.
    """
    name = read_name(birth_name)
    try:
        declared = read_nir(nir)
    except InvalidNir:
        return Verification("not_confirmed", nir_declared="unusable")
    if declared.key_failed:
        return Verification("not_confirmed", nir_declared="unusable")
    payloads = await identifier.at_one_moment(
        lambda build: retrieval.holders(build.position, "nirs", [nir_term(declared.body)])
    )
    holders = [
        record for record in map(decode_record, payloads) if any(same_nir(declared.body, held) for held in record.nirs)
    ]
    if name is None or len(holders) != 1 or not holders[0].surnames:
        return Verification("not_confirmed")
    record = holders[0]
    agreement, _ = best_surname(name, record.surnames)
    if agreement.level not in _CONFIRMING:
        return Verification("not_confirmed")
    in_force = record.nir is not None and same_nir(declared.body, record.nir)
    pending: NirDeclared = "pending" if record.nir_status == "pending" else "in_force"
    return Verification("confirmed", public_record(record), pending if in_force else "former")
