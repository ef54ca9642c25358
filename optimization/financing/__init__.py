"""Who pays for an institution, from which source, when: the formulation.

Institutions i in regions ρ, periods p = 1..Q, payers y, funds f, loans l. Money in the plan's
unit of money; rates per period.

    opex, capex      operating cost without depreciation, capital need     money
    claim            what payer y owes for the period's activity           money
    other, service   other income, service of debt that already exists     money
    B_y, B_f         payer's ceiling; fund's new money                     money
    max_share        largest share of a fund for one institution           share
    limit, lev       most that all owe; most that one owes by income       money, 1
    left[l,k]        share of a draw still owed k periods later            share
    due[l,k]         principal and interest due k periods after a draw     1
    deposit, g       interest on cash; weight of a need a period earlier   share
    κ                cost of a unit of public money                        1
    θ, band, cut     fair share of a region, its tolerance; pace           share
    dscr             least debt service cover                              1

Variables, all at least 0: pay, support, carry, draw, cash, gap, thin, arrears, beyond, below,
slower, worst. owed[l,i,p] = sum_{q≤p} left[l,p-q]·draw[l,i,q].

A payer without ceiling and without arrears pays each claim when it falls due: (1) and (2) leave
nothing to choose, so its claims stand in (5) as they are. The constraints are about payers (1, 2),
funds (3), debt (4, 9), cash (5, 6, 7) and fairness (8, 10, 11).
"""

from optimization.financing.plan import plan

__all__ = ["plan"]
