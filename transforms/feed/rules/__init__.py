"""Named rules: what the vocabulary of feeds cannot say, by the name that feeds use."""

from transforms.feed.rules.base import Rule, RuleOutcome

__all__ = ["RULES", "Rule", "RuleOutcome"]

RULES: dict[str, Rule] = {}
