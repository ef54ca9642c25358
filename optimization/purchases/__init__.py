"""The choice of purchases: which, when, and from which money.

Requests k of institutions i(k), periods p = 1..Q, funds f and loans l that are for purchases.

    price, running     price of all units asked for; cost of running them     money, money/period
    value              harm averted by having them                            points/year
    years[p]           from period p to the end of the plan                   years
    B_f[p], max_share  a fund's new money; largest share for one institution  money, share
    limit, lev         most that all owe; most that one owes by income        money, 1
    left[l,a]          share of a draw still owed a periods later             share
    κ                  cost of a unit of public money                         1

Variables: buy[k,p], 0 or 1, from the earliest period on; grant[k,f,p], draw[k,l,p], at least 0.

At first, value = units · sum_t shadow price of a unit-day · 365 / H. The allocation's first tier is
then solved again with all that is chosen in service. Where that averts a tenth more or less than
taken, the choice is made again, up to five times, with what each request averts alone; for those
just chosen, times what they avert together by the sum of what they avert alone. Of all rounds the
one that averts most as confirmed is kept, and all are published. Money for purchases pays for
nothing else, and running cost and debt service, which the institution bears, are told.
"""

from optimization.purchases.plan import plan

__all__ = ["plan"]
