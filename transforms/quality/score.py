"""One figure for how good what was sent is, by institution and feed."""

from datetime import date

import polars as pl

from schemas import ops
from schemas.table import conform

FOR_WARNING = 10
FOR_SEVERE = 25


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
