import polars as pl
import pytest

from schemas import clean
from schemas.table import conform
from transforms.inputs.financing.shares import target_shares


def zones(**region: str) -> pl.DataFrame:
    rows = [{"zone_id": z, "region_id": r} for z, r in region.items()]
    return conform(clean.Zone, pl.DataFrame(rows))


def people(*rows: tuple[str, int, str, str, float | None]) -> pl.DataFrame:
    names = ["zone_id", "year", "age_band", "sex", "persons"]
    return conform(clean.Population, pl.DataFrame(rows, schema=names, orient="row"))


def test_a_zone_without_people_adds_nothing_and_a_region_without_any_has_no_share():
    sent = people(("u", 2025, "all", "all", 3.0), ("v", 2025, "all", "all", 1.0))
    shares = target_shares(zones(u="n", v="s", w="s", x="t"), sent)
    assert shares.rows() == [("n", 0.75), ("s", 0.25), ("t", 0.0)]


def test_without_any_people_every_share_is_0():
    nobody = target_shares(zones(u="n", v="s"), people(("u", 2025, "all", "all", None)))
    assert nobody.rows() == [("n", 0.0), ("s", 0.0)]


def test_totals_by_age_and_by_sex_go_before_their_parts():
    sent = people(
        ("u", 2025, "all", "F", 2.0),
        ("u", 2025, "all", "M", 1.0),
        ("u", 2025, "0-64", "F", 50.0),
        ("v", 2025, "0-64", "all", 0.4),
        ("v", 2025, "65+", "all", 0.6),
        ("v", 2025, "65+", "F", 50.0),
        ("v", 2024, "all", "all", 50.0),
    )
    assert target_shares(zones(u="n", v="s"), sent).rows() == [("n", 0.75), ("s", 0.25)]


def test_people_are_added_to_three_decimals():
    sent = people(
        *(("u", 2025, f"{n}", "all", 1 / 3) for n in range(2)), ("v", 2025, "0", "all", 1)
    )
    shares = target_shares(zones(u="n", v="s"), sent)
    assert shares["target_share"].to_list() == pytest.approx([0.666 / 1.666, 1 / 1.666], abs=1e-9)
