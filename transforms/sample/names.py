"""Invented names and codes, each marked synthetic."""

from collections.abc import Iterable

# fmt: off
FIRST = (
    "Alv", "Brem", "Cald", "Dorn", "Esk", "Fenn", "Gav", "Hask", "Ilm", "Jorv", "Kesk", "Lunn",
    "Marv", "Noll", "Orr", "Pell", "Quar", "Rusk", "Sarn", "Tolm", "Ulv", "Vask", "Wend", "Yarl",
    "Zeld",
)
LAST = (
    "aby", "emoor", "orrin", "unmel", "irow", "allow", "arrick", "olden", "ivere", "eldon", "omond",
)
# fmt: on
REGIONS = ("Veldra", "Osmere", "Tarnholt")
HOSPITALS = {
    "primary": "Community Hospital",
    "secondary": "General Hospital",
    "tertiary": "University Hospital",
}


def codes(prefix: str, count: int, digits: int = 3) -> list[str]:
    """``count`` codes such as H001; wider only where the count needs it."""
    width = max(digits, len(str(count)))
    return [f"{prefix}{n:0{width}d}" for n in range(1, count + 1)]


def region_names(count: int) -> list[str]:
    """Names of regions; numbered after the first three."""
    return [
        f"Synthetic {REGIONS[n % len(REGIONS)]}" + (f" {n // 3 + 1}" if n >= 3 else "")
        for n in range(count)
    ]


def zone_names(count: int) -> list[str]:
    """Names of zones; numbered once every pair of syllables is used."""
    pairs = len(FIRST) * len(LAST)
    return [
        f"Synthetic {FIRST[n % len(FIRST)]}{LAST[n % pairs % len(LAST)]}"
        + (f" {n // pairs + 1}" if n >= pairs else "")
        for n in range(count)
    ]


def hospital_names(tiers: Iterable[str]) -> list[str]:
    """Names such as Synthetic General Hospital 3: the kind follows the tier."""
    return [f"Synthetic {HOSPITALS[tier]} {n}" for n, tier in enumerate(tiers, 1)]
