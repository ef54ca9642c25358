from datetime import date

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from schemas.assumptions.region import CareClassDefinition, ResourceDefinition
from schemas.clean import Activity, CareClass, Resource
from schemas.errors import ConfigRefused
from schemas.table import check, conform, empty
from transforms.supply import care


def care_of(class_id: str, mean: float | None = None, **uses: float) -> CareClassDefinition:
    return CareClassDefinition(
        class_id=class_id, name=class_id, harm_weight=2, mean_stay_days=mean, uses=uses
    )


def thing(resource_id: str, category: str) -> ResourceDefinition:
    return ResourceDefinition(resource_id=resource_id, name="x", category=category, unit="x")


ACTIVITY = conform(
    Activity,
    pl.DataFrame(
        {
            "institution_id": ["a", "a", "b", "b"],
            "class_id": "general",
            "zone_id": "all",
            "period_start": [
                date(2018, 1, 1),
                date(2019, 1, 1),
                date(2018, 1, 1),
                date(2019, 1, 1),
            ],
            "period_end": [date(2018, 12, 31), date(2019, 12, 31)] * 2,
            "admissions": [1000.0, 30.0, 10.0, None],
            "patient_days": [1.0, 90.0, 70.0, 500.0],
        }
    ),
)


def test_mean_stay_is_that_of_each_institutions_newest_whole_period():
    """a: 90 days of 30 in 2019; b: 2019 lacks admissions, so 70 days of 10 in 2018."""
    found = care.care_class([care_of("general", bed=1), care_of("icu", 6, bed=1)], ACTIVITY)
    expected = pl.DataFrame(
        {
            "class_id": ["general", "icu"],
            "name": ["general", "icu"],
            "harm_weight": [2.0, 2.0],
            "mean_stay_days": [160 / 40, 6.0],
            "mean_stay_source": ["activity", "configuration"],
        }
    )
    assert_frame_equal(check(CareClass, found), expected)


def test_a_mean_stay_needs_admissions_and_days():
    row = {"institution_id": "a", "zone_id": "all", "period_start": date(2019, 1, 1)}
    counts = {"admissions": [1.0, 0.0, 3.0], "patient_days": [1.0, 5.0, 0.0]}
    sent = pl.DataFrame({"class_id": ["short", "nobody", "no days"], **row, **counts})
    assert care.mean_stay(conform(Activity, sent)).rows() == [("short", 1.0)]


def test_configuration_goes_before_activity():
    found = care.care_class([care_of("general", 9, bed=1)], ACTIVITY)
    assert found.select("mean_stay_days", "mean_stay_source").row(0) == (9.0, "configuration")


def test_a_class_whose_stay_nobody_tells_is_refused():
    with pytest.raises(ConfigRefused, match="classes a, b have no mean_stay_days"):
        care.care_class([care_of("b", x=1), care_of("a", x=1)], empty(Activity))


def test_resources_are_those_of_the_file():
    found = check(
        Resource, care.resource([thing("nurse", "personnel"), thing("bed", "environment")])
    )
    assert found.select("resource_id", "category", "movable").rows() == [
        ("bed", "environment", False),
        ("nurse", "personnel", False),
    ]


@pytest.mark.parametrize(
    ("classes", "expected"),
    [
        ([care_of("a", bed=1, nurse=3)], [("a", "bed", 1.0)]),
        ([care_of("a", bed=2), care_of("b", cot=1)], [("a", "bed", 2.0), ("b", "cot", 1.0)]),
        ([care_of("a", bed=1, nurse=3), care_of("b", bed=1)], [("a", "nurse", 3.0)]),
        ([care_of("a", bed=1), care_of("b", bed=1)], []),
        ([care_of("a", bed=1, cot=2)], [("a", "cot", 2.0)]),
        ([care_of("a", cot=2, bed=2)], [("a", "bed", 2.0)]),
        ([care_of("a", bed=0, nurse=1)], [("a", "nurse", 1.0)]),
    ],
    ids=["place first", "own", "shared bed", "none of its own", "most units", "first", "unused"],
)
def test_patients_are_counted_by_a_resource_that_only_their_class_uses(classes, expected):
    resources = care.resource(
        [thing("bed", "environment"), thing("cot", "environment"), thing("nurse", "personnel")]
    )
    assert care.bed(care.use(classes), resources).rows() == expected


def test_classes_stand_in_order_each_with_one_resource():
    names = [f"c{n:02}" for n in range(40)]
    classes = [care_of(c, **{f"{c}_bed": 2, f"{c}_cot": 1}) for c in reversed(names)]
    places = [thing(r, "environment") for c in classes for r in c.uses]
    assert care.bed(care.use(classes), care.resource(places)).rows() == [
        (c, f"{c}_bed", 2.0) for c in names
    ]
