"""Canonical tables: what any region's extracts become. Typed, keyed, one row per fact."""

from typing import Any

import polars as pl

from schemas.table import Table, column

ID: dict[str, Any] = {"str_length": {"min_value": 1, "max_value": 128}}
REASONS = ("withheld", "not_reported", "unreadable", "implausible")
TIERS = ("primary", "secondary", "tertiary")
CATEGORIES = ("personnel", "equipment", "environment", "finance", "technology")
MEASURES = (
    "operating_cost",
    "salaries",
    "depreciation",
    "net_patient_revenue",
    "other_income",
    "cash",
    "current_debt",
    "long_term_debt",
    "capital_assets",
    "subsidies",
    "uncompensated_care",
    "debt_service",
    "capital_need",
)


def _reason(of: str) -> str:
    return column(
        f"Why {of} is unknown: withheld, not_reported, unreadable or implausible; null if known.",
        nullable=True,
        isin=REASONS,
    )


class Region(Table):
    """A planning region; regions nest."""

    region_id: str = column("Region code.", **ID)
    name: str = column("Name.", nullable=True)
    parent_region_id: str = column("The region this one lies in; null at the top.", nullable=True)

    class Config:
        name = "region"
        unique = ["region_id"]
        metadata = {"layer": "clean", "source": "feeds of kind region"}


class Zone(Table):
    """A place where patients live: a county, district or commune."""

    zone_id: str = column("Zone code.", **ID)
    name: str = column("Name.", nullable=True)
    region_id: str = column("The planning region it lies in.", **ID)
    latitude: float = column("North.", unit="degrees", nullable=True, ge=-90, le=90)
    longitude: float = column("East.", unit="degrees", nullable=True, ge=-180, le=180)
    need_weight: float = column(
        "Need for care of one inhabitant against the average; null if not sent.",
        unit="1",
        nullable=True,
        ge=0,
    )

    class Config:
        name = "zone"
        unique = ["zone_id"]
        metadata = {"layer": "clean", "source": "feeds of kind zone"}


class Institution(Table):
    """A hospital or site."""

    institution_id: str = column("Hospital code.", **ID)
    name: str = column("Name.", nullable=True)
    zone_id: str = column("The zone it stands in.", **ID)
    region_id: str = column("The planning region it belongs to.", **ID)
    tier: str = column("Level of care.", nullable=True, isin=TIERS)
    tier_rule: str = column("The named rule that gave the tier; null if sent.", nullable=True)
    ownership: str = column("Who owns it, as sent.", nullable=True)
    kind: str = column("Type of hospital, as sent.", nullable=True)
    latitude: float = column("North.", unit="degrees", nullable=True, ge=-90, le=90)
    longitude: float = column("East.", unit="degrees", nullable=True, ge=-180, le=180)
    location_rule: str = column(
        "The named rule that gave the coordinates (zone_centroid); null if sent or unknown.",
        nullable=True,
    )
    active_from: pl.Date = column("First day of service; null if not sent.", nullable=True)
    active_to: pl.Date = column("Last day of service; null while open.", nullable=True)

    class Config:
        name = "institution"
        unique = ["institution_id"]
        metadata = {"layer": "clean", "source": "feeds of kind institution"}


class Resource(Table):
    """A kind of thing that care needs."""

    resource_id: str = column("Resource code.", **ID)
    name: str = column("Name.")
    category: str = column("What kind of thing it is.", isin=CATEGORIES)
    unit: str = column("What one of it is.")
    movable: bool = column("Can a unit go to another institution?")

    class Config:
        name = "resource"
        unique = ["resource_id"]
        metadata = {"layer": "clean", "source": "the region's configuration"}


class CareClass(Table):
    """A kind of patient need."""

    class_id: str = column("Class code.", **ID)
    name: str = column("Name.")
    harm_weight: float = column(
        "Harm of a patient-day of care not given.", unit="points/patient-day", gt=0
    )
    mean_stay_days: float = column("Mean length of stay.", unit="days", gt=0)
    mean_stay_source: str = column("Where the mean comes from: configuration or a named feed.")

    class Config:
        name = "care_class"
        unique = ["class_id"]
        metadata = {"layer": "clean", "source": "the region's configuration and its activity"}


class Capacity(Table):
    """What an institution had in service, and had in use, of a resource over a period."""

    institution_id: str = column("Hospital code.", **ID)
    resource_id: str = column("Resource code.", **ID)
    date: pl.Date = column("First day of the period.")
    period_days: pl.Int64 = column("1 for a daily census, 7 for a weekly mean.", unit="days", ge=1)
    in_service: float = column("Units in service, mean.", unit="units", nullable=True, ge=0)
    in_service_reason: str = _reason("in_service")
    in_service_low: float = column("Least it can be.", unit="units", nullable=True, ge=0)
    in_service_high: float = column("Most it can be.", unit="units", nullable=True, ge=0)
    in_use: float = column("Units in use, mean.", unit="units", nullable=True, ge=0)
    in_use_reason: str = _reason("in_use")
    in_use_low: float = column("Least it can be.", unit="units", nullable=True, ge=0)
    in_use_high: float = column("Most it can be.", unit="units", nullable=True, ge=0)

    class Config:
        name = "capacity"
        unique = ["institution_id", "resource_id", "date"]
        metadata = {"layer": "clean", "source": "feeds of kind capacity", "published": False}


class CapacityEstimate(Table):
    """Capacity with no gap left: what was reported, else what a named rule puts in its place."""

    institution_id: str = column("Hospital code.", **ID)
    resource_id: str = column("Resource code.", **ID)
    date: pl.Date = column("First day of the period.")
    in_service_reported: float = column(
        "Units in service, as reported.", unit="units", nullable=True, ge=0
    )
    in_service_imputed: float = column(
        "Units in service put in place of a gap.", unit="units", nullable=True, ge=0
    )
    in_service_rule: str = column("The rule that did; null if reported.", nullable=True)
    in_use_reported: float = column("Units in use, as reported.", unit="units", nullable=True, ge=0)
    in_use_imputed: float = column(
        "Units in use put in place of a gap.", unit="units", nullable=True, ge=0
    )
    in_use_rule: str = column("The rule that did; null if reported.", nullable=True)

    class Config:
        name = "capacity_estimate"
        unique = ["institution_id", "resource_id", "date"]
        metadata = {"layer": "clean", "source": "clean.capacity", "published": False}


class Activity(Table):
    """Patients of a class over a period at an institution, from a given zone where known."""

    institution_id: str = column("Hospital code.", **ID)
    class_id: str = column("Class code.", **ID)
    zone_id: str = column("Where the patients live; 'all' where the feed does not say.", **ID)
    period_start: pl.Date = column("First day.")
    period_end: pl.Date = column("Last day.")
    admissions: float = column("Patients admitted.", unit="patients", nullable=True, ge=0)
    patient_days: float = column("Days in bed.", unit="patient-days", nullable=True, ge=0)
    attendances: float = column("Visits without admission.", unit="visits", nullable=True, ge=0)

    class Config:
        name = "activity"
        unique = ["institution_id", "class_id", "zone_id", "period_start"]
        metadata = {"layer": "clean", "source": "feeds of kind activity", "published": False}


class Encounter(Table):
    """One stay of one pseudonymous patient."""

    encounter_id: str = column("Pseudonym of the stay.", identifier=True, **ID)
    patient_key: str = column("Pseudonym of the patient.", identifier=True, **ID)
    institution_id: str = column("Hospital code.", **ID)
    zone_id: str = column("Where the patient lives; null if unknown.", nullable=True)
    class_id: str = column("Class code.", **ID)
    age_band: str = column("Age band, for example 65-74.", nullable=True)
    sex: str = column("F, M or X.", nullable=True)
    admitted_at: pl.Datetime("us") = column("Admission, UTC.")  # type: ignore[valid-type]
    discharged_at: pl.Datetime("us") = column(  # type: ignore[valid-type]
        "Discharge, UTC; null while the stay is open.", nullable=True
    )
    payer_id: str = column("Who pays; null if unknown.", nullable=True)

    class Config:
        name = "encounter"
        unique = ["encounter_id"]
        metadata = {
            "layer": "clean",
            "source": "feeds of kind encounter",
            "published": False,
            "patient_data": True,
        }


class Population(Table):
    """People of an age band and sex in a zone in a year."""

    zone_id: str = column("Zone code.", **ID)
    year: pl.Int64 = column("Calendar year.", unit="year", ge=1900, le=2200)
    age_band: str = column("Age band, for example 65-69 or 85+; 'all' where not sent.")
    sex: str = column("F, M, or 'all' where not sent.")
    persons: float = column("People.", unit="persons", nullable=True, ge=0)

    class Config:
        name = "population"
        unique = ["zone_id", "year", "age_band", "sex"]
        metadata = {"layer": "clean", "source": "feeds of kind population", "published": False}


class Finance(Table):
    """One amount of one measure of an institution over a period (stocks: at its end)."""

    institution_id: str = column("Hospital code.", **ID)
    measure: str = column("What the amount is.", isin=MEASURES)
    payer_id: str = column("The payer, where revenue is known by payer; else 'all'.", **ID)
    period_start: pl.Date = column("First day.")
    period_end: pl.Date = column("Last day.")
    amount: float = column("Amount, in the region's currency.", unit="currency", nullable=True)

    class Config:
        name = "finance"
        unique = ["institution_id", "measure", "payer_id", "period_start"]
        metadata = {"layer": "clean", "source": "feeds of kind finance", "published": False}


class Travel(Table):
    """Distance and time between two places, where a feed gives it."""

    from_id: str = column("Zone or institution code.", **ID)
    to_id: str = column("Zone or institution code.", **ID)
    km: float = column("Distance by road.", unit="km", ge=0)
    minutes: float = column("Time.", unit="minutes", nullable=True, ge=0)

    class Config:
        name = "travel"
        unique = ["from_id", "to_id"]
        metadata = {"layer": "clean", "source": "feeds of kind travel", "published": False}


TABLES: tuple[type[Table], ...] = (
    Region,
    Zone,
    Institution,
    Resource,
    CareClass,
    Capacity,
    CapacityEstimate,
    Activity,
    Encounter,
    Population,
    Finance,
    Travel,
)
# Tables that a feed can fill, by name.
FEED_TABLES: dict[str, type[Table]] = {
    "region": Region,
    "zone": Zone,
    "institution": Institution,
    "capacity": Capacity,
    "activity": Activity,
    "encounter": Encounter,
    "population": Population,
    "finance": Finance,
    "travel": Travel,
}
# Tables whose rows several feeds describe together, column by column; else the newest row wins.
ENTITIES = ("region", "zone", "institution")
