"""Options that are read back, statuses that are all mapped."""

from collections.abc import Mapping
from typing import Any

import highspy

from schemas.errors import InputRefused, SolverStopped

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
