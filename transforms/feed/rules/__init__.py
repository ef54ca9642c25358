"""Named rules: what the vocabulary of feeds cannot say, by the name that feeds use."""

from transforms.feed.rules.base import Rule, RuleOutcome
from transforms.feed.rules.us_cost_reports import us_cost_reports

__all__ = ["RULES", "Rule", "RuleOutcome"]

RULES: dict[str, Rule] = {"us_cost_reports": us_cost_reports}
