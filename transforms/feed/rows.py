"""Which rows are taken: the feed's filter, keys, copies, institutions."""

from dataclasses import dataclass

import polars as pl

from schemas.feed import Feed
from transforms.feed.columns import evaluated
from transforms.feed.faults import at, together, without

_TOTAL = r"(?i)^(grand |sub)?-?(total|totals|sum|summe|gesamt|insgesamt|somme|totale|ensemble)$"


@dataclass(frozen=True)
class Rows:
    """``frame`` are the rows taken; the others' numbers are ``excluded`` or ``duplicate``, or
    stand in ``faults``."""

    frame: pl.DataFrame
    excluded: pl.DataFrame
    duplicate: pl.DataFrame
    faults: pl.DataFrame


def rows(feed: Feed, frame: pl.DataFrame, known: frozenset[str] | None) -> Rows:
    """Apply the feed's filter, then its key, then what it says of unknown institutions.

    ``known`` are the institutions known so far; null if that is not to be checked.
    """
    taken = _filtered(feed, frame)
    excluded = [_numbers(frame, taken)]
    keyless = _key_faults(feed, taken)
    keyed = without(taken, keyless.select("row_number"))
    single, duplicate, repeated = one_per_key(keyed, list(feed.source.key))
    placed, foreign, unknown = _placed(feed, single, known)
    return Rows(
        placed, pl.concat([*excluded, foreign]), duplicate, together([keyless, repeated, unknown])
    )


def _numbers(before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """Numbers of the rows of ``before`` that ``after`` lacks."""
    numbers = before.select("row_number")
    if before.height == after.height:
        return numbers.clear()
    return without(numbers, after.select("row_number"))


def _filtered(feed: Feed, frame: pl.DataFrame) -> pl.DataFrame:
    if feed.where is None:
        return frame
    mask = evaluated(feed, frame, feed.where, "(where)", False)["(where)"]
    return frame.filter(mask.cast(pl.Boolean).fill_null(False))


def _key_faults(feed: Feed, frame: pl.DataFrame) -> pl.DataFrame:
    """Rows whose key has a gap, or names a total."""
    texts = [c for c in feed.source.key if frame[c].dtype == pl.String]
    missing = [
        at(frame.filter(pl.col(c).is_null()), c, "key_missing", "row") for c in feed.source.key
    ]
    totals = [
        at(frame.filter(pl.col(c).str.contains(_TOTAL)), c, "total_row", "row") for c in texts
    ]
    return together([*missing, *totals])


def one_per_key(
    frame: pl.DataFrame, key: list[str]
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Rows whose key stands alone, and the first of identical ones.

    Returns them with the row numbers of the copies, and the faults of rows that share a key and
    differ: none of those is taken, since nothing says which is right.
    """
    none = frame.select("row_number").clear()
    if _keys_differ(frame.select(key)):
        return frame, none, together([])
    content = [c for c in frame.columns if c != "row_number"]
    several = frame.filter(pl.struct(key).is_duplicated())
    counted = several.group_by(key).agg(
        versions=pl.struct(content).n_unique(), first=pl.col("row_number").min()
    )
    several = several.select("row_number", *key).join(counted, on=key, nulls_equal=True)
    differing = several.filter(pl.col("versions") > 1)
    copies = several.filter(pl.col("versions") == 1, pl.col("row_number") != pl.col("first"))
    faults = at(differing, ", ".join(key), "key_repeated", "row")
    gone = pl.concat([differing.select("row_number"), copies.select("row_number")])
    return without(frame, gone), copies.select("row_number"), faults


def _keys_differ(keys: pl.DataFrame) -> bool:
    """Does every key stand alone? A sorted column is read off by its neighbours."""
    if keys.width == 1 and (values := keys.to_series()).is_sorted():
        return not (values == values.shift()).any()
    return keys.n_unique() == keys.height


def _placed(
    feed: Feed, frame: pl.DataFrame, known: frozenset[str] | None
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Rows of institutions that may be loaded; numbers of excluded rows; faults."""
    none = frame.select("row_number").clear()
    if feed.institution is None:
        return frame, none, together([])
    column, policy = feed.institution.column, feed.institution.unknown
    nameless = frame.filter(pl.col(column).is_null())
    faults = [at(nameless, column, "institution_missing", "row")]
    named = without(frame, nameless.select("row_number"))
    if known is None or policy == "create":
        return named, none, together(faults)
    listed = pl.Series(sorted(known), dtype=pl.String)
    strangers = named.filter(~pl.col(column).is_in(listed.implode())).select("row_number")
    rest = without(named, strangers)
    if policy == "exclude":
        return rest, strangers, together(faults)
    return rest, none, together([*faults, at(strangers, column, "unknown_institution", "row")])
