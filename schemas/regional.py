"""Supply and demand, by region: what institutions have, and what people need."""

import polars as pl

from schemas.clean import ID
from schemas.table import Table, column, disclosure_column


class Supply(Table):
    """A region's units of a resource on a date: in service, in use, free."""

    region_id: str = column("Region code.", **ID)
    resource_id: str = column("Resource code.", **ID)
    date: pl.Date = column("First day of the period.")
    institutions: pl.Int64 = column("Institutions that sent a row.", unit="1", ge=0)
    in_service_reported: float = column("Sum of what was reported.", unit="units", ge=0)
    in_use_reported: float = column("Sum of what was reported.", unit="units", observed=True, ge=0)
    in_service: float = column("Reported plus imputed.", unit="units", ge=0)
    in_use: float = column("Reported plus imputed.", unit="units", observed=True, ge=0)
    free: float = column(
        "In service less in use, not below 0: by institution, or of what is shown.",
        unit="units",
        nullable=True,
        ge=0,
    )
    occupancy: float = column(
        "In use ÷ in service; null with nothing in service.", unit="share", nullable=True, ge=0
    )
    population: float = column(
        "People living there, unknown ones at their share elsewhere in the region; else null.",
        unit="persons",
        nullable=True,
        ge=0,
    )
    in_service_per_100k: float = column(
        "In service per 100,000 people; null without population.",
        unit="per 100,000 people",
        nullable=True,
        ge=0,
    )

    disclosure: str = disclosure_column()

    class Config:
        name = "supply"
        unique = ["region_id", "resource_id", "date"]
        metadata = {"layer": "regional", "source": "clean.capacity_estimate, clean.population"}


class CapacityGap(Table):
    """Cells of capacity that were not given, by reason, and what a named rule put there."""

    region_id: str = column("Region code.", **ID)
    resource_id: str = column("Resource code.", **ID)
    date: pl.Date = column("First day of the period.")
    column_name: str = column("Which column.", isin=["in_service", "in_use"])
    gap_reason: str = column("withheld, not_reported, unreadable or implausible.")
    imputation_rule: str = column("The rule that filled them; 'none' where nothing could.")
    gaps: pl.Int64 = column("Cells.", unit="cells", ge=1)
    imputed: float = column(
        "What was put in their place, in all. Published, units in use are rounded to 5, and null "
        "where they are 1 to 10 or regional.supply withholds them.",
        unit="units",
        nullable=True,
        ge=0,
    )

    class Config:
        name = "capacity_gap"
        unique = [
            "region_id",
            "resource_id",
            "date",
            "column_name",
            "gap_reason",
            "imputation_rule",
        ]
        metadata = {"layer": "regional", "source": "clean.capacity, clean.capacity_estimate"}


class Demand(Table):
    """A region's patients of a class on a date."""

    region_id: str = column("Region code.", **ID)
    class_id: str = column("Class code.", **ID)
    date: pl.Date = column("First day of the period.")
    period_days: pl.Int64 = column("Days over which the figures are means.", unit="days", ge=1)
    admissions_per_day: float = column(
        "Admissions per day.", unit="admissions/day", observed=True, ge=0
    )
    patient_days_per_day: float = column(
        "Patients in bed per day.", unit="patient-days/day", observed=True, ge=0
    )
    admissions_per_100k: float = column(
        "Admissions per day per 100,000 people; null without population.",
        unit="per 100,000 people",
        nullable=True,
        ge=0,
    )
    demand_source: str = column(
        "encounters, activity, or in_use_over_mean_stay where neither is sent.",
        isin=["encounters", "activity", "in_use_over_mean_stay"],
    )

    disclosure: str = disclosure_column()

    class Config:
        name = "demand"
        unique = ["region_id", "class_id", "date"]
        metadata = {"layer": "regional", "source": "clean.encounter or clean.capacity_estimate"}


class Balance(Table):
    """A region's supply of a resource against the demand for it on a date."""

    region_id: str = column("Region code.", **ID)
    resource_id: str = column("Resource code.", **ID)
    date: pl.Date = column("First day of the period.")
    supply: float = column("Units in service.", unit="units", ge=0)
    demand_units: float = column(
        "Patients in bed × units per patient.", unit="units", observed=True, ge=0
    )
    ratio: float = column(
        "Supply ÷ demand; null where nothing is asked for.", unit="1", nullable=True, ge=0
    )
    shortage: float = column(
        "What single institutions lack, in all: demand above supply, by institution.",
        unit="units",
        observed=True,
        ge=0,
    )
    surplus: float = column(
        "What single institutions have left, in all: supply above demand, by institution.",
        unit="units",
        nullable=True,
        ge=0,
    )

    disclosure: str = disclosure_column()

    class Config:
        name = "balance"
        unique = ["region_id", "resource_id", "date"]
        metadata = {"layer": "regional", "source": "regional.supply, regional.demand"}


TABLES: tuple[type[Table], ...] = (Supply, CapacityGap, Demand, Balance)
