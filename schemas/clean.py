"""Canonical tables: what any region's extracts become. Typed, keyed, one row per fact."""

from schemas.table import Table, name


class Clean(Table):
    """A canonical table."""

    layer = "clean"
    subject = "Places, resources and classes"


class Region(Clean):
    """A planning region; regions nest."""

    key = "region_id"
    columns = "name? parent_region_id?"


class Zone(Clean):
    """A place where patients live: a county, district or commune."""

    key = "zone_id"
    columns = "name? region_id latitude? longitude? need_weight?"


class Institution(Clean):
    """A hospital or site."""

    key = "institution_id"
    columns = """
        name? zone_id region_id tier? tier_rule? ownership? kind? latitude? longitude?
        location_rule? active_from? active_to?
    """


class Resource(Clean):
    """A kind of thing that care needs."""

    key = "resource_id"
    columns = "name category unit movable"


class CareClass(Clean):
    """A kind of patient need."""

    key = "class_id"
    columns = "name harm_weight mean_stay_days mean_stay_source"
    rules = {"harm_weight": {"gt": 0}}


class Capacity(Clean):
    """What an institution had in service, and had in use, of a resource over a period."""

    subject = "What was reported"
    key = "institution_id resource_id date"
    columns = """
        period_days in_service? in_service_reason? in_service_low? in_service_high? in_use?
        in_use_reason? in_use_low? in_use_high?
    """
    published = False


class CapacityEstimate(Clean):
    """Capacity with no gap left: what was reported, else what a named rule puts in its place."""

    subject = "What was reported"
    key = "institution_id resource_id date"
    columns = """
        period_days in_service_reported? in_service_imputed? in_service_rule? in_use_reported?
        in_use_imputed? in_use_rule?
    """
    published = False


class Activity(Clean):
    """Patients of a class over a period at an institution, from a given zone where known."""

    subject = "What was reported"
    key = "institution_id class_id zone_id period_start"
    columns = "period_end admissions? patient_days? attendances?"
    published = False


class Encounter(Clean):
    """One stay of one pseudonymous patient."""

    subject = "What was reported"
    key = "encounter_id"
    columns = """
        patient_key institution_id zone_id? class_id age_band? sex? admitted_at discharged_at?
        payer_id?
    """
    published = False
    patient_data = True


class Population(Clean):
    """People of an age band and sex in a zone in a year."""

    subject = "What was reported"
    key = "zone_id year age_band sex"
    columns = "persons?"
    published = False


class Finance(Clean):
    """One amount of one measure of an institution over a period (stocks: at its end)."""

    subject = "What was reported"
    key = "institution_id measure payer_id period_start"
    columns = "period_end amount?"
    published = False


class Travel(Clean):
    """Distance and time between two places, where a feed gives it."""

    key = "from_id to_id"
    columns = "km minutes?"
    published = False


class Forecast(Clean):
    """The region's own forecast of a day, as it was issued on a day before.

    Of admissions by zone and class, institution_id and resource_id being 'all'; or of units in
    use by institution and resource, zone_id and class_id being 'all'."""

    key = "issued_date zone_id institution_id class_id resource_id target_date"
    columns = """
        forecast_mean quantile_025? quantile_05? quantile_10? quantile_25? quantile_50?
        quantile_75? quantile_90? quantile_95? quantile_975?
    """
    published = False


TABLES: tuple[type[Table], ...] = tuple(Clean.__subclasses__())
# Tables that a feed can fill, by name.
FEED_TABLES: dict[str, type[Table]] = {
    name(table): table
    for table in (
        Region,
        Zone,
        Institution,
        Capacity,
        Activity,
        Encounter,
        Population,
        Finance,
        Travel,
        Forecast,
    )
}
# Tables whose rows several feeds describe together, column by column; else the newest row wins.
ENTITIES = ("region", "zone", "institution")
