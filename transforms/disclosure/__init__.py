"""Counts of people as they may be published: 1 to 10 withheld, the rest rounded to 5.

Rates and remainders follow from what is shown, so that no subtraction of it gives a count from 1 to
10. Zero is shown. No other figure is below 15: 11 and 12, which would round to 10, are shown as 15.
"""

import polars as pl

from schemas.events import NUMBERS, to_do, words

SMALLEST = 11
STEP = 5
LEAST_SHOWN = 15
COUNTS = ("loaded", "quarantined", "duplicate", "excluded", "merged")
KILOBYTE = 1000


def shown(column: str) -> pl.Expr:
    """A count as it may be shown; null where it is withheld."""
    count = pl.col(column)
    nearest = ((count / STEP + 0.5).floor() * STEP).clip(lower_bound=LEAST_SHOWN)
    return pl.when(count <= 0).then(0.0).when(count >= SMALLEST).then(nearest).alias(column)


def demand(frame: pl.DataFrame) -> pl.DataFrame:
    """regional.demand with its counts protected and its rate from what is shown."""
    counts = ("admissions_per_day", "patient_days_per_day")
    per_admission = pl.col("admissions_per_100k") / pl.col("admissions_per_day")
    rate = shown("admissions_per_day") * per_admission
    return _labelled(
        frame.with_columns(
            *(shown(c) for c in counts),
            admissions_per_100k=pl.when(pl.col("admissions_per_day") <= 0)
            .then("admissions_per_100k")
            .otherwise(rate),
        ),
        counts,
    )


def demand_forecast(frame: pl.DataFrame, figures: list[str]) -> pl.DataFrame:
    """regional.demand_forecast with each of its ``figures`` protected, as counts of people."""
    return _labelled(frame.with_columns(shown(c) for c in figures), tuple(figures))


def forecast_score(frame: pl.DataFrame, figures: list[str]) -> pl.DataFrame:
    """regional.forecast_score without the ``figures`` that rest on fewer than 11 values."""
    enough = pl.col("scored") >= SMALLEST
    return frame.with_columns(pl.when(enough).then(c).alias(c) for c in figures)


def supply(frame: pl.DataFrame) -> pl.DataFrame:
    """regional.supply with beds in use protected; free and occupancy from what is shown.

    Where what was reported is withheld, its sum with what was imputed is withheld too.
    """
    counts = ("in_use_reported", "in_use")
    both = pl.all_horizontal(shown(c).is_not_null() for c in counts)
    made = frame.with_columns(pl.when(both).then(shown(c)).alias(c) for c in counts)
    free = (pl.col("in_service") - pl.col("in_use")).clip(lower_bound=0)
    some = pl.col("in_service") > 0
    return _labelled(
        made.with_columns(
            free=free, occupancy=pl.when(some).then(pl.col("in_use") / pl.col("in_service"))
        ),
        counts,
    )


def capacity_gap(frame: pl.DataFrame, shown_supply: pl.DataFrame) -> pl.DataFrame:
    """regional.capacity_gap: units imputed as in use are people, as those of regional.supply.

    They are withheld where that is withheld too: they may be all that is in use.

    Args:
        frame: regional.capacity_gap.
        shown_supply: regional.supply, as ``supply`` gives it.
    """
    cell = ["region_id", "resource_id", "date"]
    made = frame.join(shown_supply.select(*cell, "in_use"), on=cell, how="left")
    people = pl.col("column_name") == "in_use"
    apart = pl.when(pl.col("in_use").is_not_null()).then(shown("imputed"))
    imputed = pl.when(people).then(apart).otherwise("imputed")
    return made.with_columns(imputed=imputed).select(frame.columns)


def balance(frame: pl.DataFrame, shown_demand: pl.DataFrame, use: pl.DataFrame) -> pl.DataFrame:
    """regional.balance protected.

    Demand is withheld where it is small, and where a class that uses the resource is withheld: the
    other classes would give it away. Shortage and surplus are withheld together, where the shortage
    is small or the patients treated (supply - surplus + shortage) are few; else the surplus is what
    remains of the supply by the others that are shown.

    Args:
        frame: regional.balance.
        shown_demand: regional.demand, as ``demand`` gives it.
        use: class_id, resource_id: what uses what.
    """
    hidden = _hidden(frame, shown_demand, use)
    treated = pl.col("supply") - pl.col("surplus") + pl.col("shortage")
    apart = shown("shortage").is_not_null() & shown("treated").is_not_null()
    left = (pl.col("supply") - shown("treated") + shown("shortage")).clip(lower_bound=0)
    asked = pl.when(pl.col("hidden").is_null()).then(shown("demand_units"))
    made = (
        frame.join(hidden, on=["region_id", "resource_id", "date"], how="left")
        .with_columns(treated=treated.round(6))
        .with_columns(
            shortage=pl.when(apart).then(shown("shortage")), surplus=pl.when(apart).then(left)
        )
        .with_columns(demand_units=asked)
        .with_columns(
            ratio=pl.when(pl.col("demand_units") > 0).then(
                pl.col("supply") / pl.col("demand_units")
            )
        )
    )
    return _labelled(made.select(frame.columns), ("demand_units", "shortage"))


def outcome(frame: pl.DataFrame, weight: float) -> pl.DataFrame:
    """results.plan_outcome or plan_outcome_day with harms of people who came protected.

    A harm is shown as so many times ``weight`` as a count of so many people would be: no day of a
    patient weighs more, so that it stands for no fewer of them. Regret and the kept share follow
    from what is shown.

    Args:
        frame: plan_outcome or plan_outcome_day.
        weight: the largest harm of a patient-day or unit-day, at least 1 point.
    """
    counts = ("harm_usual", "harm_realised", "harm_hindsight")
    made = frame.with_columns(pl.col(counts) / weight).with_columns(
        (shown(harm) * weight).alias(harm) for harm in counts
    )
    usual, realised, best = (pl.col(harm) for harm in counts)
    regret, could = realised - best, usual - best
    share = pl.when(could > 0).then((usual - realised) / could)
    derived = {"regret": regret, "kept_share": share} if "regret" in frame.columns else {}
    return _labelled(made.with_columns(**derived), counts)


def made_worse(frame: pl.DataFrame) -> pl.DataFrame:
    """results.plan_outcome_institution: unit-days as counts of people; what is more from those.

    Where they would tell that few more were in bed, those as usual are withheld. A unit-day's harm
    is the resource's weight: rounded, it does not tell of the exact unit-days.
    """
    counts = ("usual_unit_days", "realised_unit_days")
    harm = (pl.col("worse_harm") / pl.col("worse_unit_days")).round(6)
    worse = pl.col("realised_unit_days") - pl.col("usual_unit_days")
    apart = shown("worse_unit_days").is_not_null() & worse.is_not_null() & (worse >= LEAST_SHOWN)
    made = (
        frame.with_columns(harm=harm)
        .with_columns(shown(c) for c in counts)
        .with_columns(
            worse_unit_days=pl.when(apart).then(worse),
            usual_unit_days=pl.when(apart | ~(worse > 0)).then("usual_unit_days"),
        )
        .with_columns(worse_harm=pl.col("worse_unit_days") * pl.col("harm"))
    )
    return _labelled(made.select(frame.columns), (*counts, "worse_unit_days"))


def reconciliation(
    frame: pl.DataFrame, deliveries: pl.DataFrame, protected: pl.Series
) -> pl.DataFrame:
    """ops.reconciliation: counts of ``protected`` deliveries; rows read are the sum of the shown.

    Args:
        frame: ops.reconciliation.
        deliveries: ops.delivery.
        protected: ids of deliveries whose rows are people.
    """
    counts = (*COUNTS, "cells_nulled")
    inside = pl.col("delivery_id").is_in(protected.implode())
    made = frame.filter(inside).with_columns(shown(c).cast(pl.Int64) for c in counts)
    total = pl.sum_horizontal(pl.col(c).fill_null(0) for c in COUNTS)
    labelled = _labelled(made.with_columns(rows_read=total), counts)
    copied = _as_the_first(labelled, frame, deliveries)
    return pl.concat([frame.filter(~inside), copied]).sort("delivery_id")


def _as_the_first(
    shown_counts: pl.DataFrame, exact: pl.DataFrame, deliveries: pl.DataFrame
) -> pl.DataFrame:
    """A delivery that was counted and not loaded shows the rows that its content's first one shows.

    Its own total, rounded, would differ from that sum of rounded and withheld parts, and so tell of
    them.
    """
    wholly = exact.filter((pl.col("duplicate") == pl.col("rows_read")) & (pl.col("rows_read") > 0))
    of = deliveries.sort("received_at", "delivery_id").select(
        "delivery_id", first=pl.col("delivery_id").first().over("sha256")
    )
    copies = of.filter(pl.col("delivery_id") != pl.col("first")).join(
        wholly, on="delivery_id", how="semi"
    )
    firsts = shown_counts.select(first="delivery_id", rows="rows_read", label="disclosure")
    rows = pl.col("rows")
    return (
        shown_counts.join(copies.join(firsts, on="first"), on="delivery_id", how="left")
        .with_columns(
            rows_read=pl.coalesce("rows", "rows_read"),
            duplicate=pl.when(rows.is_null() | (rows > 0)).then(pl.coalesce("rows", "duplicate")),
            disclosure=pl.coalesce("label", "disclosure"),
        )
        .select(shown_counts.columns)
    )


def delivery(frame: pl.DataFrame, protected: pl.Series, counted: pl.DataFrame) -> pl.DataFrame:
    """ops.delivery: rows read as ``counted`` shows them.

    Sizes are rounded to 1,000 bytes, and withheld where no rows are shown: a size tells how many
    rows there are.

    Args:
        frame: ops.delivery.
        protected: ids of deliveries whose rows are people.
        counted: ops.reconciliation, as ``reconciliation`` gives it.
    """
    inside = pl.col("delivery_id").is_in(protected.implode())
    sums = counted.select("delivery_id", read="rows_read", said="disclosure")
    made = frame.filter(inside).join(sums, on="delivery_id", how="left")
    labelled = _labelled(made.with_columns(shown("rows_read").cast(pl.Int64)), ("rows_read",))
    rows = pl.when(pl.col("read").is_null()).then("rows_read").otherwise("read")
    status = pl.coalesce("said", "disclosure")
    plain = (rows > 0) & (status != "withheld")
    size = ((pl.col("bytes") + KILOBYTE // 2) // KILOBYTE).clip(lower_bound=1) * KILOBYTE
    shown_rows = labelled.with_columns(
        rows_read=rows, disclosure=status, bytes=pl.when(plain).then(size)
    ).select(frame.columns)
    return pl.concat([frame.filter(~inside), shown_rows]).sort("delivery_id")


def run(frame: pl.DataFrame) -> pl.DataFrame:
    """ops.run: rows of the steps that count people."""
    counted = pl.when("patient_data").then(shown("rows")).otherwise("rows")
    return frame.with_columns(rows=counted.cast(pl.Int64))


def delivery_event(frame: pl.DataFrame, protected: pl.Series) -> pl.DataFrame:
    """ops.delivery_event: of ``protected`` deliveries no number, and nothing that is private.

    Columns that no feed declares are so counted, by their rows, and not named: a name may be
    anything. Words are made again from the facts that are left.
    """
    inside = pl.col("delivery_id").is_in(protected.implode())
    hidden = frame.filter(inside).with_columns(
        pl.lit(None, frame.schema[fact]).alias(fact) for fact in (*NUMBERS, "private")
    )
    said = [words(event["code"], event) for event in hidden.iter_rows(named=True)]
    made = hidden.with_columns(pl.Series("words", said, pl.String))
    return pl.concat([frame.filter(~inside), made]).sort("delivery_id", "number")


def findings(frame: pl.DataFrame, subjects: pl.Series, columns: list[str]) -> pl.DataFrame:
    """A table of findings: about ``subjects``, no figure in ``columns``.

    A message about them says what its rule says and what to do, and nothing of what was found.
    """
    inside = pl.col("subject").is_in(subjects.implode())
    made = frame.with_columns(pl.when(~inside).then(c).alias(c) for c in columns)
    if "message" not in frame.columns:
        return made
    plain = {
        rule: f"{words(rule, {})}; what to do: {to_do(rule)}"
        for rule in frame["rule"].unique().to_list()
    }
    said = pl.col("rule").replace_strict(plain, return_dtype=pl.String)
    return made.with_columns(message=pl.when(inside).then(said).otherwise("message"))


def _hidden(frame: pl.DataFrame, shown_demand: pl.DataFrame, use: pl.DataFrame) -> pl.DataFrame:
    """Periods of a region and resource in which a class that uses it is withheld."""
    place = ["region_id", "resource_id"]
    missing = (
        shown_demand.filter(pl.col("patient_days_per_day").is_null())
        .join(use.select("class_id", "resource_id").unique(), on="class_id", how="inner")
        .select(*place, on="date")
        .sort("on")
    )
    periods = frame.select(*place, "date").sort("date")
    inside = missing.join_asof(
        periods, left_on="on", right_on="date", by=place, check_sortedness=False, coalesce=False
    )
    return inside.drop_nulls("date").select(*place, "date", hidden=pl.lit(True)).unique()


def _labelled(frame: pl.DataFrame, counts: tuple[str, ...]) -> pl.DataFrame:
    withheld = pl.any_horizontal(pl.col(c).is_null() for c in counts)
    nobody = pl.all_horizontal(pl.col(c) == 0 for c in counts)
    return frame.with_columns(
        disclosure=pl.when(withheld)
        .then(pl.lit("withheld"))
        .when(nobody)
        .then(pl.lit("shown"))
        .otherwise(pl.lit("rounded"))
    )
