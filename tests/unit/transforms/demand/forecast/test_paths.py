from datetime import date, timedelta

import numpy as np
import polars as pl

from transforms.demand.forecast import forecast, paths

FIRST = date(2025, 1, 6)


def walk(days: int) -> pl.DataFrame:
    """Two places that rise and fall together, and one that does not."""
    chance = np.random.default_rng(4)
    shared, own = (np.cumsum(chance.normal(0, 3, days)) for _ in range(2))
    noise = chance.normal(0, 0.3, (2, days))
    values = {"a": 200 + shared + noise[0], "b": 200 + shared + noise[1], "c": 200 + own}
    days_ = [FIRST + timedelta(days=t) for t in range(days)]
    return pl.concat(
        pl.DataFrame({"series_id": name, "date": days_, "value": v}) for name, v in values.items()
    )


def cube(drawn: pl.DataFrame, count: int) -> np.ndarray:
    return drawn["value"].to_numpy().reshape(count, 3, -1)


def test_paths_keep_what_goes_together_over_places_and_days() -> None:
    drawn = paths(walk(150), 7, 200, seed=1, chosen="last_value")
    assert drawn.columns == ["scenario", "series_id", "date", "value"]
    assert drawn.height == 200 * 3 * 7
    values = cube(drawn, 200)
    assert np.corrcoef(values[:, 0, 6], values[:, 1, 6])[0, 1] > 0.8
    assert np.corrcoef(values[:, 0, 5], values[:, 0, 6])[0, 1] > 0.7
    assert abs(np.corrcoef(values[:, 0, 6], values[:, 2, 6])[0, 1]) < 0.6


def test_paths_have_the_quantiles_of_the_forecast() -> None:
    past = walk(150)
    values = cube(paths(past, 7, 400, seed=2, chosen="last_value"), 400)
    told = forecast(past, 7, quantiles=[0.1, 0.5, 0.9], chosen="last_value")
    for level in (0.1, 0.5, 0.9):
        expected = told.filter(quantile=level)["value"].to_numpy().reshape(3, 7)
        share = (values < expected).mean(axis=0)
        assert abs(share - level).max() < 0.06


def test_the_same_seed_draws_the_same_and_another_seed_others() -> None:
    past = walk(80)
    assert paths(past, 5, 10, seed=3).equals(paths(past, 5, 10, seed=3))
    assert not paths(past, 5, 10, seed=3).equals(paths(past, 5, 10, seed=4))


def test_of_a_short_history_all_days_rise_and_fall_together() -> None:
    values = cube(paths(walk(3), 4, 50, seed=5), 50)
    order = values[:, 0, 0].argsort()
    assert (np.diff(values[order], axis=0) >= 0).all()
    assert (values >= 0).all()
