"""Supply and demand, by region: what institutions have, and what people need."""

from schemas.table import Table


class Regional(Table):
    """A table of supply or demand."""

    layer = "regional"
    subject = "Supply and demand"


class Supply(Regional):
    """A region's units of a resource on a date: in service, in use, free."""

    key = "region_id resource_id date"
    columns = """
        institutions in_service_reported in_use_reported in_service in_use free? occupancy?
        population? in_service_per_100k? disclosure
    """
    observed = "in_use_reported in_use"


class CapacityGap(Regional):
    """Cells of capacity that were not given, by reason, and what a named rule put there."""

    key = "region_id resource_id date column_name gap_reason imputation_rule"
    columns = "gaps imputed?"
    rules = {"column_name": {"isin": ["in_service", "in_use"]}}


class Demand(Regional):
    """A region's patients of a class on a date."""

    key = "region_id class_id date"
    columns = """
        period_days admissions_per_day patient_days_per_day admissions_per_100k? demand_source
        disclosure
    """
    observed = "admissions_per_day patient_days_per_day"


class Balance(Regional):
    """A region's supply of a resource against the demand for it on a date."""

    key = "region_id resource_id date"
    columns = "supply demand_units ratio? shortage surplus? disclosure"
    observed = "demand_units shortage"


TABLES: tuple[type[Table], ...] = tuple(Regional.__subclasses__())
