"""Who is treated where, and what moves: the allocation of a region for some days.

Zones o (where patients live), institutions i, care classes c, resources r, days t = 1..H,
regions ρ. A patient of zone o and class c may be admitted by the institutions that its referral
arcs (o,i) name; a movable resource may travel on its move arcs (i,j).

    d[o,c,t]      expected new patients who need admission                     patients/day
    s[c,k]        share still in bed k days after admission                    share
    n[i,c,t]      patients admitted before day 1 who are still in              patients
    u[c,r]        units of r that a patient in bed uses                        units/patient
    usual[o,i,c]  share of o's patients of class c whom i treats as a rule     share
    limit[c]      largest share of a zone's patients sent elsewhere on a day   share
    occ[r]        share of r that may be planned full                          share
    K[i,r,t]      units in service                                             units
    G[i,r,t]      units that can be opened as surge                            units
    keep[i,r]     units that may not leave: retain_share[r] · min_t K[i,r,t]   units
    lead[r]       days that a moved unit is on the way                         days
    β[i,r,t]      room kept free for demand above its mean                     units
    v[i,r,t,q]    how far level q of Q equally likely ones of a load lies from its mean  units
    w[c], h[r]    harm of a patient-day not given, of a unit-day of crowding   points
    W[c,t]        w[c] · sum_{k=0..H-t} s[c,k], harm of a patient unmet on t   points
    km            distance                                                     km
    ct, cm, cg    cost of a patient-km elsewhere, a unit-km, a surge unit-day  currency
    cc            price of a patient sent, a unit moved otherwise than announced  currency
    d_k[o,c,t]    new patients on drawn path k of N, where the plan is made on paths  patients/day
    α, λ          share of paths below the tail; weight of the tail's mean harm  share
    announced     patients, units that an earlier night announced, on the days that it did
    π             a zone's part of its region's harm at stake, an institution's of its capacity

Variables, all >= 0: admit[o,i,c,t], elsewhere[o,i,c,t], unmet[o,c,t], arriving[i,c,t],
census[i,c,t], stock[i,r,t], surge[i,r,t], crowding[i,r,t], move[i,j,r,t], worst[ρ], crowded[ρ];
moved[i,j,r,t], 0 or 1, where a move has a least size or a fixed cost; added, withdrawn,
moved_more and moved_less where patients or units were announced; on levels of the load
crowding_q[i,r,t] and, of any sign, excess[i,r,t].

With ``demand = { scenarios = N }`` the region is planned on N drawn paths of demand at once: each
path k has variables of its own (admit_k, move_k, ...), held to (1) to (8) with d_k. (12) makes the
first ``fixed_days`` the same in all: as many patients are sent, on a path on which fewer come than
are expected in proportion fewer, so that whoever is planned to be sent can be; units moved and
surge opened are the same. (9) holds on the expected demand, (13) on the mean of the paths; (7) is
asked of sums over the paths. harm[k], excess[k] and threshold are variables >= 0: threshold with
the mean of the excess is the conditional value at risk, the mean harm of the worst 1 - α of the
paths. Whole units, least sizes, fixed costs and what was announced count on the first days. The
plan's later days are then those that do best on expected demand, with the first days held: an
outlook.

Constraints (1) to (15) stand in ``constraints``, the tiers Z1 harm, Z2 unfairness and Z3 cost
in ``tiers``; they are minimised in that order. Shortage is a variable with a price, so every
instance has a plan.
"""

from optimization.allocation.plan import plan

__all__ = ["plan"]
