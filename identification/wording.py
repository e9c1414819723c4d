"""What criteria and their levels are called in a sentence."""

from scoring.model import Criterion, Level

WORDS: dict[Criterion, str] = {
    "nir": "number",
    "birth_name": "surname",
    "usage_name": "usage name",
    "given_names": "given names",
    "sex": "sex",
    "birth_date": "birth date",
    "birth_place": "birth place",
    "parents": "parents",
}
"""What each criterion is called in a sentence."""
LEVEL_WORDS: dict[Level, str] = {
    "exact": "the same",
    "same": "the same",
    "shared": "the same",
    "former": "a former one",
    "repaired": "its own if one sign is corrected",
    "contradicted": "its own, but not the birth date",
    "same_birth": "another one of the same birth",
    "part": "the same in part",
    "phonetic": "only sounding alike",
    "close": "a slip of the pen away",
    "skeleton": "alike in consonants only",
    "two_slips": "two slips of the pen away",
    "word": "the same in one word only",
    "alike": "alike, but not both the first of them",
    "initial": "alike in the initial only",
    "swapped": "swapped",
    "first": "the same, the first of them",
    "reordered": "the same in another order",
    "one": "the same, one of them",
    "partial": "the same as far as known",
    "near": "the same but for a slip in the day or month",
    "near_year": "the same but for a slip in the year",
    "other_year": "the same but for the year",
    "commune": "in the same commune",
    "label": "of the same name",
    "department": "in the same département only",
    "nation": "in the same country only",
    "different": "different",
}
"""How a candidate stands at each level, after the word of the criterion."""
