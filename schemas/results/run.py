"""How each model was solved."""

from schemas.table import Table, column

SOURCE = "the solve record"


class PlanRun(Table):
    """A tier of a solved model: what was proved, on what, and how it was verified."""

    model: str = column("allocation, financing or purchases.")
    objective_tier: int = column("Place in the lexicographic order, from 1.", ge=1)
    objective_name: str = column("What the tier minimises.")
    status: str = column("optimal, or time_limit where an incumbent was kept.")
    objective: float = column("Value reached, in the model's own unit.", "1")
    bound: float = column("Best bound proved. Null: none.", "1", nullable=True)
    gap: float = column(
        "Distance of value and bound, relative to the value.", "share", ge=0, nullable=True
    )
    components: int = column("Independent parts of the matrix.", "1", ge=0)
    matrix_rows: int = column("Constraints of the matrix.", "rows", ge=0)
    matrix_columns: int = column("Variables of the matrix.", "columns", ge=0)
    nonzeros: int = column("Coefficients that are not 0.", "non-zeros", ge=0)
    widened: int = column("Parts whose earlier tiers had to be loosened.", "1", ge=0)
    worst_violation: float = column("Largest relative violation found afterwards.", "1", ge=0)
    versions: str = column("Versions of modeller and solver.")
    input_hash: str = column("SHA-256 of everything the model read.")

    class Config:
        name = "plan_run"
        unique = ["model", "objective_tier"]
        metadata = {"layer": "results", "source": SOURCE}


class PlanSeconds(Table):
    """Seconds that a stage of a solve took; kept apart, for no two nights take the same."""

    model: str = column("allocation, financing or purchases.")
    stage: str = column("build, compile, solve, extract, verify.")
    seconds: float = column("Wall-clock time.", "seconds", ge=0)

    class Config:
        name = "plan_seconds"
        unique = ["model", "stage"]
        metadata = {"layer": "ops", "source": SOURCE}
