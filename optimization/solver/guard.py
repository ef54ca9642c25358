"""What must not pass unnoticed: numbers that a model is given, HiGHS's options and answers."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import highspy
import numpy as np
import polars as pl

from schemas.errors import InputRefused, SolverStopped

LARGEST = 1e9
WIDEST = 1e8
Status = highspy.HighsModelStatus
FIXED_OPTIONS: Mapping[str, Any] = {
    "output_flag": False,
    "threads": 1,
    "parallel": "off",
    "random_seed": 0,
    "mip_rel_gap": 1e-6,
    "mip_abs_gap": 1e-9,
}
ENDS: Mapping[Any, str] = {
    Status.kOptimal: "optimal",
    Status.kModelEmpty: "optimal",
    Status.kTimeLimit: "time_limit",
    Status.kInterrupt: "time_limit",
    Status.__members__["kHighsInterrupt"]: "time_limit",
    Status.kIterationLimit: "time_limit",
    Status.kSolutionLimit: "time_limit",
    Status.kInfeasible: "infeasible",
    Status.kUnboundedOrInfeasible: "infeasible",
    Status.kUnbounded: "unbounded",
    Status.kObjectiveBound: "failed",
    Status.kObjectiveTarget: "failed",
    Status.kMemoryLimit: "failed",
    Status.kLoadError: "failed",
    Status.kModelError: "failed",
    Status.kPresolveError: "failed",
    Status.kSolveError: "failed",
    Status.kPostsolveError: "failed",
    Status.kUnknown: "failed",
    Status.kNotset: "failed",
}


def check_numbers(
    inputs: Mapping[str, Any], largest: float = LARGEST, widest: float | None = WIDEST
) -> None:
    """Refuse numbers that would make a solver answer something else than it was asked.

    ``inputs`` maps a name to numbers: a scalar, sequence, array, mapping (its values), polars
    series or frame (its numeric columns, nulls aside). ``widest`` bounds the ratio of the
    largest to the smallest magnitude other than 0 within one input; ``None`` leaves it free.

    Raises:
        InputRefused: naming the input, and what is wrong with it.
    """
    for name, numbers in _named(inputs):
        _check(name, numbers, largest, widest)


def _check(name: str, numbers: np.ndarray, largest: float, widest: float | None) -> None:
    if not np.isfinite(numbers).all():
        raise InputRefused(f"{name}: {(~np.isfinite(numbers)).sum()} numbers are not finite")
    sizes = np.abs(numbers[numbers != 0])
    if sizes.size == 0:
        return
    if sizes.max() > largest:
        raise InputRefused(f"{name}: magnitude above {largest:g}; give it in a larger unit")
    if widest is not None and sizes.max() > widest * sizes.min():
        raise InputRefused(f"{name}: largest and smallest differ more than {widest:g} times")


def _named(inputs: Mapping[str, Any]) -> Iterator[tuple[str, np.ndarray]]:
    for name, value in inputs.items():
        if isinstance(value, pl.DataFrame):
            numeric = value.select(pl.selectors.numeric())
            yield from ((f"{name}.{c.name}", _array(c)) for c in numeric.iter_columns())
        elif not isinstance(value, str):
            yield name, _array(value)


def _array(value: Any) -> np.ndarray:
    if isinstance(value, pl.Series):
        return value.drop_nulls().cast(pl.Float64).to_numpy()
    if isinstance(value, Mapping):
        value = list(value.values())
    elif isinstance(value, Iterable) and not isinstance(value, np.ndarray):
        value = list(value)
    return np.asarray(value, dtype=float).ravel()


def input_hash(inputs: Mapping[str, Any]) -> str:
    """SHA-256 over all inputs in name order; frames and mappings in the order that they have."""
    digest = hashlib.sha256()
    for name in sorted(inputs):
        digest.update(name.encode() + b"\0")
        digest.update(_bytes(inputs[name]) + b"\0")
    return digest.hexdigest()


def _bytes(value: Any) -> bytes:
    if isinstance(value, pl.Series):
        value = value.to_frame()
    if isinstance(value, pl.DataFrame):
        return value.write_csv().encode()
    if isinstance(value, np.ndarray):
        return value.dtype.str.encode() + value.tobytes()
    if isinstance(value, Mapping):
        return repr(list(value.items())).encode()
    return repr(value).encode()


def set_options(highs: highspy.Highs, options: Mapping[str, Any]) -> None:
    """Set every option and read it back.

    Raises:
        InputRefused: HiGHS does not know the option, or did not keep the value.
    """
    for option, value in options.items():
        status = highs.setOptionValue(option, value)
        if status != highspy.HighsStatus.kOk:
            raise InputRefused(f"HiGHS has no option {option}, or not with this value")
        _, kept = highs.getOptionValue(option)
        if kept != value:
            raise InputRefused(f"HiGHS did not keep option {option}")


def accepted(status: Any, what: str) -> None:
    """Go on only if HiGHS took ``what`` without an error or a warning.

    Raises:
        SolverStopped: it did not.
    """
    if status != highspy.HighsStatus.kOk:
        raise SolverStopped(f"HiGHS answered {status.name} to {what}")


def end(highs: highspy.Highs) -> str:
    """How the run ended: optimal, time_limit, infeasible, unbounded or failed."""
    return ENDS.get(highs.getModelStatus(), "failed")
