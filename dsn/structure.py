"""Structural controls of a DSN file: envelope, order and number of blocks, totals. They report, and stop nothing."""

from dataclasses import dataclass, field

from dsn.codes import Finding, FindingCode
from dsn.findings import Findings

_ENVELOPE = (b"S10.G00.00", b"S10.G00.01", b"S10.G00.02")
_DECLARATION, _COMPANY, _ESTABLISHMENT = b"S20.G00.05", b"S21.G00.06", b"S21.G00.11"
_INDIVIDUAL, _CHANGE, _END = b"S21.G00.30", b"S21.G00.31", b"S90.G00.90"
_BEFORE = {
    _ENVELOPE[1]: _ENVELOPE[0],
    _ENVELOPE[2]: _ENVELOPE[1],
    _DECLARATION: _ENVELOPE[2],
    _COMPANY: _DECLARATION,
    _ESTABLISHMENT: _COMPANY,
    _INDIVIDUAL: _ESTABLISHMENT,
    _CHANGE: _INDIVIDUAL,
}
"""The block that each one stands under or after."""
_ONCE = frozenset((*_ENVELOPE, _COMPANY, _END))
_KNOWN = frozenset((*_BEFORE, *_ONCE))
_OF_A_DECLARATION = frozenset((_COMPANY, _ESTABLISHMENT, _INDIVIDUAL, _CHANGE))


@dataclass(slots=True)
class Structure:
    """Follows the blocks of a file in their order.

    `rubrics` counts the readable lines, `declarations` the S20.G00.05.
    """

    findings: Findings
    rubrics: int = 0
    declarations: int = 0
    _seen: set[bytes] = field(default_factory=set)

    def enter(self, block: bytes, line: int) -> None:
        """A block begins; only the blocks that the controls know are looked at."""
        if _END in self._seen and block != _END and "APRES_LA_FIN" not in self.findings.counts:
            self._find("APRES_LA_FIN", line)
        if block not in _KNOWN:
            return
        if block == _DECLARATION:
            self.declarations += 1
            self._seen -= _OF_A_DECLARATION
        before = _BEFORE.get(block)
        if before is not None and before not in self._seen:
            self._find("BLOC_HORS_PLACE", line, block)
        if block in _ONCE and block in self._seen:
            self._find("BLOC_REPETE", line, block)
        self._seen.add(block)
        if block == _ESTABLISHMENT:
            self._seen -= {_INDIVIDUAL, _CHANGE}

    def end(self, totals: dict[bytes, bytes], totals_line: int, last_line: int) -> None:
        """The file ends: compare it with the totals of its S90.G00.90."""
        for block in (*_ENVELOPE, _DECLARATION):
            if block not in self._seen:
                self._find("BLOC_ABSENT", last_line, block)
        if _END not in self._seen:
            self._find("FICHIER_TRONQUE", last_line, _END)
            return
        counted: tuple[tuple[bytes, int, FindingCode], ...] = (
            (b"001", self.rubrics, "TOTAL_RUBRIQUES"),
            (b"002", self.declarations, "TOTAL_DSN"),
        )
        for number, count, code in counted:
            said = totals.get(number, b"").strip()
            if not said.isdigit() or len(said) > 20 or int(said) != count:
                self._find(code, totals_line, _END, number)

    def _find(self, code: FindingCode, line: int, block: bytes | None = None, number: bytes | None = None) -> None:
        parts = [part.decode() for part in (block, number) if part]
        self.findings.add(Finding(code, line, ".".join(parts) or None))
