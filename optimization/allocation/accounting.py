"""What follows from who is admitted where and what moves: the same sums for every policy."""

from dataclasses import dataclass

import numpy as np

from optimization.allocation.inputs import Instance, census

DECIMALS = 9
PUBLISHED = 12
NOISE = 1e-8
STEPS = (0.05, 0.1, 0.25, 0.5)


@dataclass(frozen=True, slots=True, eq=False)
class PolicyOutcome:
    """A way of deciding, followed through constraints (1) to (6).

    ``admit`` and ``elsewhere`` are arc x day, ``unmet`` zone x class x day, ``move`` move arc x
    day, ``census`` institution x class x day; ``use``, ``stock``, ``surge`` and ``crowding`` are
    institution x resource x day.
    """

    admit: np.ndarray
    elsewhere: np.ndarray
    unmet: np.ndarray
    move: np.ndarray
    census: np.ndarray
    use: np.ndarray
    stock: np.ndarray
    surge: np.ndarray
    crowding: np.ndarray


def policy_outcome(
    instance: Instance, admit: np.ndarray, move: np.ndarray, surge: np.ndarray, open_days: int = 0
) -> PolicyOutcome:
    """Follow ``admit`` (arc x day), ``move`` (move arc x day) and ``surge`` (cell x day) through.

    Surge that nobody uses is closed again, but for the first ``open_days``; who is not admitted is
    unmet.
    """
    patients = census(instance, admit)
    use = np.einsum("ict,cr->irt", patients, instance.use)
    stock = stock_after(instance, move)
    occupancy = instance.resources.occupancy[None, :, None]
    load = use + instance.reserve
    most = load if instance.margin is None else load + instance.margin.max(axis=3)
    open_surge = _above_noise(np.clip(most / occupancy - stock, 0.0, surge)).round(PUBLISHED)
    open_surge[:, :, :open_days] = surge[:, :, :open_days]
    return PolicyOutcome(
        admit=admit,
        elsewhere=_above_noise(admit - instance.expected).round(PUBLISHED),
        unmet=unmet(instance, admit),
        move=move,
        census=patients,
        use=use,
        stock=stock,
        surge=open_surge,
        crowding=crowded_in(instance, load - occupancy * (stock + open_surge)),
    )


def crowded_in(instance: Instance, excess: np.ndarray) -> np.ndarray:
    """Crowding where the load exceeds the room by ``excess`` (below 0: room is left), units.

    On levels of the load, the mean over them.
    """
    if instance.margin is None:
        return np.maximum(excess, 0.0)
    return np.asarray(np.maximum(excess[..., None] + instance.margin, 0.0).mean(axis=3))


def as_usual(instance: Instance) -> PolicyOutcome:
    """Everyone goes where usual; nothing moves and no surge opens."""
    return policy_outcome(
        instance,
        instance.expected,
        np.zeros((instance.moves.km.size, instance.horizon)),
        np.zeros_like(instance.capacity),
    )


def carried_out(planned: Instance, came: Instance, admit: np.ndarray) -> np.ndarray:
    """(12a) Admissions (arc x day) where ``came`` comes and a plan admits ``admit`` of these.

    Everyone goes where usual, but for as many as the plan sends otherwise; where fewer come than
    planned, fewer are sent in the same proportion.
    """
    arcs = planned.arcs
    share = coming(planned, came.demand)[arcs.zone, arcs.care]
    return np.maximum(came.expected + share * (admit - planned.expected), 0.0)


def coming(instance: Instance, demand: np.ndarray) -> np.ndarray:
    """min(1, d_k / d): of the patients whom the plan expects, the part that comes; 0 where none
    is expected. ``demand`` ends in zone x class x day.
    """
    expected = np.broadcast_to(instance.demand, demand.shape)
    share = np.divide(demand, expected, out=np.zeros(demand.shape), where=expected > 0)
    return np.minimum(share, 1.0)


def unmet(instance: Instance, admit: np.ndarray) -> np.ndarray:
    """(1) d[o,c,t] less those admitted, patients/day."""
    met = np.zeros_like(instance.demand)
    np.add.at(met, (instance.arcs.zone, instance.arcs.care), admit)
    return _above_noise((instance.demand - met).round(DECIMALS))


def stock_after(instance: Instance, move: np.ndarray) -> np.ndarray:
    """(4) units there after moves; a unit leaves at once and is back in use after its lead."""
    stock, moves = instance.capacity.copy(), instance.moves
    lead = instance.resources.lead[moves.resource]
    for t in range(instance.horizon):
        np.add.at(stock[:, :, t], (moves.giver, moves.resource), -move[:, : t + 1].sum(axis=1))
        days = np.arange(instance.horizon)[None, :] <= t - lead[:, None]
        np.add.at(stock[:, :, t], (moves.taker, moves.resource), (move * days).sum(axis=1))
    return stock


def crowding_limit(instance: Instance) -> np.ndarray:
    """(9) max(0, load when everyone goes where usual + β - occ * K), at least the floor; units."""
    load = np.einsum("ict,cr->irt", census(instance, instance.expected), instance.use)
    room = instance.resources.occupancy[None, :, None] * instance.capacity
    floor = 0.0 if instance.crowding_floor is None else instance.crowding_floor
    return np.maximum(load + instance.reserve - room, floor)


def harm_at_stake(instance: Instance) -> np.ndarray:
    """sum_{c,t} W[c,t] * d[o,c,t] by zone, points."""
    return np.einsum("oct,ct->o", instance.demand, instance.harm_unmet)


def crowd_capacity(instance: Instance) -> np.ndarray:
    """sum_{r,t} h[r] * occ[r] * K[i,r,t] by institution, points."""
    weight = instance.resources.harm * instance.resources.occupancy
    return np.einsum("irt,r->i", instance.capacity, weight)


def harm(instance: Instance, result: PolicyOutcome) -> float:
    """Z1, points."""
    missed = float((result.unmet * instance.harm_unmet).sum())
    return missed + float((result.crowding * instance.resources.harm[None, :, None]).sum())


def zone_shares(instance: Instance, result: PolicyOutcome) -> np.ndarray:
    """(7a) harm unmet by harm at stake, by zone; 0 where nothing is at stake."""
    missed = np.einsum("oct,ct->o", result.unmet, instance.harm_unmet)
    return _ratio(missed, harm_at_stake(instance))


def institution_shares(instance: Instance, result: PolicyOutcome) -> np.ndarray:
    """(7b) crowding by capacity, by institution; 0 where there is no capacity."""
    crowding = np.einsum("irt,r->i", result.crowding, instance.resources.harm)
    return _ratio(crowding, crowd_capacity(instance))


def worst_by_region(shares: np.ndarray, region: np.ndarray, regions: int) -> np.ndarray:
    """The largest share in each region; 0 in a region without members."""
    worst = np.zeros(regions)
    np.maximum.at(worst, region, shares)
    return worst


def unfairness(instance: Instance, result: PolicyOutcome) -> float:
    """Z2, share; with the steps of the graduated rule where that is set."""
    total, graduated = 0.0, instance.fairness == "graduated"
    sides = (
        (zone_shares(instance, result), harm_at_stake(instance), instance.zone_region),
        (
            institution_shares(instance, result),
            crowd_capacity(instance),
            instance.institution_region,
        ),
    )
    for shares, weight, region in sides:
        total += float(worst_by_region(shares, region, len(instance.names.regions)).sum())
        above = np.maximum(shares[:, None] - np.array(STEPS), 0.0).sum(axis=1)
        total += float((part_of_region(weight, region) * above).sum()) if graduated else 0.0
    return total


def part_of_region(weight: np.ndarray, region: np.ndarray) -> np.ndarray:
    """π: each member's part of its region's weight; 0 where the region has none."""
    total = np.bincount(region, weight)[region]
    return np.divide(weight, total, out=np.zeros_like(weight), where=total > 0)


def objectives(instance: Instance, result: PolicyOutcome) -> dict[str, float]:
    """Every tier's value, by its name."""
    return {
        "harm": harm(instance, result),
        "unfairness": unfairness(instance, result),
        "cost": cost(instance, result),
    }


def cost(instance: Instance, result: PolicyOutcome) -> float:
    """Z3, currency."""
    moved, surge = move_cost(instance, result), instance.resources.cost_surge[None, :, None]
    planned = transfer_cost(instance, result).sum() + moved.sum() + (result.surge * surge).sum()
    return float(planned + change_cost(instance, result))


def change_cost(instance: Instance, result: PolicyOutcome) -> float:
    """Price of sending and moving otherwise than announced, currency.

    Patients and units beyond what was announced, and those short of it. Of patients announced
    for an institution that now gets fewer than usual, the missing usual ones count too.
    """
    announced, arcs, moves = instance.announced, instance.arcs, instance.moves
    beyond_usual = result.admit - instance.expected
    added = np.maximum(result.elsewhere - announced.sent, 0.0) * announced.days
    withdrawn = np.where(announced.sent > 0, np.maximum(announced.sent - beyond_usual, 0.0), 0.0)
    sent = instance.classes.cost_change[arcs.care] * (added + withdrawn).sum(axis=1)
    off = np.abs(result.move - announced.moved) * announced.days
    moved = instance.resources.cost_change[moves.resource] * off.sum(axis=1)
    return float(sent.sum() + moved.sum())


def transfer_cost(instance: Instance, result: PolicyOutcome) -> np.ndarray:
    """ct[c] * km * elsewhere, currency, arc x day."""
    by_patient = instance.classes.cost_km[instance.arcs.care] * instance.arcs.km
    return by_patient[:, None] * result.elsewhere


def move_cost(instance: Instance, result: PolicyOutcome) -> np.ndarray:
    """cm[r] * km * move, and the fixed cost of each move that is made; move arc x day."""
    by_unit = instance.resources.cost_unit_km[instance.moves.resource] * instance.moves.km
    fixed = instance.resources.cost_move[instance.moves.resource]
    return by_unit[:, None] * result.move + fixed[:, None] * (result.move > 0)


def _above_noise(amounts: np.ndarray) -> np.ndarray:
    return np.where(amounts > NOISE, amounts, 0.0)


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
