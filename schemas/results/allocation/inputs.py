"""What the allocation model read: enough for anyone to compute the same optimum again."""

import polars as pl

from schemas.table import Table, column

SOURCE = "regional tables of the night and the region's assumptions"
EARLIER = "plans of earlier nights"


class AllocationDemand(Table):
    """Expected new patients of a class who live in a zone and need admission on a day."""

    zone_id: str = column("Zone where the patients live.")
    class_id: str = column("Care class.")
    date: pl.Date = column("Day of the plan.")
    mean: float = column("Expected patients who need admission.", "patients/day", ge=0)
    upper: float = column("Upper bound of that expectation.", "patients/day", ge=0)

    class Config:
        name = "allocation_demand"
        unique = ["zone_id", "class_id", "date"]
        metadata = {"layer": "results", "source": SOURCE}


class AllocationArc(Table):
    """An institution that may admit patients of a class from a zone."""

    zone_id: str = column("Zone where the patients live.")
    institution_id: str = column("Institution that may admit them.")
    class_id: str = column("Care class.")
    km: float = column("Distance from zone to institution.", "km", ge=0)
    usual: float = column("Share of the zone's patients it treats as a rule.", "share", ge=0, le=1)

    class Config:
        name = "allocation_arc"
        unique = ["zone_id", "institution_id", "class_id"]
        metadata = {"layer": "results", "source": SOURCE}


class AllocationCapacity(Table):
    """Units of a resource that an institution has on a day of the plan."""

    institution_id: str = column("Institution.")
    resource_id: str = column("Resource.")
    date: pl.Date = column("Day of the plan.")
    in_service: float = column("Units in service.", "units", ge=0)
    surge_limit: float = column("Units that can be opened as surge.", "units", ge=0)

    class Config:
        name = "allocation_capacity"
        unique = ["institution_id", "resource_id", "date"]
        metadata = {"layer": "results", "source": SOURCE}


class AllocationCensus(Table):
    """Patients admitted before the plan who are expected to be in still."""

    institution_id: str = column("Institution.")
    class_id: str = column("Care class.")
    date: pl.Date = column("Day of the plan.")
    patients: float = column("Expected patients in, admitted before day 1.", "patients", ge=0)

    class Config:
        name = "allocation_census"
        unique = ["institution_id", "class_id", "date"]
        metadata = {"layer": "results", "source": SOURCE}


class AllocationStay(Table):
    """Share of a class's patients still in bed some days after admission."""

    class_id: str = column("Care class.")
    day: int = column("Days since admission; 0 is the day itself.", "days", ge=0)
    staying_share: float = column("Share still in; 1 on day 0, never rising.", "share", ge=0, le=1)

    class Config:
        name = "allocation_stay"
        unique = ["class_id", "day"]
        metadata = {"layer": "results", "source": SOURCE}


class AllocationUse(Table):
    """Units of a resource that one patient in bed uses."""

    class_id: str = column("Care class.")
    resource_id: str = column("Resource.")
    units_per_patient: float = column("Units that one patient uses.", "units/patient", gt=0)

    class Config:
        name = "allocation_use"
        unique = ["class_id", "resource_id"]
        metadata = {"layer": "results", "source": SOURCE}


class AllocationClass(Table):
    """A care class as the model sees it."""

    class_id: str = column("Care class.")
    harm_weight: float = column("Harm of a day of care not given.", "points/patient-day", ge=0)
    mean_stay_days: float = column("Mean length of stay.", "days", gt=0)
    elsewhere_limit: float = column(
        "Largest share of a zone's patients who may be sent elsewhere on a day.",
        "share",
        ge=0,
        le=1,
    )
    cost_km: float = column("Cost of a km of a patient sent elsewhere.", "currency/km", ge=0)
    cost_change_patient: float = column(
        "Price of a patient sent otherwise than announced. Null: 0.",
        "currency/patient",
        ge=0,
        nullable=True,
    )

    class Config:
        name = "allocation_class"
        unique = ["class_id"]
        metadata = {"layer": "results", "source": SOURCE}


class AllocationResource(Table):
    """A resource as the model sees it."""

    resource_id: str = column("Resource.")
    movable: bool = column("May units be moved between institutions?")
    crowding_weight: float = column("Harm of a unit-day over capacity.", "points/unit-day", ge=0)
    occupancy_target: float = column("Share that may be planned full.", "share", gt=0, le=1)
    retain_share: float = column(
        "Share of the least in service that may not leave.", "share", ge=0, le=1
    )
    lead_days: int = column("Days a moved unit is on the way.", "days", ge=0)
    cost_unit_km: float = column("Cost of moving a unit one km.", "currency/unit-km", ge=0)
    cost_surge_day: float = column("Cost of a surge unit for a day.", "currency/unit-day", ge=0)
    whole: bool = column("Are moves whole units? Null: no.", nullable=True)
    least_move: float = column("Least units of one move. Null: any.", "units", ge=0, nullable=True)
    cost_move: float = column("Fixed cost of one move. Null: 0.", "currency", ge=0, nullable=True)
    cost_change_unit: float = column(
        "Price of a unit moved otherwise than announced. Null: 0.",
        "currency/unit",
        ge=0,
        nullable=True,
    )

    class Config:
        name = "allocation_resource"
        unique = ["resource_id"]
        metadata = {"layer": "results", "source": SOURCE}


class AllocationMoveArc(Table):
    """Two institutions between which a movable resource may travel."""

    from_institution_id: str = column("Institution that gives.")
    to_institution_id: str = column("Institution that receives.")
    resource_id: str = column("Resource.")
    km: float = column("Distance between the two.", "km", ge=0)

    class Config:
        name = "allocation_move_arc"
        unique = ["from_institution_id", "to_institution_id", "resource_id"]
        metadata = {"layer": "results", "source": SOURCE}


class AllocationAnnouncedDay(Table):
    """A day of tonight's plan for which an earlier night announced what would happen."""

    date: pl.Date = column("Day of the plan.")
    announced_on: pl.Date = column("The newest night that announced it.")

    class Config:
        name = "allocation_announced_day"
        unique = ["date"]
        metadata = {"layer": "results", "source": EARLIER}


class AllocationAnnounced(Table):
    """A transfer or move that an earlier night announced for a day of tonight's plan."""

    action: str = column("transfer or move.", isin=["transfer", "move"])
    from_id: str = column("Zone of the patients, or institution that gives.")
    to_id: str = column("Institution that receives.")
    subject_id: str = column("Care class of the patients, or resource that moves.")
    date: pl.Date = column("Day of the plan.")
    announced: float = column("Patients or units announced.", "units", gt=0)

    class Config:
        name = "allocation_announced"
        unique = ["action", "from_id", "to_id", "subject_id", "date"]
        metadata = {"layer": "results", "source": EARLIER}


class AllocationUnderWay(Table):
    """Units that left before the plan's first day and are not in use again by then.

    They count as units of the institution that receives them from the day they arrive;
    allocation_capacity has them. What the giver's own report still holds of them is taken off it.
    """

    from_institution_id: str = column("Institution that gave.")
    to_institution_id: str = column("Institution that receives.")
    resource_id: str = column("Resource.")
    date: pl.Date = column("Day on which the units left.")
    arrives: pl.Date = column("Day on which the units are in use again.")
    units: float = column("Units under way.", "units", gt=0)
    unreported: float = column("Of them, units that the giver's report still has.", "units", ge=0)

    class Config:
        name = "allocation_under_way"
        unique = ["from_institution_id", "to_institution_id", "resource_id", "date"]
        metadata = {"layer": "results", "source": EARLIER}


class AllocationSent(Table):
    """Patients whom an earlier night's plan sent to an institution since it last reported.

    Patients beyond those who would have come as usual, or, below 0, those who went elsewhere.
    allocation_census has those of them who are expected to be in still.
    """

    institution_id: str = column("Institution.")
    class_id: str = column("Care class.")
    date: pl.Date = column("Day of admission, before the plan's first.")
    patients_per_day: float = column("Patients more than usual; below 0, fewer.", "patients/day")

    class Config:
        name = "allocation_sent"
        unique = ["institution_id", "class_id", "date"]
        metadata = {"layer": "results", "source": EARLIER}


class AllocationSetting(Table):
    """A setting of the model that changes what the optimum is."""

    setting: str = column("Name of the setting, as in the region's file.")
    value: str = column("Its value, as text.")

    class Config:
        name = "allocation_setting"
        unique = ["setting"]
        metadata = {"layer": "results", "source": "the region's assumptions"}
