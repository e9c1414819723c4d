"""Slips of the pen, the keyboard, the scanner and the ear: one text in, one other text out."""

import re
from collections.abc import Callable
from random import Random

Slip = Callable[[str, Random], str]

_ROWS = ("AZERTYUIOP", "QSDFGHJKLM", "WXCVBN")
_NEIGHBOURS = {
    letter: "".join(row[i] for i in (at - 1, at + 1) if 0 <= i < len(row))
    for row in _ROWS
    for at, letter in enumerate(row)
}
_SCANNED = (
    ("RN", "M"),
    ("M", "RN"),
    ("I", "L"),
    ("L", "I"),
    ("O", "Q"),
    ("U", "V"),
    ("C", "G"),
    ("E", "F"),
    ("H", "N"),
)
_SOUNDS = (
    ("PH", "F"), ("F", "PH"), ("Y", "I"), ("I", "Y"), ("EAU", "O"), ("AU", "O"), ("AULT", "AUD"), ("AUD", "AULT"),
    ("K", "C"), ("QU", "K"), ("C", "K"), ("SS", "S"), ("NN", "N"), ("N", "NN"), ("LL", "L"), ("L", "LL"), ("TT", "T"),
    ("T", "TT"), ("TH", "T"), ("T", "TH"), ("ER", "EZ"), ("EZ", "ER"), ("S", "Z"), ("Z", "S"), ("AI", "E"),
    ("OU", "OO"), ("EL", "ELLE"), ("IN", "AIN"), ("EN", "AN"), ("AN", "EN"), ("RR", "R"), ("R", "RR"), ("H", ""),
)  # fmt: skip
_ENDINGS = (
    ("S", ""),
    ("T", ""),
    ("D", "T"),
    ("T", "D"),
    ("E", ""),
    ("", "E"),
    ("", "S"),
    ("", "T"),
    ("X", ""),
    ("X", "S"),
)
_ROMANISED = (
    ("OU", "U"), ("U", "OU"), ("KH", "K"), ("GH", "R"), ("EE", "I"), ("CH", "SH"), ("SH", "CH"), ("DJ", "J"),
    ("J", "DJ"), ("A", "E"), ("E", "A"), ("I", "Y"), ("MM", "M"), ("M", "MM"), ("DD", "D"), ("S", "SS"), ("AA", "A"),
    ("H", ""), ("EL ", "AL "), ("BEN ", "BEN"), ("BEN", "BEN "), ("Y", "I"), ("K", "C"), ("OO", "OU"),
)  # fmt: skip


def typed(text: str, chance: Random) -> str:
    """One key wrong: a neighbour, a letter left out, doubled, or two in the wrong order; the first letter rarely."""
    letters = [at for at in range(len(text)) if text[at].isalpha() and (at or chance.random() < 0.3)]
    if not letters:
        return text + chance.choice(_ROWS[1])
    at = chance.choice(letters)
    way = chance.random()
    if way < 0.35:
        return text[:at] + chance.choice(_NEIGHBOURS.get(text[at].upper(), "E")) + text[at + 1 :]
    if way < 0.6 and len(text) > 2:
        return text[:at] + text[at + 1 :]
    if way < 0.75 or at + 1 >= len(text):
        return text[:at] + text[at] + text[at:]
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def mistaken(text: str, chance: Random) -> str:
    """Any letter for any other, one more or one less: the slip of another model, to which weights may be fitted."""
    at, letter = chance.randrange(len(text)), chance.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    return chance.choice(
        (text[:at] + letter + text[at + 1 :], text[:at] + letter + text[at:], text[:at] + text[at + 1 :])
    )


def scanned(text: str, chance: Random) -> str:
    return _replaced(text, _SCANNED, chance) or typed(text, chance)


def heard(text: str, chance: Random) -> str:
    """Written as it sounds: PH for F, a final letter that nobody hears."""
    if chance.random() < 0.4:
        ending, other = chance.choice([pair for pair in _ENDINGS if text.endswith(pair[0])])
        return text[: len(text) - len(ending)] + other or text
    return _replaced(text, _SOUNDS, chance) or typed(text, chance)


def romanised(text: str, chance: Random) -> str:
    """Another way to write an Arabic or Turkish name in Latin letters, sometimes two."""
    once = _replaced(text, _ROMANISED, chance) or typed(text, chance)
    return (_replaced(once, _ROMANISED, chance) or once) if chance.random() < 0.3 else once


def _replaced(text: str, pairs: tuple[tuple[str, str], ...], chance: Random) -> str | None:
    possible = [pair for pair in pairs if pair[0] in text]
    if not possible:
        return None
    old, new = chance.choice(possible)
    at = chance.choice([match.start() for match in re.finditer(re.escape(old), text)])
    return text[:at] + new + text[at + len(old) :]


def digit_wrong(text: str, chance: Random) -> str:
    """One digit of a number wrong, or two neighbours in the wrong order."""
    digits = [at for at in range(len(text)) if text[at].isdigit()]
    at = chance.choice(digits)
    if chance.random() < 0.3 and at + 1 < len(text) and text[at + 1].isdigit() and text[at] != text[at + 1]:
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    return text[:at] + chance.choice([digit for digit in "0123456789" if digit != text[at]]) + text[at + 1 :]
