"""Tables of the allocation: what the model read, enough for anyone to compute the same optimum
again, and what the plan says: who goes where, what moves, and what remains short.
"""

from collections.abc import Mapping

import polars as pl

from schemas.table import Table


class AllocationInput(Table):
    """A table that the model reads."""

    layer = "results"
    subject = "Allocation: what the model read"


class AllocationDemand(AllocationInput):
    """Expected new patients of a class who live in a zone and need admission on a day."""

    key = "zone_id class_id date"
    columns = "mean upper"


class AllocationScenario(AllocationInput):
    """New patients on a drawn path of demand; rows of 0 are absent, no rows: none were drawn."""

    key = "path zone_id class_id date"
    columns = "demand_patients"


class AllocationArc(AllocationInput):
    """An institution that may admit patients of a class from a zone."""

    key = "zone_id institution_id class_id"
    columns = "km usual"


class AllocationCapacity(AllocationInput):
    """Units of a resource that an institution has on a day of the plan."""

    key = "institution_id resource_id date"
    columns = "in_service surge_limit"


class AllocationCensus(AllocationInput):
    """Patients admitted before the plan who are expected to be in still."""

    key = "institution_id class_id date"
    columns = "patients"


class AllocationStay(AllocationInput):
    """Share of a class's patients still in bed some days after admission."""

    key = "class_id day"
    columns = "staying_share"


class AllocationUse(AllocationInput):
    """Units of a resource that one patient in bed uses."""

    key = "class_id resource_id"
    columns = "units_per_patient"


class AllocationClass(AllocationInput):
    """A care class as the model sees it."""

    key = "class_id"
    columns = "harm_weight mean_stay_days elsewhere_limit cost_km cost_change_patient?"


class AllocationResource(AllocationInput):
    """A resource as the model sees it."""

    key = "resource_id"
    columns = """
        movable crowding_weight occupancy_target retain_share lead_days cost_unit_km cost_surge_day
        whole? least_move? cost_move? cost_change_unit?
    """


class AllocationMoveArc(AllocationInput):
    """Two institutions between which a movable resource may travel."""

    key = "from_institution_id to_institution_id resource_id"
    columns = "km"


class AllocationUnderWay(AllocationInput):
    """Units that left before the plan's first day and are not in use again by then.

    They count as units of the institution that receives them from the day they arrive;
    allocation_capacity has them. What the giver's report still holds of them is taken off it."""

    key = "from_institution_id to_institution_id resource_id date"
    columns = "arrives units unreported"


class AllocationSent(AllocationInput):
    """Patients whom an earlier night's plan sent to an institution since it last reported.

    Patients beyond those who would have come as usual, or, below 0, those who went elsewhere.
    allocation_census has those of them who are expected to be in still."""

    key = "institution_id class_id date"
    columns = "patients_per_day"


class AllocationAnnouncedDay(AllocationInput):
    """A day of tonight's plan for which an earlier night announced what would happen."""

    key = "date"
    columns = "announced_on"


class AllocationAnnounced(AllocationInput):
    """A transfer or move that an earlier night announced for a day of tonight's plan."""

    key = "action from_id to_id subject_id date"
    columns = "announced"
    rules = {"announced": {"gt": 0}}


class AllocationResult(Table):
    """A table of the plan."""

    layer = "results"
    subject = "Allocation: what the plan says"


class AllocationSetting(AllocationResult):
    """A setting of the model that changes what the optimum is."""

    key = "setting"
    columns = "value"


class AllocationAdmission(AllocationResult):
    """Patients of a zone and class whom an institution admits on a day; rows of 0 are absent."""

    key = "zone_id institution_id class_id date"
    columns = "patients_per_day"
    rules = {"patients_per_day": {"gt": 0}}


class AllocationTransfer(AllocationResult):
    """Patients of a zone and class to be sent elsewhere than usual on a day."""

    key = "zone_id institution_id class_id date"
    columns = "patients_per_day km cost_per_day explanation?"
    rules = {"patients_per_day": {"gt": 0}}


class AllocationMove(AllocationResult):
    """Units of a resource to be moved from one institution to another on a day."""

    key = "from_institution_id to_institution_id resource_id date"
    columns = "arrives units km cost explanation?"


class AllocationLoad(AllocationResult):
    """An institution's resource on a day, before and after the plan."""

    key = "institution_id resource_id date"
    columns = "in_service stock planned_use reserve surge crowding usual_use usual_crowding"


class AllocationUnmet(AllocationResult):
    """Patients of a zone and class whom nobody admits on a day."""

    key = "zone_id class_id date"
    columns = "demand_patients unmet_patients unmet_share"
    rules = {"unmet_share": {"ge": 0, "le": 1}}


class AllocationFairness(AllocationResult):
    """How badly the worst-off zone and the most crowded institution of a region fare."""

    key = "region_id"
    columns = "worst crowded usual_worst usual_crowded"


class AllocationValue(AllocationResult):
    """Harm that one more unit of a resource would avert at an institution on a day."""

    key = "institution_id resource_id date"
    columns = "unit_day_price relative binds"


class AllocationBestUnit(AllocationResult):
    """One of the units of capacity that would avert most harm, confirmed by a second solve."""

    key = "rank"
    columns = "institution_id resource_id averted_by_price averted confirmed_share"


class PolicyComparison(AllocationResult):
    """What a way of deciding would do with the same demand and capacity."""

    key = "policy"
    columns = """
        harm harm_unmet harm_crowding crowding_unit_days crowding_patient_days unmet worst crowded
        sent moved surge_unit_days cost
    """


class AllocationAlternative(AllocationResult):
    """What another way of taking demand or of being fair would have planned.

    In all of them units move in any amount and without a fixed cost of a move."""

    key = "alternative"
    columns = """
        harm unmet worst crowded zones_worst_tenth institutions_worst_tenth sent moved
        surge_unit_days cost simulated_harm simulated_harm_bad
    """


class AllocationScenarioFlow(AllocationResult):
    """What is done on a drawn path of demand: admissions, moves and surge; rows of 0 are absent.

    An admission is from a zone, surge from and to the institution that opens it. On the first
    days moves and surge are those of the plan, and admissions follow from it."""

    key = "path action from_id to_id subject_id date"
    columns = "planned"


class AllocationScenarioHarm(AllocationResult):
    """Harm on a drawn path of demand, with the plan and if everyone went where usual."""

    key = "path"
    columns = "harm harm_unmet harm_crowding usual_harm"


class AllocationRisk(AllocationResult):
    """Harm over all drawn paths of demand, on the mean and in the tail."""

    key = "policy"
    columns = "mean_harm tail_harm"


class AllocationChange(AllocationResult):
    """A transfer or move that differs from what the last plan announced for its day."""

    key = "action from_id to_id subject_id date"
    columns = "announced planned difference"


INPUTS: tuple[type[Table], ...] = tuple(AllocationInput.__subclasses__())
RESULTS: tuple[type[Table], ...] = tuple(AllocationResult.__subclasses__())
ON_PATHS: tuple[type[Table], ...] = (AllocationScenarioFlow, AllocationScenarioHarm, AllocationRisk)
LEAST_SHARE = 1e-7


def staying(stay: pl.DataFrame) -> pl.DataFrame:
    """``allocation_stay`` as it is planned with: shares below a ten-millionth count as 0.

    A long horizon has shares of a billionth, which would only blur the numbers beside them.
    """
    share = pl.col("staying_share")
    return stay.with_columns(pl.when(share >= LEAST_SHARE).then(share).otherwise(0.0))


TRANSFER = ("zone_id", "institution_id", "class_id", "patients_per_day")
MOVE = ("from_institution_id", "to_institution_id", "resource_id", "units")
KEY = ["action", "from_id", "to_id", "subject_id", "date"]


def flows(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """action (transfer or move), from_id, to_id, subject_id (class or resource), date | amount.

    ``tables`` has allocation_transfer and allocation_move.
    """
    return pl.concat(
        [
            _named(tables["allocation_transfer"], "transfer", TRANSFER),
            _named(tables["allocation_move"], "move", MOVE),
        ]
    )


def _named(table: pl.DataFrame, action: str, columns: tuple[str, str, str, str]) -> pl.DataFrame:
    origin, target, subject, amount = columns
    return table.select(
        action=pl.lit(action),
        from_id=pl.col(origin),
        to_id=pl.col(target),
        subject_id=pl.col(subject),
        date=pl.col("date"),
        amount=pl.col(amount),
    )
