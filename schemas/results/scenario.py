"""What-ifs side by side. Kept beside the published file, never in it."""

from schemas.results.allocation import PolicyComparison


class ScenarioComparison(PolicyComparison):
    """What the plan, or everyone going where usual, would do in one scenario."""

    key = "scenario policy"
