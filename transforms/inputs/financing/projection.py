"""How well last year tells this year: each newest report against what those before it say.

Named method ``last_year_and_median_growth``: the amount of a day a year before, times one and
the median growth of all institutions from the year before that. It knows nothing of the newest
reports, which it is compared with.
"""

import polars as pl

from schemas.results.financing import PROJECTED, FinancingProjection, FinancingProjectionError
from schemas.table import conform
from transforms.exact import exact_sum
from transforms.inputs.financing.institutions import YEAR
from transforms.inputs.financing.reports import report_days

METHOD = "last_year_and_median_growth"
TOLERANCE_DAYS = 45
KEY = ["institution_id", "measure"]


def yearly(finance: pl.DataFrame, least_days: int) -> pl.DataFrame:
    """Each report's amount at the pace of a year: institution_id, measure, end, amount.

    Payers are added; where a total of all payers stands beside them, it is the total.
    """
    rows = finance.filter(
        pl.col("measure").is_in(PROJECTED),
        pl.col("amount").is_not_null(),
        report_days() >= least_days,
    )
    period = [*KEY, "period_start", "period_end"]
    whole = pl.col("payer_id") == "all"
    rows = rows.filter(whole | ~whole.any().over(period))
    sums = rows.group_by(period).agg(amount=exact_sum("amount", 2))
    paces = sums.with_columns(amount=pl.col("amount") / report_days() * YEAR)
    return (
        paces.filter(pl.col("amount") > 0)
        .sort(*KEY, "period_end", "period_start")
        .group_by(*KEY, end="period_end", maintain_order=True)
        .agg(pl.col("amount").last())
    )


def year_before(years: pl.DataFrame, ends: pl.DataFrame) -> pl.DataFrame:
    """For each institution, measure and end, the report that ends nearest a year before.

    Returns the rows of ``ends`` that have one, with before_end and before.
    """
    before = years.rename({"end": "before_end", "amount": "before"})
    off = ((pl.col("end") - pl.col("before_end")).dt.total_days() - YEAR).abs()
    return (
        ends.join(before, on=KEY)
        .with_columns(off=off)
        .filter(pl.col("off") <= TOLERANCE_DAYS)
        .sort(*KEY, "end", "off", "before_end")
        .group_by(*KEY, "end", maintain_order=True)
        .first()
        .drop("off")
    )


def projections(years: pl.DataFrame) -> pl.DataFrame:
    """``FinancingProjection`` of the newest report of each institution."""
    newest = years.group_by(KEY, maintain_order=True).last()
    pairs = year_before(years, newest).join(growths(years), on="measure")
    projected = (pl.col("before") * (1 + pl.col("growth"))).round(2)
    rows = pairs.with_columns(
        period_end="end", basis_end="before_end", projected=projected, reported="amount"
    )
    error = (pl.col("projected") - pl.col("reported")) / pl.col("reported")
    return conform(FinancingProjection, rows.with_columns(error=error))


def growths(years: pl.DataFrame) -> pl.DataFrame:
    """Median growth of each measure in the year up to the projections' basis: measure, growth.

    0 where no institution has three reports a year apart.
    """
    newest = years.group_by(KEY, maintain_order=True).last()
    basis = year_before(years, newest).select(*KEY, end="before_end", amount="before")
    pairs = year_before(years, basis)
    grown = pairs.group_by("measure").agg(growth=(pl.col("amount") / pl.col("before") - 1).median())
    measures = pl.DataFrame({"measure": PROJECTED})
    return measures.join(grown, on="measure", how="left").with_columns(
        pl.col("growth").fill_null(0.0)
    )


def projection_errors(years: pl.DataFrame, projected: pl.DataFrame) -> pl.DataFrame:
    """``FinancingProjectionError``: number, median and 90th percentile of the errors' sizes."""
    size = pl.col("error").abs()
    sizes = projected.group_by("measure").agg(
        institutions=pl.len(), median_error=size.median(), p90_error=size.quantile(0.9, "linear")
    )
    rows = sizes.join(growths(years), on="measure").with_columns(method=pl.lit(METHOD))
    return conform(FinancingProjectionError, rows)
