"""What-ifs side by side. Kept beside the published file, never in it."""

from schemas.results.allocation import PolicyComparison
from schemas.table import column


class ScenarioComparison(PolicyComparison):
    """What the plan, or everyone going where usual, would do in one scenario."""

    scenario: str = column("last_night, or the scenario's name.")

    class Config:
        name = "scenario_comparison"
        unique = ["scenario", "policy"]
        metadata = {"layer": "results", "source": "last night's tables, changed by scenarios"}
