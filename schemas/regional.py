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


class DemandForecast(Regional):
    """What is expected of a series on a coming day: the mean, and quantiles around it."""

    subject = "Forecasts"
    key = "demand_measure series_key date"
    columns = """
        zone_id? institution_id? class_id? resource_id? horizon forecast_mean quantile_025
        quantile_05 quantile_10 quantile_25 quantile_50 quantile_75 quantile_90 quantile_95
        quantile_975 forecast_upper forecast_source engine history_length reported_share
        planned_factor? disclosure
    """
    observed = """
        forecast_mean quantile_025 quantile_05 quantile_10 quantile_25 quantile_50 quantile_75
        quantile_90 quantile_95 quantile_975 forecast_upper
    """


class ForecastScore(Regional):
    """How a way of forecasting came true on past days, and which is used tonight.

    Of what people sent to be known later, a day counts as it is known now. Where fewer than 11
    values are scored of a region that protects counts, no figure is shown."""

    subject = "Forecasts"
    key = "demand_measure frequency compared_on engine horizon_band"
    columns = """
        scored mean_absolute_error? weighted_interval_score? coverage_50? coverage_80?
        error_ratio? score_ratio? chosen
    """


TABLES: tuple[type[Table], ...] = tuple(Regional.__subclasses__())
