"""From a file's text to canonical tables, with every source row accounted for."""

from transforms.feed.outcome import Counts, Outcome, apply

__all__ = ["Counts", "Outcome", "apply"]
