"""How laws draw their examples: the same ones every day, new ones in ``make check-all``.

No limit is one of time, which a busy machine exceeds by itself.
"""

import pytest
from hypothesis import HealthCheck, Phase, settings

unhurried = settings(deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("everyday", unhurried, derandomize=True)
settings.register_profile("new_draws", unhurried, print_blob=True)
# `make mutants` asks whether a law fails, not for its smallest example.
found = [Phase.explicit, Phase.generate]
settings.register_profile("mutants", unhurried, derandomize=True, phases=found)
settings.load_profile("everyday")

# Workers take tests in this order and what is left at the end from each other: the longest first.
LONGEST = [
    "tests/integration/test_prefect",
    "tests/integration/test_canary",
    "tests/faults/",
    "tests/integration/test_night",
    "tests/integration/",
    "tests/unit/flows/",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def place(item: pytest.Item) -> int:
        return next((n for n, s in enumerate(LONGEST) if item.nodeid.startswith(s)), len(LONGEST))

    items.sort(key=place)
