"""Which rows are taken: the feed's filter, keys, copies, institutions.

Text that stands where a row's identity should and is none (a total, a hidden character) is a fault.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from schemas.feed import Feed
from transforms.feed.columns import evaluated
from transforms.feed.faults import (
    CODES,
    all_faults,
    drop_rows,
    drop_rows_in_place,
    faults_of,
    unknown_codes,
)

NO_COPIES = pl.DataFrame(schema={"row_number": pl.Int64, "first": pl.Int64})
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


@dataclass(frozen=True)
class Rows:
    """``frame`` are the rows taken; the others' numbers are ``excluded`` or ``duplicate`` (with
    ``first``, the row that each repeats), or stand in ``faults``. ``unknown``: codes of
    institutions that are not known, as ``unknown_codes`` gives them."""

    frame: pl.DataFrame
    excluded: pl.DataFrame
    duplicate: pl.DataFrame
    faults: pl.DataFrame
    unknown: pl.DataFrame


def rows(feed: Feed, frame: pl.DataFrame, known: frozenset[str] | None) -> Rows:
    """Apply the feed's filter, then its key, then what it says of unknown institutions.

    What goes is found in the few columns that decide, and taken out of all of them at once:
    ``frame`` is used up.

    ``known`` are the institutions known so far; null if that is not to be checked.
    """
    key = list(feed.source.key)
    own = [feed.institution.column] if feed.institution else []
    chosen, filtered = _filtered(feed, frame, list(dict.fromkeys(["row_number", *key, *own])))
    keyless = _key_faults(feed, chosen)
    chosen = drop_rows(chosen, keyless.select("row_number"))
    copies, repeated = sharing_a_key(frame, chosen, key)
    chosen = drop_rows(drop_rows(chosen, copies), repeated.select("row_number"))
    foreign, strange = _misplaced(feed, chosen, known)
    faults = all_faults([keyless, repeated, strange])
    excluded = pl.concat([filtered, foreign])
    gone = pl.concat([excluded, *(f.select("row_number") for f in (copies, faults))])
    return Rows(
        drop_rows_in_place(frame, gone), excluded, copies, faults, _unknown(feed, chosen, strange)
    )


def _filtered(
    feed: Feed, frame: pl.DataFrame, columns: list[str]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The columns of the rows that the feed's filter takes; numbers of the others."""
    narrow = frame.select(columns)
    if feed.where is None:
        return narrow, narrow.select("row_number").clear()
    mask = evaluated(feed, frame, feed.where, "(where)", False)["(where)"]
    taken = mask.cast(pl.Boolean).fill_null(False)
    return narrow.filter(taken), narrow.select("row_number").filter(~taken)


def _key_faults(feed: Feed, frame: pl.DataFrame) -> pl.DataFrame:
    """Rows whose key has a gap, names a total or hides a character."""
    texts = [c for c in feed.source.key if frame[c].dtype == pl.String]
    missing = [
        faults_of(frame.filter(pl.col(c).is_null()), c, "key_missing", "row")
        for c in feed.source.key
    ]
    return all_faults([*missing, *(no_identities(frame, c) for c in texts)])


def one_per_key(
    frame: pl.DataFrame, key: list[str]
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Rows whose key stands alone, and the first of identical ones; ``sharing_a_key`` of others."""
    copies, faults = sharing_a_key(frame, frame, key)
    gone = pl.concat([f.select("row_number") for f in (faults, copies)])
    return drop_rows(frame, gone), copies, faults


def sharing_a_key(
    frame: pl.DataFrame, chosen: pl.DataFrame, key: list[str]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows that copy another (row_number, first), and faults of rows that share a key and differ.

    None of those that differ is taken, since nothing says which is right.

    Args:
        frame: all columns.
        chosen: row_number and key of the rows of ``frame`` that are looked at.
        key: the columns of the key.
    """
    shared = _of_shared_keys(chosen, key)
    if shared.is_empty():
        return NO_COPIES, all_faults([])
    content = [c for c in frame.columns if c != "row_number"]
    several = frame.filter(pl.col("row_number").is_in(shared.implode()))
    counted = several.group_by(key).agg(
        versions=pl.struct(content).n_unique(), first=pl.col("row_number").min()
    )
    several = several.select("row_number", *key).join(counted, on=key, nulls_equal=True)
    differing = several.filter(pl.col("versions") > 1)
    copies = several.filter(pl.col("versions") == 1, pl.col("row_number") != pl.col("first"))
    return copies.select("row_number", "first"), faults_of(
        differing, ", ".join(key), "key_repeated", "row"
    )


def _of_shared_keys(rows: pl.DataFrame, key: list[str]) -> pl.Series:
    """Numbers of the rows whose key does not stand alone.

    A sorted column tells by its neighbours; of any other, keys are counted before they are sought.
    """
    values = rows[key[0]]
    if len(key) == 1 and values.is_sorted():
        runs = values.rle_id()
        repeats = (runs == runs.shift()).fill_null(False)
        return rows["row_number"].filter(repeats | repeats.shift(-1, fill_value=False))
    keys = rows.select(key)
    if keys.n_unique() == keys.height:
        return rows["row_number"].clear()
    return rows["row_number"].filter(keys.is_duplicated())


def _unknown(feed: Feed, chosen: pl.DataFrame, faults: pl.DataFrame) -> pl.DataFrame:
    if feed.institution is None:
        return pl.DataFrame(schema=CODES)
    strange = faults.filter(pl.col("rule") == "unknown_institution")
    rows_ = chosen.join(strange, on="row_number", how="semi")
    return unknown_codes(feed, feed.institution.column, rows_[feed.institution.column])


def _misplaced(
    feed: Feed, frame: pl.DataFrame, known: frozenset[str] | None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Numbers of rows left out for their institution; faults."""
    none = frame.select("row_number").clear()
    if feed.institution is None:
        return none, all_faults([])
    column, policy = feed.institution.column, feed.institution.unknown
    nameless = frame.filter(pl.col(column).is_null())
    faults = [faults_of(nameless, column, "institution_missing", "row")]
    if known is None or policy == "create":
        return none, all_faults([*faults, no_identities(frame, column)])
    listed = pl.Series(sorted(known), dtype=pl.String)
    named = pl.col(column).is_not_null()
    strangers = frame.filter(named & ~pl.col(column).is_in(listed.implode()))
    faults.append(no_identities(strangers, column))
    if policy == "exclude":
        return drop_rows(strangers, faults[-1]).select("row_number"), all_faults(faults)
    return none, all_faults([*faults, faults_of(strangers, column, "unknown_institution", "row")])


def no_identities(frame: pl.DataFrame, column: str) -> pl.DataFrame:
    """Faults of the rows of ``frame`` whose ``column`` (text, trimmed) names a total, or holds a
    character that does not show, so that two ids look like one."""
    text = pl.col(column)
    if not frame.select(text.str.contains(f"{_TOTAL}|{_HIDDEN}").any()).item():
        return all_faults([])
    return all_faults(_each(frame, column))


def _each(frame: pl.DataFrame, column: str) -> Iterator[pl.DataFrame]:
    for rule, pattern in (("total_row", _TOTAL), ("invisible_character", _HIDDEN)):
        yield faults_of(frame.filter(pl.col(column).str.contains(pattern)), column, rule, "row")
