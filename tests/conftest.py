"""How laws draw their examples: the same ones every day, new ones in ``make check-all``.

No limit is one of time, which a busy machine exceeds by itself.
"""

from hypothesis import HealthCheck, Phase, settings

unhurried = settings(deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("everyday", unhurried, derandomize=True)
settings.register_profile("new_draws", unhurried, print_blob=True)
# `make mutants` asks whether a law fails, not for its smallest example.
found = [Phase.explicit, Phase.generate]
settings.register_profile("mutants", unhurried, derandomize=True, phases=found)
settings.load_profile("everyday")
