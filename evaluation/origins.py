"""Where the persons of an invented population come from: shares, country codes and habits of civil status."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Origin:
    """One group of persons whose names go together.

    `country` is the COG code of the country of birth, None in France; `iso` its ISO code; `share` of the population;
    `default_date` the share registered with the first of January or an unknown day; `towns` where they are born.
    """

    name: str
    share: float
    country: str | None = None
    iso: str | None = None
    default_date: float = 0.0
    two_surnames: float = 0.0
    towns: tuple[str, ...] = ()


ORIGINS = (
    Origin("france", 0.80),
    Origin("maghreb_born_in_france", 0.07),
    Origin("algeria", 0.03, "99352", "DZ", 0.12, 0, ("ALGER", "ORAN", "CONSTANTINE", "ANNABA", "SETIF", "TLEMCEN")),
    Origin("morocco", 0.025, "99350", "MA", 0.15, 0, ("CASABLANCA", "FES", "OUJDA", "MARRAKECH", "TAROUDANT")),
    Origin("tunisia", 0.01, "99351", "TN", 0.05, 0, ("TUNIS", "SFAX", "SOUSSE", "DJERBA")),
    Origin("portugal", 0.015, "99139", "PT", 0.01, 0.7, ("LISBOA", "BRAGA", "PORTO", "LEIRIA", "VISEU")),
    Origin("italy", 0.008, "99127", "IT", 0.01, 0, ("ROMA", "TORINO", "NAPOLI", "PALERMO")),
    Origin("spain", 0.007, "99134", "ES", 0.01, 0.7, ("MADRID", "VALENCIA", "BARCELONA", "MURCIA")),
    Origin("mali", 0.015, "99335", "ML", 0.35, 0, ("BAMAKO", "KAYES", "YELIMANE", "DIEMA")),
    Origin("turkey", 0.01, "99208", "TR", 0.15, 0, ("ISTANBUL", "ANKARA", "KAYSERI", "KARS")),
    Origin("viet_nam", 0.01, "99243", "VN", 0.10, 0, ("SAIGON", "HANOI", "HUE", "DANANG")),
)
"""Shares and default dates are rounded judgements from published figures on births abroad, not counts."""

DESCENT_SINCE = 1962
"""Before, nearly nobody was born in France to parents from the Maghreb."""
