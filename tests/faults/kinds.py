"""The faults, by class. Each disturbs a copy of the home and then asks for an undisturbed end."""

import random
from collections.abc import Callable
from pathlib import Path

from damage import (
    flipped_backup,
    flipped_landing,
    flipped_log,
    flipped_published,
    flipped_warehouse,
)
from kills import (
    killed_any_time,
    killed_at_point,
    killed_at_step,
    killed_in_backup,
    killed_in_restore,
    killed_publishing,
    terminated,
)
from lack import (
    disk_full,
    few_descriptors,
    little_memory,
    locked_database,
    no_permission,
    read_only,
)
from others import clock, no_server, server_lost, two_nights
from scene import Scene
from solvers import planted_wrong_plan, short_by_data, solver_dies, solver_stops

Kind = Callable[[Scene, Path, random.Random], str]

# How often each class comes among a hundred faults.
SHARES: dict[Kind, int] = {
    killed_at_step: 17,
    killed_at_point: 14,
    killed_publishing: 12,
    killed_any_time: 8,
    terminated: 4,
    killed_in_backup: 4,
    killed_in_restore: 4,
    flipped_warehouse: 5,
    flipped_log: 3,
    flipped_landing: 3,
    flipped_published: 3,
    flipped_backup: 3,
    disk_full: 4,
    read_only: 1,
    few_descriptors: 2,
    little_memory: 2,
    no_permission: 3,
    locked_database: 2,
    clock: 2,
    two_nights: 1,
    no_server: 1,
    server_lost: 1,
    short_by_data: 1,
    solver_stops: 1,
    solver_dies: 2,
    planted_wrong_plan: 3,
}
NEED_MOUNT = (disk_full, read_only)
