"""What the allocation plan says: who goes where, what moves, and what remains short."""

import polars as pl

from schemas.table import Table, column

SOURCE = "the allocation model"


class AllocationAdmission(Table):
    """Patients of a zone and class whom an institution admits on a day; rows of 0 are absent."""

    zone_id: str = column("Zone where the patients live.")
    institution_id: str = column("Institution that admits them.")
    class_id: str = column("Care class.")
    date: pl.Date = column("Day of the plan.")
    patients_per_day: float = column("Patients admitted.", "patients/day", gt=0)

    class Config:
        name = "allocation_admission"
        unique = ["zone_id", "institution_id", "class_id", "date"]
        metadata = {"layer": "results", "source": SOURCE}


class AllocationTransfer(Table):
    """Patients of a zone and class to be sent elsewhere than usual on a day."""

    zone_id: str = column("Zone where the patients live.")
    institution_id: str = column("Institution that receives them.")
    class_id: str = column("Care class.")
    date: pl.Date = column("Day of the plan.")
    patients_per_day: float = column(
        "Patients beyond the institution's usual ones.", "patients/day", gt=0
    )
    km: float = column("Distance from zone to institution.", "km", ge=0)
    cost_per_day: float = column("Cost of sending them.", "currency/day", ge=0)
    reason: str = column("Why, in plain words.", nullable=True)

    class Config:
        name = "allocation_transfer"
        unique = ["zone_id", "institution_id", "class_id", "date"]
        metadata = {"layer": "results", "source": SOURCE}


class AllocationMove(Table):
    """Units of a resource to be moved from one institution to another on a day."""

    from_institution_id: str = column("Institution that gives.")
    to_institution_id: str = column("Institution that receives.")
    resource_id: str = column("Resource.")
    date: pl.Date = column("Day on which the units leave.")
    arrives: pl.Date = column("Day on which the units are in use again.")
    units: float = column("Units moved.", "units", gt=0)
    km: float = column("Distance between the two.", "km", ge=0)
    cost: float = column("Cost of the move.", "currency", ge=0)
    reason: str = column("Why, in plain words.", nullable=True)

    class Config:
        name = "allocation_move"
        unique = ["from_institution_id", "to_institution_id", "resource_id", "date"]
        metadata = {"layer": "results", "source": SOURCE}


class AllocationLoad(Table):
    """An institution's resource on a day, before and after the plan."""

    institution_id: str = column("Institution.")
    resource_id: str = column("Resource.")
    date: pl.Date = column("Day of the plan.")
    in_service: float = column("Units in service before any move.", "units", ge=0)
    stock: float = column("Units there after the plan's moves.", "units", ge=0)
    planned_use: float = column("Units that the plan's patients use.", "units", ge=0)
    reserve: float = column("Units kept free for demand above its mean.", "units", ge=0)
    surge: float = column("Surge units that the plan opens.", "units", ge=0)
    crowding: float = column("Units used beyond what may be planned full.", "units", ge=0)
    usual_use: float = column("Units used if everyone went where usual.", "units", ge=0)
    usual_crowding: float = column("Units over in that case.", "units", ge=0)

    class Config:
        name = "allocation_load"
        unique = ["institution_id", "resource_id", "date"]
        metadata = {"layer": "results", "source": SOURCE}


class AllocationUnmet(Table):
    """Patients of a zone and class whom nobody admits on a day."""

    zone_id: str = column("Zone where the patients live.")
    class_id: str = column("Care class.")
    date: pl.Date = column("Day of the plan.")
    demand_patients: float = column("Patients who need admission.", "patients/day", gt=0)
    unmet_patients: float = column("Of them, patients not admitted.", "patients/day", ge=0)
    unmet_share: float = column("Unmet as a share of demand.", "share", ge=0, le=1)

    class Config:
        name = "allocation_unmet"
        unique = ["zone_id", "class_id", "date"]
        metadata = {"layer": "results", "source": SOURCE}


class AllocationFairness(Table):
    """How badly the worst-off zone and the most crowded institution of a region fare."""

    region_id: str = column("Planning region.")
    worst: float = column("Largest share of harm unmet in one of its zones.", "share", ge=0)
    crowded: float = column("Largest share of crowding in one institution.", "share", ge=0)
    usual_worst: float = column("The former if everyone went where usual.", "share", ge=0)
    usual_crowded: float = column("The latter if everyone went where usual.", "share", ge=0)

    class Config:
        name = "allocation_fairness"
        unique = ["region_id"]
        metadata = {"layer": "results", "source": SOURCE}


class AllocationValue(Table):
    """Harm that one more unit of a resource would avert at an institution on a day."""

    institution_id: str = column("Institution.")
    resource_id: str = column("Resource.")
    date: pl.Date = column("Day of the plan.")
    unit_day_price: float = column("Harm averted by one more unit.", "points/unit-day", ge=0)
    relative: float = column("The price by that of a unit-day over capacity.", "share", ge=0)
    binds: str = column("What binds there: capacity, surge, no worse, or over capacity.")

    class Config:
        name = "allocation_value"
        unique = ["institution_id", "resource_id", "date"]
        metadata = {"layer": "results", "source": SOURCE}


class AllocationBestUnit(Table):
    """One of the units of capacity that would avert most harm, confirmed by a second solve."""

    rank: int = column("1 is the most valuable.", ge=1)
    institution_id: str = column("Institution.")
    resource_id: str = column("Resource.")
    averted_by_price: float = column(
        "Harm averted by a unit on every day, as priced.", "points", ge=0
    )
    averted: float = column("Harm averted when the model has that unit.", "points", ge=0)
    confirmed_share: float = column(
        "Averted by price: 1 where every unit is worth alike.", "share", ge=0
    )

    class Config:
        name = "allocation_best_unit"
        unique = ["rank"]
        metadata = {"layer": "results", "source": SOURCE}


class PolicyComparison(Table):
    """What a way of deciding would do with the same demand and capacity."""

    policy: str = column("plan, or one of the simple policies.")
    harm: float = column("Harm of care not given and of crowding.", "points", ge=0)
    harm_unmet: float = column("Of it, harm of care not given.", "points", ge=0)
    harm_crowding: float = column("Of it, harm of crowding.", "points", ge=0)
    crowding_unit_days: float = column("Units used beyond capacity, by day.", "unit-days", ge=0)
    crowding_patient_days: float = column("Patient-days beyond capacity.", "patient-days", ge=0)
    unmet: float = column("Patients not admitted.", "patients", ge=0)
    worst: float = column("Largest share of harm unmet in a zone.", "share", ge=0)
    crowded: float = column("Largest share of crowding in an institution.", "share", ge=0)
    sent: float = column("Patients sent elsewhere than usual.", "patients", ge=0)
    moved: float = column("Units moved.", "units", ge=0)
    surge_unit_days: float = column("Surge units opened, by day.", "unit-days", ge=0)
    cost: float = column("Cost of sending, moving, surge and changes.", "currency", ge=0)

    class Config:
        name = "policy_comparison"
        unique = ["policy"]
        metadata = {"layer": "results", "source": "the allocation model and simple policies"}


class AllocationAlternative(Table):
    """What another way of taking demand or of being fair would have planned.

    In all of them units move in any amount and without a fixed cost of a move.
    """

    alternative: str = column("The setting that differs, and its value.")
    harm: float = column("Harm at mean demand.", "points", ge=0)
    unmet: float = column("Patients not admitted.", "patients", ge=0)
    worst: float = column("Largest share of harm unmet in a zone.", "share", ge=0)
    crowded: float = column("Largest share of crowding in an institution.", "share", ge=0)
    zones_worst_tenth: float = column("Mean share of the worst tenth of zones.", "share", ge=0)
    institutions_worst_tenth: float = column(
        "Mean share of the worst tenth of institutions.", "share", ge=0
    )
    sent: float = column("Patients sent elsewhere than usual.", "patients", ge=0)
    moved: float = column("Units moved.", "units", ge=0)
    surge_unit_days: float = column("Surge units opened, by day.", "unit-days", ge=0)
    cost: float = column("Cost of sending, moving, surge and changes.", "currency", ge=0)
    simulated_harm: float = column("Mean harm over drawn demands.", "points", ge=0)
    simulated_harm_bad: float = column("Harm that one drawn demand in ten exceeds.", "points", ge=0)

    class Config:
        name = "allocation_alternative"
        unique = ["alternative"]
        metadata = {"layer": "results", "source": "the allocation model under other settings"}


class AllocationChange(Table):
    """A transfer or move that differs from what the last plan announced for its day."""

    action: str = column("transfer or move.", isin=["transfer", "move"])
    from_id: str = column("Zone of the patients, or institution that gives.")
    to_id: str = column("Institution that receives.")
    subject_id: str = column("Care class of the patients, or resource that moves.")
    date: pl.Date = column("Day of the plan.")
    announced: float = column("Patients or units announced.", "units", ge=0)
    planned: float = column("Patients or units planned tonight.", "units", ge=0)
    difference: float = column("Planned less announced.", "units")

    class Config:
        name = "allocation_change"
        unique = ["action", "from_id", "to_id", "subject_id", "date"]
        metadata = {"layer": "results", "source": "tonight's plan and the last one"}
