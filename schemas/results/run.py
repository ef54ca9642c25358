"""How each model was solved."""

from schemas.results.allocation import PolicyComparison
from schemas.table import Table


class PlanRun(Table):
    """A tier of a solved model: what was proved, on what, and how it was verified."""

    layer = "results"
    subject = "Solves"
    key = "model objective_tier"
    columns = """
        objective_name status objective bound? gap? components matrix_rows matrix_columns nonzeros
        widened worst_violation data_to? versions input_hash
    """


class PlanSeconds(Table):
    """Seconds that a stage of a solve took; kept apart, for no two nights take the same."""

    layer = "ops"
    subject = "Runs and the file"
    key = "model stage"
    columns = "seconds"


class ScenarioComparison(PolicyComparison):
    """What the plan, or everyone going where usual, would do in one scenario."""

    key = "scenario policy"
