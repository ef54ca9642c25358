"""Which rows are taken: the feed's filter, keys, copies, institutions."""

from dataclasses import dataclass

import polars as pl

from schemas.feed import Feed
from transforms.feed.columns import evaluated
from transforms.feed.faults import at, taken_out, together, without
from transforms.feed.identities import no_identities


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

    What goes is found in the few columns that decide, and taken out of all of them at once:
    ``frame`` is used up.

    ``known`` are the institutions known so far; null if that is not to be checked.
    """
    key = list(feed.source.key)
    own = [feed.institution.column] if feed.institution else []
    chosen, filtered = _filtered(feed, frame, list(dict.fromkeys(["row_number", *key, *own])))
    keyless = _key_faults(feed, chosen)
    chosen = without(chosen, keyless.select("row_number"))
    copies, repeated = sharing_a_key(frame, chosen, key)
    chosen = without(without(chosen, copies), repeated.select("row_number"))
    foreign, unknown = _misplaced(feed, chosen, known)
    faults = together([keyless, repeated, unknown])
    excluded = pl.concat([filtered, foreign])
    gone = pl.concat([excluded, copies, faults.select("row_number")])
    return Rows(taken_out(frame, gone), excluded, copies, faults)


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
        at(frame.filter(pl.col(c).is_null()), c, "key_missing", "row") for c in feed.source.key
    ]
    return together([*missing, *(no_identities(frame, c) for c in texts)])


def one_per_key(
    frame: pl.DataFrame, key: list[str]
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Rows whose key stands alone, and the first of identical ones; ``sharing_a_key`` of others."""
    copies, faults = sharing_a_key(frame, frame, key)
    gone = pl.concat([faults.select("row_number"), copies])
    return without(frame, gone), copies, faults


def sharing_a_key(
    frame: pl.DataFrame, chosen: pl.DataFrame, key: list[str]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Row numbers of copies of another row, and the faults of rows that share a key and differ.

    None of those that differ is taken, since nothing says which is right.

    Args:
        frame: all columns.
        chosen: row_number and key of the rows of ``frame`` that are looked at.
        key: the columns of the key.
    """
    shared = _of_shared_keys(chosen, key)
    if shared.is_empty():
        return chosen.select("row_number").clear(), together([])
    content = [c for c in frame.columns if c != "row_number"]
    several = frame.filter(pl.col("row_number").is_in(shared.implode()))
    counted = several.group_by(key).agg(
        versions=pl.struct(content).n_unique(), first=pl.col("row_number").min()
    )
    several = several.select("row_number", *key).join(counted, on=key, nulls_equal=True)
    differing = several.filter(pl.col("versions") > 1)
    copies = several.filter(pl.col("versions") == 1, pl.col("row_number") != pl.col("first"))
    return copies.select("row_number"), at(differing, ", ".join(key), "key_repeated", "row")


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


def _misplaced(
    feed: Feed, frame: pl.DataFrame, known: frozenset[str] | None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Numbers of rows left out for their institution; faults."""
    none = frame.select("row_number").clear()
    if feed.institution is None:
        return none, together([])
    column, policy = feed.institution.column, feed.institution.unknown
    nameless = frame.filter(pl.col(column).is_null())
    faults = [at(nameless, column, "institution_missing", "row")]
    if known is None or policy == "create":
        return none, together([*faults, no_identities(frame, column)])
    listed = pl.Series(sorted(known), dtype=pl.String)
    named = pl.col(column).is_not_null()
    strangers = frame.filter(named & ~pl.col(column).is_in(listed.implode()))
    faults.append(no_identities(strangers, column))
    if policy == "exclude":
        return without(strangers, faults[-1]).select("row_number"), together(faults)
    return none, together([*faults, at(strangers, column, "unknown_institution", "row")])
