"""Findings of the quality rules, the alerts that severe ones raise, and a score for what was sent.

The rules are listed in ``schemas.events``.
"""

from collections.abc import Iterable
from datetime import date

import polars as pl

from schemas import ops
from schemas.events import BY_CODE, Event, to_do
from schemas.table import conform

FOUND = pl.Schema({"subject": pl.String, "value": pl.Float64})
FOR_WARNING = 10
FOR_SEVERE = 25


def quality(run_key: str, found: Iterable[tuple[str, pl.DataFrame]]) -> pl.DataFrame:
    """``ops.quality``: findings by rule, each a frame of subject and value."""
    parts = [_described(run_key, BY_CODE[code], frame) for code, frame in found]
    return conform(ops.Quality, pl.concat(parts))


def _described(run_key: str, rule: Event, frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(
        run_key=pl.lit(run_key),
        rule=pl.lit(rule.code),
        subject_kind=pl.lit(rule.subject),
        subject=pl.col("subject").cast(pl.String),
        severity=pl.lit(rule.severity),
        owner=pl.lit(rule.owner),
        measured=pl.col("value").cast(pl.Float64).round(6),
        threshold=pl.lit(rule.threshold, pl.Float64),
        words=pl.lit(rule.english),
    )


def alerts(found: pl.DataFrame, delivery: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    """``ops.alert``: one for each severe finding of ``ops.quality``.

    It says what to do; what is about a delivery names its file and what explains its verdict.

    Args:
        found: ops.quality.
        delivery: ops.delivery.
        events: ops.delivery_event.
    """
    reasons = events.filter(pl.col("event_kind").is_in(["rejection", "hold"])).sort("number")
    said = pl.lit("; ") + pl.col("words").str.join("; ")
    why = reasons.group_by("delivery_id").agg(why=said)
    about = delivery.join(why, on="delivery_id", how="left").select(
        subject_kind=pl.lit("delivery"),
        subject="delivery_id",
        file=pl.col("file_name") + ": ",
        why="why",
    )
    severe = found.filter(pl.col("severity") == "severe").join(
        about, on=["subject_kind", "subject"], how="left"
    )
    advice = {rule: f"; what to do: {to_do(rule)}" for rule in severe["rule"].unique().to_list()}
    done = pl.col("rule").replace_strict(advice, return_dtype=pl.String)
    message = pl.concat_str("file", "words", "why", done, ignore_nulls=True)
    columns = ("run_key", "rule", "subject", "measured", "threshold")
    named = severe.select(*columns, step=pl.lit("quality"), message=message)
    return conform(ops.Alert, named)


def quality_score(
    run_key: str, night: date, shares: dict[str, pl.DataFrame], quality: pl.DataFrame
) -> pl.DataFrame:
    """``ops.quality_score``: 100 less what is unknown or at fault, less what rules found.

    Args:
        run_key: the night.
        night: its date.
        shares: by kind of subject: subject, good_share.
        quality: ``ops.quality`` of the night.
    """
    parts = [_scored(kind, share, quality) for kind, share in sorted(shares.items())]
    scored = pl.concat(parts).with_columns(run_key=pl.lit(run_key), night=pl.lit(night))
    return conform(ops.QualityScore, scored)


def _scored(kind: str, shares: pl.DataFrame, quality: pl.DataFrame) -> pl.DataFrame:
    found = (
        quality.filter(pl.col("subject_kind") == kind)
        .group_by("subject")
        .agg(
            warnings=(pl.col("severity") == "warn").sum().cast(pl.Int64),
            severe=(pl.col("severity") == "severe").sum().cast(pl.Int64),
        )
    )
    both = shares.join(found, on="subject", how="full", coalesce=True).with_columns(
        pl.col("warnings", "severe").fill_null(0)
    )
    less = FOR_WARNING * pl.col("warnings") + FOR_SEVERE * pl.col("severe")
    score = (100 * pl.col("good_share").fill_null(0) - less).clip(0, 100).round(1)
    return both.with_columns(subject_kind=pl.lit(kind), score=score)
