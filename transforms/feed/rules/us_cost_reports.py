"""Several cost reports of one hospital in one file become one (docs/us.md).

Reports that follow on one another, each opening the day after the last one closed, are added:
flows are summed, everything else is what the report that closes last says. A report that
overlaps a longer one of its hospital is left out, and so is one that a gap parts from the run of
reports that covers most days. No gap is ever bridged: an amount stands for exactly its days.
"""

import polars as pl

from transforms.exact import exact_sum
from transforms.feed.rules.base import RuleOutcome

FLOWS = (
    "span",
    "days",
    "bed_days",
    "discharges",
    "uncompensated_care",
    "salaries",
    "depreciation",
    "revenue",
    "operating_cost",
    "other_income",
    "medicaid",
    "chip",
)


def us_cost_reports(frame: pl.DataFrame) -> RuleOutcome:
    """One row per hospital: ``FLOWS`` summed (days, patients, currency), stocks of the last report.

    Args:
        frame: reports of one file: row_number, ccn, report, opens, closes (dates, inclusive), the
            flows and any other columns. A flow that no report gives stays null; one that some
            give is the sum of those.

    Returns:
        The same columns, with ``opens`` the first and ``closes`` the last day covered. The row
        that stands is the one that closes last; the others are merged.
    """
    kept = _longest_run(_without_overlaps(frame))
    joined = _added(kept)
    gone = frame.join(joined, on="row_number", how="anti")["row_number"]
    return RuleOutcome(joined.select(frame.columns), sorted(gone.to_list()))


def _length() -> pl.Expr:
    return (pl.col("closes") - pl.col("opens")).dt.total_days() + 1


def _without_overlaps(frame: pl.DataFrame) -> pl.DataFrame:
    """Leave out reports that share a day with a longer one (or as long, and later or newer)."""
    order = [_length(), pl.col("closes"), pl.col("report"), pl.col("row_number")]
    ranked = frame.sort(order, descending=True).with_row_index("rank")
    better = ranked.select("ccn", "opens", "closes", "rank")
    beaten = ranked.join(better, on="ccn", suffix="_other").filter(
        pl.col("rank_other") < pl.col("rank"),
        pl.col("opens_other") <= pl.col("closes"),
        pl.col("opens") <= pl.col("closes_other"),
    )
    return ranked.join(beaten, on="rank", how="anti").drop("rank")


def _longest_run(frame: pl.DataFrame) -> pl.DataFrame:
    """Of each hospital's runs of reports without a gap, keep the one of most days (or later)."""
    gap = (pl.col("opens") - pl.col("closes").shift().over("ccn")).dt.total_days() > 1
    runs = (
        frame.sort("ccn", "opens")
        .with_columns(run=gap.fill_null(True).cum_sum())
        .with_columns(covered=_length().sum().over("run"))
    )
    longest = runs.filter(pl.col("covered") == pl.col("covered").max().over("ccn"))
    return longest.filter(pl.col("run") == pl.col("run").max().over("ccn")).drop("covered")


def _added(runs: pl.DataFrame) -> pl.DataFrame:
    """One row per run."""
    flows = [
        pl.when(pl.col(flow).count() > 0).then(exact_sum(flow, 2)).alias(flow)
        for flow in FLOWS
        if flow in runs.columns
    ]
    rest = [c for c in runs.columns if c not in {*FLOWS, "run", "opens", "closes"}]
    return (
        runs.sort("ccn", "closes")
        .group_by("run", maintain_order=True)
        .agg(
            *flows,
            *(pl.col(c).last() for c in rest),
            pl.col("opens").first(),
            pl.col("closes").last(),
        )
        .sort("row_number")
    )
