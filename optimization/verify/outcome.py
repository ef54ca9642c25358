"""Recompute outcomes of plans without model and solver, and refuse one that does not follow.

``verify_followed`` computes again, from a plan's kept tables and what came, what each way of
deciding did; ``verify_outcome`` whether the published figures follow from one another.
"""

from collections.abc import Mapping

import polars as pl

from optimization.verify.verdict import Verdict, Verification, outer_joined, total

RULES = {
    "outcome_paper": "on paper at most the planned patients leave and are sent, of those who came",
    "outcome_choice": "hindsight sends no more of a zone's patients elsewhere than may be sent",
    "outcome_use": "(2) units in use follow from those who came and where they were admitted",
    "outcome_stock": "(4) stock is what was reported, less what left, more what came",
    "outcome_moves": "on paper no more moves and no more surge opens than planned",
    "outcome_crowding": "(3) crowding is use beyond the room",
    "outcome_harm": "a day's harm is that of care not given and of crowding",
    "outcome_promised": "what a plan promised is the harm of its own tables",
    "outcome_days": "a plan's harms are the sums of its days",
    "outcome_regions": "harm in all is the sum of the regions",
    "outcome_regret": "regret is harm realised less that by hindsight",
    "outcome_kept_share": "the kept share is (usual - realised) / (usual - hindsight)",
    "outcome_bound": "a plan on paper has no less harm than hindsight",
    "outcome_worse": "an institution made worse has more crowding than as usual",
}
ARC = ["zone_id", "institution_id", "class_id", "date"]
NEED = ["zone_id", "class_id", "date"]
CARE = ["institution_id", "class_id", "date"]
CELL = ["institution_id", "resource_id", "date"]
# Points by which a sum of rounded harms may differ from the rounded sum.
ADDED = 1e-7
HARMS = ("harm_usual", "harm_promised", "harm_realised", "harm_hindsight")
LEAST = 1e-6
Frames = Mapping[str, pl.DataFrame]


def verify_outcome(tables: Frames) -> Verification:
    """Whether plan_outcome, plan_outcome_day and plan_outcome_institution agree.

    Of what is rounded or withheld, sums are not compared.

    Raises:
        PlanRefused: naming the rule that is broken.
    """
    verdict = Verdict("outcome", RULES)
    totals, days = tables["plan_outcome"], tables["plan_outcome_day"]
    exact = totals.filter(disclosure="shown")
    summed = days.filter(disclosure="shown")
    for harm in HARMS:
        by_plan = total(summed, ["planned_on", "area"], harm, "summed")
        plans = exact.join(by_plan, on=by_plan.columns[:2])
        verdict.follows("outcome_days", plans, harm, "summed", ADDED)
        regions = total(summed.filter(pl.col("area") != "all"), ["planned_on", "date"], harm, "sum")
        whole = summed.filter(area="all").join(regions, on=regions.columns[:2])
        verdict.follows("outcome_regions", whole, harm, "sum", ADDED)
    could = pl.col("harm_usual") - pl.col("harm_hindsight")
    share = (pl.col("harm_usual") - pl.col("harm_realised")) / could
    regret = pl.col("harm_realised") - pl.col("harm_hindsight")
    verdict.follows("outcome_regret", totals, "regret", regret)
    verdict.follows("outcome_kept_share", totals, "kept_share", pl.when(could > LEAST).then(share))
    paper = exact.filter(area="all", realised_by="paper")
    verdict.at_most("outcome_bound", paper, "harm_hindsight", "harm_realised", size=1.0)
    worse = tables["plan_outcome_institution"]
    verdict.follows(
        "outcome_worse",
        worse.filter(disclosure="shown"),
        "worse_unit_days",
        pl.col("realised_unit_days") - pl.col("usual_unit_days"),
    )
    verdict.none("outcome_worse", worse.filter(pl.col("worse_unit_days") <= 0))
    return Verification(verdict.worst)


def verify_followed(
    plan: Frames, came: Frames, ways: Mapping[str, Frames], outcome: Frames
) -> Verification:
    """Whether what each way did follows from the plan's tables and what came.

    Args:
        plan: the plan's kept tables by name, with zone and institution.
        came: from ``transforms.inputs.allocation.came``.
        ways: usual, realised and hindsight: each its admission, unmet, move and load.
        outcome: plan_outcome_day.

    Raises:
        PlanRefused: naming the rule that is broken.
    """
    verdict = Verdict("outcome", RULES)
    dates = came["allocation_demand"].select("date").unique().sort("date")
    days = outcome["plan_outcome_day"]
    of_plan = {
        t: plan[f"allocation_{t}"].join(dates, on="date", how="semi") for t in ("unmet", "load")
    }
    _harm(verdict, "outcome_promised", plan, dates, of_plan, days, "harm_promised")
    for way, frames in ways.items():
        _decided(verdict, plan, came, dates, way, frames)
        _harm(verdict, "outcome_harm", plan, dates, frames, days, f"harm_{way}")
    if "realised" in ways:
        _on_paper(verdict, plan, came, ways["realised"])
        _no_more(verdict, plan, ways["realised"])
    _within_limit(verdict, plan, came, ways["hindsight"])
    return Verification(verdict.worst)


def _decided(
    verdict: Verdict, plan: Frames, came: Frames, dates: pl.DataFrame, way: str, frames: Frames
) -> None:
    load = frames["load"]
    uses = plan["allocation_use"]
    patients = _census(plan, came, dates, frames["admission"])
    needed = patients.join(uses, on="class_id")
    use = total(needed, CELL, pl.col("patients") * pl.col("units_per_patient"), "used")
    rows = outer_joined(load, use, CELL).with_columns(way=pl.lit(way))
    verdict.follows("outcome_use", rows, "planned_use", "used", 1e-8, 1e-8)
    moved = _moved(frames["move"], dates)
    units = came["allocation_capacity"].select(*CELL, units=pl.col("in_service").round(6))
    there = outer_joined(units, moved, CELL).select(*CELL, there=pl.col("units") + pl.col("change"))
    rows = load.join(there, on=CELL, how="left")
    rows = rows.with_columns(pl.col("there").fill_null(0.0))
    verdict.follows("outcome_stock", rows, "stock", "there", 1e-8, 1e-8)
    resources = plan["allocation_resource"].select("resource_id", "occupancy_target")
    rows = load.join(resources, on="resource_id")
    room = pl.col("occupancy_target") * (pl.col("stock") + pl.col("surge"))
    over = pl.max_horizontal(pl.col("planned_use") - room, 0.0)
    verdict.follows("outcome_crowding", rows, "crowding", over, 1e-8, 1e-8)


def _census(
    plan: Frames, came: Frames, dates: pl.DataFrame, admission: pl.DataFrame
) -> pl.DataFrame:
    """(2) patients by institution, class and date."""
    arrived = total(admission, CARE, "patients_per_day", "arrived").rename({"date": "since"})
    later = arrived.join(dates, how="cross").with_columns(
        day=(pl.col("date") - pl.col("since")).dt.total_days()
    )
    staying = later.join(plan["allocation_stay"], on=["class_id", "day"])
    inside = total(staying, CARE, pl.col("arrived") * pl.col("staying_share"), "staying")
    before = came["allocation_census"].rename({"patients": "initial"})
    both = outer_joined(before, inside, CARE)
    return both.select(*CARE, patients=pl.col("initial") + pl.col("staying"))


def _moved(move: pl.DataFrame, dates: pl.DataFrame) -> pl.DataFrame:
    """institution_id, resource_id, date | change of stock by what left and came until then."""
    left = move.select(
        "resource_id", institution_id="from_institution_id", since="date", units=-pl.col("units")
    )
    come = move.select(
        "resource_id", institution_id="to_institution_id", since="arrives", units="units"
    )
    rows = pl.concat([left, come]).join(dates, how="cross")
    return total(rows.filter(pl.col("date") >= pl.col("since")), CELL, "units", "change")


def _harm(
    verdict: Verdict,
    rule: str,
    plan: Frames,
    dates: pl.DataFrame,
    frames: Frames,
    days: pl.DataFrame,
    harm: str,
) -> None:
    """W·unmet + h·crowding by region and day, W over the days that reports cover."""
    last = pl.lit(dates["date"].max())
    remain = plan["allocation_stay"].join(dates, how="cross")
    remain = remain.filter(pl.col("day") <= (last - pl.col("date")).dt.total_days())
    weight = total(remain, ["class_id", "date"], "staying_share", "days")
    weight = weight.join(plan["allocation_class"].select("class_id", "harm_weight"), on="class_id")
    missed = (
        frames["unmet"]
        .join(weight, on=["class_id", "date"])
        .join(plan["zone"].select("zone_id", "region_id"), on="zone_id")
    )
    crowded = (
        frames["load"]
        .join(
            plan["allocation_resource"].select("resource_id", "crowding_weight"), on="resource_id"
        )
        .join(plan["institution"].select("institution_id", "region_id"), on="institution_id")
    )
    points = [
        missed.select(
            "region_id",
            "date",
            points=pl.col("unmet_patients") * pl.col("days") * pl.col("harm_weight"),
        ),
        crowded.select("region_id", "date", points=pl.col("crowding") * pl.col("crowding_weight")),
    ]
    found = total(pl.concat(points), ["region_id", "date"], "points").rename({"region_id": "area"})
    regions = days.filter(pl.col("area") != "all").select("area", "date", harm)
    rows = outer_joined(regions, found, ["area", "date"])
    verdict.follows(rule, rows, harm, "points", 1e-7, 1e-8)


def _on_paper(verdict: Verdict, plan: Frames, came: Frames, realised: Frames) -> None:
    """Who came less those who leave, more those who are sent."""
    rows = _shifts(plan, came)
    sums = rows.group_by(NEED).agg(
        pl.col("leaves", "gone", "sent", "patients").sum().name.prefix("all_")
    )
    turned = plan["allocation_unmet"].select(*NEED, turned="unmet_patients")
    limits = plan["allocation_class"].select("class_id", "elsewhere_limit")
    rows = rows.join(sums, on=NEED).join(turned, on=NEED, how="left").join(limits, on="class_id")
    part = pl.when(pl.col("all_gone") > 0).then(pl.col("all_leaves") / pl.col("all_gone"))
    rows = rows.with_columns(part=part.fill_null(0.0), turned=pl.col("turned").fill_null(0.0))
    could, away = pl.col("all_sent") * pl.col("part"), pl.col("turned") * pl.col("part")
    limit = pl.col("elsewhere_limit") * pl.col("all_patients")
    rows = rows.with_columns(may=pl.when(could > limit).then(limit / could).otherwise(1.0))
    kept = pl.when(could + away > 0).then((could * pl.col("may") + away) / (could + away))
    come = pl.col("sent") * pl.col("part") * pl.col("may")
    admit = pl.col("patients") - pl.col("leaves") * kept.fill_null(0.0) + come
    admitted = realised["admission"].select(*ARC, "patients_per_day")
    both = outer_joined(rows.select(*ARC, admit=admit), admitted, ARC)
    verdict.follows("outcome_paper", both, "patients_per_day", "admit", 1e-6, 1e-6)


def _shifts(plan: Frames, came: Frames) -> pl.DataFrame:
    """By arc and day: who came as usual, and how many the plan lets leave and sends.

    ``gone`` is how many should have left, ``leaves`` how many of those who came can.
    """
    wanted = plan["allocation_unmet"].select(*NEED, "demand_patients")
    habits = plan["allocation_arc"].filter(pl.col("usual") > 0).join(wanted, on=NEED[:2])
    asked = habits.select(*ARC, expected=pl.col("usual") * pl.col("demand_patients"))
    admitted = plan["allocation_admission"].select(*ARC, admitted="patients_per_day")
    gone = pl.max_horizontal(pl.col("expected") - pl.col("admitted"), 0.0)
    sent = plan["allocation_transfer"].select(*ARC, sent="patients_per_day")
    days = came["allocation_demand"].select("date").unique()
    rows = outer_joined(outer_joined(asked, admitted, ARC).select(*ARC, gone=gone), sent, ARC)
    rows = outer_joined(rows, came["usual"].select(*ARC, "patients"), ARC)
    both = rows.join(days, on="date", how="semi")
    return both.with_columns(leaves=pl.min_horizontal("gone", "patients"))


def _no_more(verdict: Verdict, plan: Frames, realised: Frames) -> None:
    key = ["from_institution_id", "to_institution_id", "resource_id", "date"]
    planned = plan["allocation_move"].select(*key, planned="units")
    moves = realised["move"].join(planned, on=key, how="left")
    verdict.at_most("outcome_moves", moves, "units", pl.col("planned").fill_null(0.0), size=1.0)
    surge = plan["allocation_load"].select(*CELL, planned="surge")
    load = realised["load"].join(surge, on=CELL, how="left")
    verdict.at_most("outcome_moves", load, "surge", pl.col("planned").fill_null(0.0), size=1.0)


def _within_limit(verdict: Verdict, plan: Frames, came: Frames, best: Frames) -> None:
    """(8b) for hindsight, and admissions along arcs alone."""
    admission = best["admission"]
    arcs = plan["allocation_arc"].select(ARC[:3])
    verdict.none("outcome_choice", admission.join(arcs, on=ARC[:3], how="anti"))
    rows = outer_joined(
        admission.select(*ARC, "patients_per_day"), came["usual"].select(*ARC, "patients"), ARC
    )
    beyond = pl.max_horizontal(pl.col("patients_per_day") - pl.col("patients"), 0.0)
    sums = outer_joined(
        total(rows, NEED, beyond, "sent"), total(came["usual"], NEED, "patients", "came"), NEED
    ).join(plan["allocation_class"].select("class_id", "elsewhere_limit"), on="class_id")
    limit = pl.col("elsewhere_limit") * pl.col("came")
    verdict.at_most("outcome_choice", sums, "sent", limit, size=1.0)
