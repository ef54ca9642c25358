"""What a region's file says about resources and kinds of need, as tables."""

from collections.abc import Sequence

import polars as pl

from schemas.assumptions.region import CareClassDefinition, ResourceDefinition
from schemas.clean import CareClass, Resource
from schemas.errors import ConfigRefused
from schemas.table import conform
from transforms.exact import exact_sum

USE = {"class_id": pl.String, "resource_id": pl.String, "units": pl.Float64}


def resource(resources: Sequence[ResourceDefinition]) -> pl.DataFrame:
    """The resources of the region's file.

    Returns:
        clean.resource.
    """
    return conform(Resource, pl.DataFrame([r.model_dump() for r in resources]))


def care_class(classes: Sequence[CareClassDefinition], activity: pl.DataFrame) -> pl.DataFrame:
    """The classes of the region's file, each with a mean stay.

    Where the file gives no mean, it is patient-days ÷ admissions of all institutions, each
    over its newest period that has both.

    Args:
        classes: of the region's file.
        activity: clean.activity.

    Returns:
        clean.care_class; mean_stay_source is configuration or activity.

    Raises:
        ConfigRefused: if neither gives a class its mean stay.
    """
    rows = pl.DataFrame(
        [c.model_dump(exclude={"uses"}) for c in classes],
        schema_overrides={"mean_stay_days": pl.Float64},
    ).join(mean_stay(activity), on="class_id", how="left")
    given = pl.col("mean_stay_days").is_not_null()
    source = pl.when(given).then(pl.lit("configuration")).otherwise(pl.lit("activity"))
    result = rows.with_columns(
        mean_stay_source=source, mean_stay_days=pl.coalesce("mean_stay_days", "observed_days")
    ).drop("observed_days")
    _refuse_unknown_stays(result)
    return conform(CareClass, result)


def mean_stay(activity: pl.DataFrame) -> pl.DataFrame:
    """Patient-days ÷ admissions by class, from each institution's newest period with both.

    Returns:
        class_id | observed_days (days), for classes with admissions.
    """
    both = activity.drop_nulls(["admissions", "patient_days"])
    newest = pl.col("period_start").max().over("institution_id", "class_id")
    sums = (
        both.filter(pl.col("period_start") == newest)
        .group_by("class_id")
        .agg(admissions=exact_sum("admissions"), patient_days=exact_sum("patient_days"))
        .filter((pl.col("admissions") > 0) & (pl.col("patient_days") > 0))
    )
    return sums.select("class_id", observed_days=pl.col("patient_days") / pl.col("admissions"))


def use(classes: Sequence[CareClassDefinition]) -> pl.DataFrame:
    """What one patient in bed uses.

    Returns:
        class_id, resource_id | units (units/patient, > 0), sorted.
    """
    rows = [(c.class_id, r, u) for c in classes for r, u in c.uses.items() if u > 0]
    return pl.DataFrame(rows, schema=USE, orient="row").sort("class_id", "resource_id")


def bed(use: pl.DataFrame, resource: pl.DataFrame) -> pl.DataFrame:
    """The resource whose use tells how many patients of a class are in.

    Of those that no other class uses: a place (environment) before a person or a machine, then
    the one with most units a patient, then the first by id. A class that shares every resource
    with another has none: its patients are known from encounters only.

    Args:
        use: class_id, resource_id | units.
        resource: clean.resource.

    Returns:
        class_id, resource_id | units, at most one row a class.
    """
    own = use.filter(pl.len().over("resource_id") == 1)
    place = pl.col("category") == "environment"
    ranked = own.join(resource.select("resource_id", "category"), on="resource_id", how="left")
    return (
        ranked.with_columns(place=place)
        .sort("class_id", "place", "units", "resource_id", descending=[False, True, True, False])
        .unique("class_id", keep="first", maintain_order=True)
        .select(list(USE))
    )


def _refuse_unknown_stays(care_class: pl.DataFrame) -> None:
    unknown = care_class.filter(pl.col("mean_stay_days").is_null())["class_id"].sort().to_list()
    if unknown:
        raise ConfigRefused(
            f"classes {', '.join(unknown)} have no mean_stay_days and no feed sends their "
            "admissions and patient-days; set classes.mean_stay_days in the region's file"
        )
