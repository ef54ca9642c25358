from datetime import date

import polars as pl
from polars.testing import assert_frame_equal

from schemas.results import allocation as tables
from schemas.table import conform, empty
from transforms.inputs.allocation.earlier import (
    EarlierPlan,
    announced,
    of_known,
    sent,
    under_way,
    with_sent,
    with_under_way,
)
from transforms.inputs.allocation.offer import plan_days

D8, D9, D10, D11, D12 = (date(2026, 2, day) for day in (8, 9, 10, 11, 12))


def earlier(night, first, until, *, moves=(), had=10.0, **flows):
    """A plan of three days; moves (from, to, date, arrives, units), ``had`` units at A and B."""
    columns = ["from_institution_id", "to_institution_id", "date", "arrives", "units"]
    rows = pl.DataFrame(list(moves), orient="row", schema=columns) if moves else None
    capacity = pl.DataFrame({"institution_id": ["A", "B"], "in_service": had})
    last = date(first.year, first.month, first.day + 2)
    made = {
        "allocation_transfer": flows.get("transfer", empty(tables.AllocationTransfer)),
        "allocation_move": empty(tables.AllocationMove)
        if rows is None
        else conform(tables.AllocationMove, rows.with_columns(resource_id=pl.lit("nurse"))),
        "allocation_capacity": conform(
            tables.AllocationCapacity,
            capacity.with_columns(resource_id=pl.lit("nurse"), date=pl.lit(first)),
        ),
        "allocation_admission": flows.get("admission", empty(tables.AllocationAdmission)),
        "allocation_unmet": flows.get("unmet", empty(tables.AllocationUnmet)),
        "allocation_arc": flows.get("arc", empty(tables.AllocationArc)),
    }
    return EarlierPlan(night, first, last, until, made)


def units(a, b):
    return pl.DataFrame(
        {"institution_id": ["A", "B"], "resource_id": "nurse", "service": [float(a), float(b)]}
    )


def capacity(a, b, start, horizon=2):
    days = plan_days(date(start.year, start.month, start.day - 1), horizon).select("date")
    rows = units(a, b).rename({"service": "in_service"}).join(days, how="cross")
    return conform(tables.AllocationCapacity, rows.with_columns(surge_limit=pl.lit(0.0)))


def by_day(frame):
    return frame.sort("institution_id", "date")["in_service"].to_list()


def test_units_that_left_arrive_at_their_taker_and_are_no_longer_the_givers():
    """3 nurses left A on the 9th and work at B from the 11th; tonight plans the 10th and 11th."""
    plans = [earlier(D8, D9, D10, moves=[("A", "B", D9, D11, 3.0)])]
    for reported, unreported, at_a in ((7.0, 0.0, 7.0), (10.0, 3.0, 7.0), (9.0, 2.0, 7.0)):
        moves = under_way(plans, units(reported, 10.0), D10)
        assert moves.select("units", "unreported").rows() == [(3.0, unreported)]
        found = with_under_way(capacity(reported, 10.0, D10), moves)
        assert by_day(found) == [at_a, at_a, 10.0, 13.0]


def test_what_arrives_on_the_first_day_planned_is_under_way_and_in_no_report():
    """A gave 3 and gets 2 on the 10th: of 10 it has 7, so 2 of the 9 that it reports are gone."""
    moves = [("A", "B", D9, D10, 3.0), ("B", "A", D9, D10, 2.0)]
    found = under_way([earlier(D8, D9, D10, moves=moves)], units(9.0, 8.0), D10)
    rows = found.sort("from_institution_id").select("from_institution_id", "units", "unreported")
    assert rows.rows() == [("A", 3.0, 2.0), ("B", 2.0, 0.0)]


def test_a_giver_that_lost_more_than_it_gave_loses_nothing_more():
    plans = [earlier(D8, D9, D10, moves=[("A", "B", D9, D11, 3.0)])]
    moves = under_way(plans, units(5.0, 10.0), D10)
    assert moves["unreported"].to_list() == [0.0]
    assert by_day(with_under_way(capacity(5.0, 10.0, D10), moves)) == [5.0, 5.0, 10.0, 13.0]


def test_moves_that_arrived_or_were_never_to_leave_are_not_under_way():
    arrived = ("A", "B", D8, D9, 1.0)  # a day on the road, in use on the 9th
    later = ("A", "B", D10, D11, 2.0)  # announced for tonight's first day: tonight decides
    moves = under_way([earlier(D8, D8, D10, moves=[arrived, later])], units(9.0, 11.0), D10)
    assert moves.is_empty()
    assert by_day(with_under_way(capacity(9.0, 11.0, D10), moves)) == [9.0, 9.0, 11.0, 11.0]


def test_only_the_days_on_which_a_plan_was_in_force_count():
    """The night of the 9th planned anew from the 10th: what the 8th's had for then is void."""
    plans = [
        earlier(D8, D9, D10, moves=[("A", "B", D9, D11, 1.0), ("A", "B", D10, D12, 5.0)]),
        earlier(D9, D10, D11, moves=[("A", "B", D10, D12, 2.0)], had=9.0),
    ]
    moves = under_way(plans, units(7.0, 10.0), D11)
    assert moves.select("date", "units", "unreported").rows() == [(D9, 1.0, 0.0), (D10, 2.0, 0.0)]
    assert by_day(with_under_way(capacity(7.0, 10.0, D11), moves)) == [7.0, 7.0, 11.0, 13.0]


def test_moves_to_one_who_takes_no_part_tonight_are_left_out():
    plans = [earlier(D8, D9, D10, moves=[("A", "C", D9, D11, 3.0)])]
    assert under_way(plans, units(10.0, 10.0), D10).is_empty()


def flow(table, **columns):
    return conform(table, pl.DataFrame(columns))


def diverting(until):
    """Z's 4 patients a day go to A as usual; the plan sends 1 of them to B."""
    day = [D9, D9]
    care = {"zone_id": "Z", "class_id": "icu"}
    return earlier(
        D8,
        D9,
        until,
        admission=flow(
            tables.AllocationAdmission,
            institution_id=["A", "B"], date=day, patients_per_day=[3.0, 1.0], **care,
        ),
        unmet=flow(
            tables.AllocationUnmet,
            date=[D9], demand_patients=4.0, unmet_patients=0.0, unmet_share=0.0, **care,
        ),
        arc=flow(
            tables.AllocationArc,
            institution_id=["A", "B"], km=1.0, usual=[1.0, 0.0], **care,
        ),
        transfer=flow(
            tables.AllocationTransfer,
            institution_id=["B", "B"], date=[D9, D10], patients_per_day=[1.0, 2.0], **care,
        ),
    )  # fmt: skip


def seen(a, b):
    return pl.DataFrame({"institution_id": ["A", "B"], "class_id": "icu", "seen": [a, b]})


def test_patients_sent_since_an_institution_reported_are_added_and_those_sent_away_taken_off():
    found = sent([diverting(D10)], seen(D8, D8), D10)
    assert found.select("institution_id", "date", "patients_per_day").rows() == [
        ("A", D9, -1.0),
        ("B", D9, 1.0),
    ]
    census = pl.DataFrame(
        {
            "institution_id": ["A", "A"],
            "class_id": "icu",
            "date": [D10, D11],
            "patients": [5.0, 0.2],
        }
    )
    stay = pl.DataFrame({"class_id": "icu", "day": [0, 1, 2], "staying_share": [1.0, 0.5, 0.25]})
    census = conform(tables.AllocationCensus, census)
    after = with_sent(census, found, stay, plan_days(D9, 2))
    # half of a patient admitted on the 9th is in on the 10th, a quarter on the 11th
    assert after.sort("institution_id", "date")["patients"].to_list() == [4.5, 0.0, 0.5, 0.25]


def test_what_a_plan_had_for_days_on_which_it_was_replaced_was_not_sent():
    assert sent([diverting(D9)], seen(D8, D8), D10).is_empty()


def test_what_a_report_shows_is_not_added_again():
    found = sent([diverting(D10)], seen(D9, D9), D10)
    assert found.is_empty()
    only_b = sent([diverting(D10)], seen(D9, D8), D10)
    assert only_b["institution_id"].to_list() == ["B"]


def test_the_newest_plan_is_what_was_announced_for_the_days_that_remain():
    told, flows = announced([diverting(D10)], plan_days(D9, 5))
    assert told.rows() == [(D10, D8), (D11, D8)]
    assert flows.rows() == [("transfer", "Z", "B", "icu", D10, 2.0)]


def test_an_institution_that_is_not_of_the_region_is_named_no_more():
    plan = diverting(D10)
    moves = [("A", "B", D9, D11, 3.0), ("B", "A", D9, D11, 1.0)]
    plan.tables["allocation_move"] = earlier(D8, D9, D10, moves=moves).tables["allocation_move"]
    kept = of_known(plan, pl.Series(["A", "C"]))
    assert announced([kept], plan_days(D9, 5))[1].is_empty()
    assert under_way([kept], units(10.0, 10.0), D10).is_empty()
    found = sent([kept], seen(D8, D8), D10)
    assert found.select("institution_id", "patients_per_day").rows() == [("A", -1.0)]
    both = of_known(plan, pl.Series(["A", "B"]))
    assert all(both.tables[name].equals(frame) for name, frame in plan.tables.items())


def test_without_earlier_plans_nothing_changes():
    moves, patients = under_way([], units(10.0, 10.0), D10), sent([], seen(D8, D8), D10)
    assert moves.is_empty()
    assert patients.is_empty()
    given = capacity(10.0, 10.0, D10)
    assert_frame_equal(with_under_way(given, moves), given)
    assert [t.height for t in announced([], plan_days(D9, 2))] == [0, 0]
