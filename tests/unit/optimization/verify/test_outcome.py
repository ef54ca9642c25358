"""Outcomes of plans that verify, and every rule that they may not break."""

from functools import cache

import polars as pl
import pytest

from optimization.verify.outcome import RULES, verify_followed, verify_outcome
from tests.unit.optimization.allocation.outcomes import outcome, two_hospitals, what_came
from tests.unit.optimization.verify.planted import (
    FIRST,
    Edit,
    Tables,
    broken_rule,
    lose,
    more,
    planted,
    put,
    put_all,
    refusal,
    written_rules,
)

WAYS = ("usual", "realised", "hindsight")
A, B = (pl.col("institution_id") == institution for institution in "AB")
WHOLE = pl.col("area") == "all"


@cache
def judged() -> Tables:
    """Of 14 who use A, with 10 beds, 3 are sent to B; 12 come, and B has 2 of its 3 beds.

    ``kept``, ``came`` and what each way did stand beside the outcome, by a prefix.
    """
    kept, came = two_hospitals(), what_came(two_hospitals(), 12 / 14, {"A": 1.0, "B": 2 / 3})
    found, ways = outcome(kept, came)
    parts = {"kept": kept, "came": came, **ways}
    named = {f"{part}.{table}": f for part, frames in parts.items() for table, f in frames.items()}
    return {**found, **named}


def part(tables: Tables, name: str) -> Tables:
    prefix = f"{name}."
    return {t.removeprefix(prefix): f for t, f in tables.items() if t.startswith(prefix)}


def follows(tables: Tables) -> None:
    """What each way did follows from plan and reports."""
    ways = {way: part(tables, way) for way in WAYS}
    verify_followed(part(tables, "kept"), part(tables, "came"), ways, tables)


def grow(*names: str, by: float = 1.0, **columns: float) -> Edit:
    """Columns of every row of some tables grow."""
    grown = {c: pl.col(c) + by * sign for c, sign in columns.items()}
    return lambda tables: planted(tables, *(put_all(name, **grown) for name in names))


def both(harm: str, by: float, of: pl.Expr) -> Edit:
    """A harm by day and in all grows where the area is ``of``."""
    value = {harm: pl.when(of).then(pl.col(harm) + by).otherwise(pl.col(harm))}
    return lambda tables: planted(
        tables, put_all("plan_outcome", **value), put_all("plan_outcome_day", **value)
    )


def sent_by(way: str, patients: float) -> tuple[Edit, ...]:
    """So many more go to B, which is crowded by as many."""
    return (
        more(f"{way}.admission", -patients, A, patients_per_day=1),
        more(f"{way}.admission", patients, B, patients_per_day=1),
        more(f"{way}.load", -patients, A, planned_use=1),
        more(f"{way}.load", patients, B, planned_use=1, crowding=1),
        grow("plan_outcome_day", by=patients, **{f"harm_{way}": 1}),
    )


def moved_bed(tables: Tables) -> Tables:
    """Half a bed that nobody planned to move goes from A to B."""
    date = tables["realised.load"]["date"][0]
    row = {
        "from_institution_id": "A",
        "to_institution_id": "B",
        "resource_id": "bed",
        "date": date,
        "arrives": date,
        "units": 0.5,
    }
    move = tables["realised.move"]
    one = pl.DataFrame([row]).cast({c: move.schema[c] for c in row})
    return {**tables, "realised.move": pl.concat([move, one], how="diagonal")}


HARM = pl.col("harm_realised") - pl.col("harm_hindsight")
SHARE = (pl.col("harm_usual") - pl.col("harm_realised")) / (
    pl.col("harm_usual") - pl.col("harm_hindsight")
)
FOLLOWED = [
    ("outcome_paper", *sent_by("realised", 1.0)),
    ("outcome_paper", more("kept.allocation_transfer", -1.0, patients_per_day=1)),
    ("outcome_choice", *sent_by("hindsight", 5.0)),
    ("outcome_choice", lose("kept.allocation_arc", B)),
    ("outcome_use", more("usual.load", planned_use=1)),
    ("outcome_stock", more("realised.load", stock=1)),
    (
        "outcome_moves",
        put("realised.load", B, surge=0.5, crowding=pl.col("crowding") - 0.5),
        grow("plan_outcome_day", by=-0.5, harm_realised=1),
    ),
    (
        "outcome_moves",
        moved_bed,
        more("realised.load", -0.5, A, stock=1),
        more("realised.load", 0.5, B, stock=1, crowding=-1),
        grow("plan_outcome_day", by=-0.5, harm_realised=1),
    ),
    ("outcome_crowding", more("hindsight.load", crowding=1)),
    ("outcome_harm", more("usual.unmet", unmet_patients=1)),
    ("outcome_harm", grow("plan_outcome_day", harm_realised=1)),
    ("outcome_promised", more("kept.allocation_load", crowding=1)),
    ("outcome_promised", grow("plan_outcome_day", harm_promised=1)),
]
FIGURES = [
    ("outcome_days", more("plan_outcome", harm_usual=1)),
    ("outcome_regions", both("harm_usual", 1.0, WHOLE)),
    ("outcome_regret", more("plan_outcome", regret=1)),
    ("outcome_kept_share", more("plan_outcome", 0.1, kept_share=1)),
    (
        "outcome_bound",
        both("harm_hindsight", 1.5, pl.lit(True)),
        put_all("plan_outcome", regret=HARM, kept_share=SHARE),
    ),
    ("outcome_worse", more("plan_outcome_institution", worse_unit_days=1)),
    (
        "outcome_worse",
        put("plan_outcome_institution", FIRST, usual_unit_days=1.0, realised_unit_days=1.0),
        put("plan_outcome_institution", FIRST, worse_unit_days=0.0),
    ),
]


def test_a_sound_outcome_verifies():
    assert broken_rule(follows, judged()) is None
    assert broken_rule(verify_outcome, judged()) is None


@pytest.mark.parametrize(("rule", "edits"), [(rule, edits) for rule, *edits in FOLLOWED])
def test_what_a_way_did_must_follow(rule, edits):
    assert refusal(follows, planted(judged(), *edits)).rule == rule


@pytest.mark.parametrize(("rule", "edits"), [(rule, edits) for rule, *edits in FIGURES])
def test_a_figure_must_follow(rule, edits):
    assert refusal(verify_outcome, planted(judged(), *edits)).rule == rule


def test_every_rule_has_a_planted_violation_and_is_written_down():
    assert {rule for rule, *_ in (*FOLLOWED, *FIGURES)} == set(RULES)
    assert written_rules("outcome") == RULES
