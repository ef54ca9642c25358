import numpy as np
import polars as pl
import pytest

from optimization.allocation.accounting import harm_at_stake
from optimization.allocation.inputs.read import read_instance
from optimization.allocation.solve import settled_admissions, tidied
from schemas.errors import InputRefused, TableRefused
from tests.unit.optimization.allocation.cases import assumptions, places, random_tables


@pytest.fixture
def tables():
    return random_tables(1, horizon=3)


def read(tables, **settings):
    return read_instance(tables, *places(tables), assumptions(**settings))


@pytest.mark.parametrize("poison", [float("nan"), float("inf"), -1.0])
@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("allocation_demand", "mean"),
        ("allocation_arc", "km"),
        ("allocation_capacity", "in_service"),
        ("allocation_census", "patients"),
        ("allocation_class", "harm_weight"),
        ("allocation_use", "units_per_patient"),
    ],
)
def test_a_poisoned_number_is_refused_by_table_and_column(tables, table, column, poison):
    first = pl.int_range(pl.len()) == 0
    changed = pl.when(first).then(poison).otherwise(pl.col(column)).alias(column)
    with pytest.raises((TableRefused, InputRefused), match=table):
        read({**tables, table: tables[table].with_columns(changed)})


def test_a_number_too_large_is_refused(tables):
    huge = tables["allocation_capacity"].with_columns(in_service=pl.lit(1e15))
    with pytest.raises(InputRefused, match="allocation_capacity.in_service"):
        read({**tables, "allocation_capacity": huge})


def test_weights_too_far_apart_are_refused(tables):
    rows = tables["allocation_resource"]
    wide = rows.with_columns(crowding_weight=pl.Series([1e-6, 1e4, 1.0]))
    with pytest.raises(InputRefused, match="allocation_resource.crowding_weight"):
        read({**tables, "allocation_resource": wide})


def test_usual_shares_that_do_not_add_up_are_refused(tables):
    half = tables["allocation_arc"].with_columns(usual=pl.col("usual") / 2)
    with pytest.raises(InputRefused, match="8 zones and classes .* do not add up to 1"):
        read({**tables, "allocation_arc": half})


def test_stays_that_rise_are_refused(tables):
    rising = tables["allocation_stay"].with_columns(
        staying_share=pl.when(pl.col("day") == 2).then(0.9).otherwise("staying_share")
    )
    with pytest.raises(InputRefused, match="allocation_stay.staying_share: 2 classes"):
        read({**tables, "allocation_stay": rising})


def test_a_class_cheaper_to_turn_away_is_refused_unless_it_may_be(tables):
    cheap = tables["allocation_class"].with_columns(harm_weight=pl.col("harm_weight") * 0.2)
    with pytest.raises(InputRefused, match="2 classes are cheaper to turn away"):
        read({**tables, "allocation_class": cheap})
    read({**tables, "allocation_class": cheap}, may_refuse=True)


def test_an_id_that_no_table_lists_is_refused(tables):
    other = tables["allocation_use"].with_columns(resource_id=pl.lit("unknown"))[:1]
    with pytest.raises(InputRefused, match="resource_id: 1 row names what no table lists"):
        read({**tables, "allocation_use": other})


def test_the_order_of_rows_changes_nothing(tables):
    shuffled = {
        name: frame.sample(fraction=1, shuffle=True, seed=4) for name, frame in tables.items()
    }
    once, again = read(tables), read(shuffled)
    assert once.names == again.names
    for field in ("demand", "initial", "capacity", "use", "stay", "reserve"):
        assert np.array_equal(getattr(once, field), getattr(again, field))
    assert np.array_equal(once.arcs.usual, again.arcs.usual)


def test_harm_of_a_patient_unmet_is_that_of_the_days_left(tables):
    instance = read(tables)
    general = instance.harm_unmet[instance.names.classes.index("general")]
    assert general.tolist() == pytest.approx([20 * 1.96, 20 * 1.6, 20.0])
    assert (harm_at_stake(instance) > 0).all()


def test_settling_loses_nobody():
    tables = random_tables(2, horizon=3)
    instance = read(tables)
    noise = np.random.default_rng(0).normal(0, 1e-8, instance.expected.shape)
    settled = settled_admissions(
        instance, np.maximum(instance.expected + noise, 0), np.zeros_like(instance.demand)
    )
    total = np.zeros_like(instance.demand)
    np.add.at(total, (instance.arcs.zone, instance.arcs.care), settled)
    assert np.abs(total - instance.demand).max() < 1e-12
    assert ((settled == 0) | (settled >= 1e-7)).all()


def test_noise_is_nothing():
    assert tidied(np.array([3e-8, -1e-9, 0.1 + 1e-12, 2.0])).tolist() == [0, 0, 0.1, 2.0]
