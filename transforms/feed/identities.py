"""Text that stands where a row's identity should, and is none: totals, hidden characters."""

from collections.abc import Iterator

import polars as pl

from transforms.feed.faults import at, together

_SPACE = r"[ .,:;*#=_()/–—-]"
_SUM = (
    r"(?:(?:grand|sub|sous|zwischen)[ -]?)?(?:total|totals|totale|totales|totaux|totali|totaal|"
    r"gesamt|gesamtsumme|insgesamt|summe|sum|suma|somme|somma|soma|ensemble)"
)
# Words that beside one of a sum say of what, and are nobody's name.
_OF = (
    "general|générale?|overall|all|national|nationale|nacional|überall|allgemein|"
    "of|de|del|della|des|du|der|die|das|la|le|les|the|en|in|"
    "province|provinces|provincia|provincias|provinz|region|regions|région|régions|región|"
    "regiones|regione|regionen|county|counties|country|countries|país|pais|pays|paese|land|länder|"
    "département|départements|departamento|kanton|canton|cantons|district|districts|"
    "zone|zones|zona|zonas|hospitals|hospitales|hôpitaux|spitäler|krankenhäuser|ospedali"
)
_TOTAL = rf"(?i)^{_SPACE}*(?:(?:{_OF}){_SPACE}+)*{_SUM}(?:{_SPACE}+(?:{_OF}|{_SUM}))*{_SPACE}*$"
# Control and format characters, fillers, and spaces other than the plain one.
_HIDDEN = r"[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}[\p{Z}--\x20]]"


def no_identities(frame: pl.DataFrame, column: str) -> pl.DataFrame:
    """Faults of the rows of ``frame`` whose ``column`` (text, trimmed) names a total, or holds a
    character that does not show, so that two ids look like one."""
    text = pl.col(column)
    if not frame.select(text.str.contains(f"{_TOTAL}|{_HIDDEN}").any()).item():
        return together([])
    return together(_each(frame, column))


def _each(frame: pl.DataFrame, column: str) -> Iterator[pl.DataFrame]:
    for rule, pattern in (("total_row", _TOTAL), ("invisible_character", _HIDDEN)):
        yield at(frame.filter(pl.col(column).str.contains(pattern)), column, rule, "row")
