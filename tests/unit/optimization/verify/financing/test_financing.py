"""A financing that verifies, and every rule that it may not break."""

import polars as pl
import pytest

from optimization.verify.financing import RULES, in_cents, verify_financing
from schemas.errors import PlanRefused
from schemas.results.financing import RESULTS
from schemas.table import key, name, polars_schema
from tests.unit.optimization.verify.planted import (
    LAST_PERIOD,
    Edit,
    broken_rule,
    extra,
    lose,
    more,
    planted,
    put,
    put_all,
    refusal,
    without,
    written_rules,
)
from tests.unit.optimization.verify.sound import financed

KINDS = (3, 5, 11, 12, "odd", "alone")


def is_(**values: object) -> pl.Expr:
    """Rows that have these values."""
    return pl.all_horizontal(pl.col(c) == v for c, v in values.items())


def of_source(source: str, period: int) -> pl.Expr:
    """A source's row."""
    return is_(source_id=source, period=period)


def price(constraint: str, by: float, **where: object) -> Edit:
    """The first price of a constraint grows."""
    chosen = is_(constraint_name=constraint, **where)
    return more("financing_price", by, chosen, dual_value=1)


def no_price(constraint: str) -> Edit:
    """Every price of a constraint is 0."""
    value = pl.when(pl.col("constraint_name") == constraint).then(0.0).otherwise("dual_value")
    return put_all("financing_price", dual_value=value)


def new_price(constraint: str, institution: str, value: float) -> Edit:
    """One more price, of a constraint of an institution."""
    row = {"constraint_name": constraint, "party_id": "all", "institution_id": institution}
    return extra("financing_price", **row, period=0, dual_value=value)


H0_LAST = is_(institution_id="h0", period=4)
H4_LAST = is_(institution_id="h4", period=4)
NOTE_LAST = is_(loan_id="note", institution_id="h0", period=4)
OWED_LAST = is_(payer_id="public", institution_id="h1", period=4)
FLOW = {"source_id": "nobody", "institution_id": "h4", "flow_kind": "uncovered", "period": 4}
PLANTED = [
    ("tables", without("financing_debt")),
    ("debt_rows", extra("financing_debt", institution_id="x")),
    ("debt_rows", extra("financing_debt", loan_id="x")),
    ("debt_balance", more("financing_debt", where=NOTE_LAST, owed=1)),
    ("opening_debt", more("financing_debt", where=NOTE_LAST, opening=1, owed=1)),
    ("opening_debt", lose("financing_debt", NOTE_LAST)),
    ("draw_flows", more("financing_flow", where=is_(flow_kind="draw"), amount=1)),
    ("draw_flows", lose("financing_flow", is_(flow_kind="draw"))),
    ("principal_due", more("financing_debt", where=NOTE_LAST, principal_due=1, owed=-1)),
    ("interest_due", more("financing_debt", where=NOTE_LAST, interest_due=1)),
    ("due_totals", more("financing_position", where=H0_LAST, interest_due=1)),
    ("due_totals", more("financing_position", where=H0_LAST, principal_due=1)),
    ("loan_limit", put("financing_loan", is_(loan_id="line"), limit=59.9)),
    ("income_limit", put("financing_loan", is_(loan_id="line"), income_multiple=0.1)),
    (
        "income_limit",
        put_all("financing_institution", other_income=-1000.0),
        put("financing_loan", is_(loan_id="line"), income_multiple=40.0),
    ),
    ("draw_periods", put("financing_loan", is_(loan_id="line"), draw_first=2)),
    ("draw_periods", put("financing_loan", is_(loan_id="line"), draw_last=1)),
    ("capital_is_earmarked", put("financing_loan", is_(loan_id="note"), purpose="capital")),
    ("capital_is_earmarked", put("financing_fund", is_(fund_id="local"), purpose="capital")),
    ("debt_is_covered", put("financing_setting", is_(setting="least_cover"), setting_value=3.0)),
    ("source_balance", more("financing_source", lapsed=1)),
    ("receivable_rows", lose("financing_receivable")),
    ("receivable_rows", extra("financing_receivable", institution_id="x")),
    ("arrears_balance", more("financing_receivable", closing=1)),
    ("opening_arrears", more("financing_receivable", where=OWED_LAST, opening=1, closing=1)),
    ("receivable_claims", more("financing_receivable", where=OWED_LAST, claim=1, closing=1)),
    ("payment_flows", more("financing_flow", where=is_(flow_kind="payment"), amount=1)),
    ("payment_flows", lose("financing_flow", is_(flow_kind="payment"))),
    ("payers_pay_pro_rata", put("financing_payer", is_(period=1), ceiling=250.0)),
    ("payer_rows", lose("financing_source", is_(source_kind="payer"))),
    ("payer_use", more("financing_source", where=of_source("public", 4), used=1, lapsed=-1)),
    ("payers_can_pay", more("financing_source", where=of_source("public", 4), added=1, lapsed=1)),
    ("payers_can_pay", put("financing_payer", LAST_PERIOD, ceiling=170.0)),
    (
        "payer_keeps_nothing",
        more("financing_source", where=of_source("public", 4), closing=1, lapsed=-1),
    ),
    ("fund_rows", lose("financing_source", is_(source_kind="fund"))),
    ("fund_balance", more("financing_source", where=of_source("pool", 4), opening=1, closing=1)),
    ("fund_use", more("financing_source", where=of_source("pool", 4), used=-1, closing=1)),
    ("fund_budget", more("financing_source", where=of_source("pool", 4), added=1, closing=1)),
    ("fund_budget", put("financing_budget", budget=22.0)),
    ("fund_carry", more("financing_source", where=of_source("idle", 4), closing=1, lapsed=-1)),
    ("fund_carry", put("financing_fund", is_(fund_id="idle"), carry_over=True)),
    ("fund_carry", put("financing_fund", is_(fund_id="pool"), carry_over=False)),
    ("fund_eligible", lose("financing_eligible")),
    ("share_of_fund", put("financing_fund", is_(fund_id="pool"), max_share=0.39)),
    ("loan_rows", lose("financing_source", is_(source_kind="loan"))),
    ("loan_use", more("financing_source", where=of_source("note", 1), used=1, opening=1)),
    ("loan_repaid", more("financing_source", where=of_source("note", 4), added=1, opening=-1)),
    ("loan_left", more("financing_source", where=of_source("note", 4), closing=1, opening=1)),
    ("loan_lapse", more("financing_source", where=of_source("note", 4), lapsed=1, opening=1)),
    ("position_rows", lose("financing_position", H4_LAST)),
    ("opening_rows", lose("financing_opening")),
    ("position_inputs", more("financing_position", operating_cost=1)),
    ("position_inputs", more("financing_institution", debt_service=1)),
    ("opening_cash", more("financing_position", opening_cash=1)),
    ("opening_cash", more("financing_position", where=H0_LAST, opening_cash=1)),
    ("interest_earned", more("financing_position", interest_earned=1)),
    ("cash_balance", more("financing_position", where=H0_LAST, closing_cash=1)),
    ("flow_sums", more("financing_position", where=H0_LAST, payments=1, closing_cash=1)),
    ("flow_sums", lose("financing_flow", is_(flow_kind="uncovered"))),
    ("flow_rows", extra("financing_flow", is_(flow_kind="other_income"), institution_id="x")),
    ("flow_sources", put("financing_flow", is_(flow_kind="other_income"), source_id="x")),
    ("flow_sources", put("financing_flow", is_(flow_kind="interest_earned"), source_id="x")),
    ("flow_sources", put("financing_flow", is_(flow_kind="uncovered"), source_id="own")),
    ("debt_total", more("financing_position", debt=1)),
    ("arrears_total", more("financing_position", arrears=1)),
    ("liquidity", more("financing_position", thin=1)),
    ("liquidity", more("financing_opening", days_required=1)),
    ("days_on_hand", more("financing_position", days_on_hand=1)),
    ("operating_margin", more("financing_position", operating_margin=0.1)),
    ("debt_service_cover", more("financing_position", debt_service_cover=0.1)),
    ("status_quo_rows", lose("financing_status_quo")),
    ("status_quo_payments", more("financing_status_quo", payments=1)),
    ("status_quo_interest", more("financing_status_quo", interest_earned=1)),
    ("status_quo_cash", more("financing_status_quo", where=H4_LAST, closing_cash=1)),
    ("status_quo_need", more("financing_status_quo", uncovered=1)),
    ("status_quo_days", more("financing_status_quo", days_on_hand=1)),
    ("outcome_rows", lose("financing_outcome")),
    ("outcome_rows", extra("financing_outcome", institution_id="x")),
    ("outcome_region", put("financing_outcome", region_id="r1")),
    ("outcome_sums", more("financing_outcome", need=1)),
    ("outcome_sums", more("financing_outcome", uncovered=1)),
    ("outcome_sums", more("financing_outcome", support=1)),
    ("outcome_sums", more("financing_outcome", closing_cash=1)),
    ("debt_outlives", more("financing_outcome", beyond=1)),
    ("pace", more("financing_outcome", slower=1)),
    ("unmet_share", more("financing_outcome", 0.1, unmet_share=1)),
    (
        "without_need",
        more("financing_position", 5.0, H4_LAST, uncovered=1, closing_cash=1),
        put("financing_position", H4_LAST, days_on_hand=318.88 * 90 / 139.75),
        extra("financing_flow", amount=5.0, **FLOW),
        more("financing_outcome", 5.0, is_(institution_id="h4"), uncovered=1, closing_cash=1),
    ),
    ("fairness_rows", lose("financing_fairness")),
    ("worst_off", more("financing_fairness", 0.1, largest_unmet_share=1)),
    ("pooled_support", more("financing_fairness", pooled_support=1)),
    ("equity_target", more("financing_fairness", target=1)),
    ("equity", more("financing_fairness", below=1)),
    ("objective_rows", lose("financing_objective")),
    ("objective_rows", put("financing_objective", objective_name="x")),
    ("run_rows", lose("plan_run")),
    ("objective", more("financing_objective", achieved=1)),
    ("proved_optimum", more("financing_objective", optimum=1)),
    ("tier_slack", more("financing_objective", slack=1)),
    ("tier_slack", put("plan_run", widened=1)),
    (
        "tier_bound",
        more("financing_objective", where=is_(objective_tier=3), optimum=1, slack=1e-6),
        more("plan_run", where=is_(objective_tier=3), bound=1),
    ),
    (
        "tier_optimum",
        more("financing_objective", -0.5, is_(objective_tier=3), optimum=1, slack=1e-6),
        more("plan_run", -0.5, is_(objective_tier=3), bound=1),
    ),
    ("run_objective", more("plan_run", objective=1)),
    ("activity_cost", more("financing_activity", planned_cost=1)),
    ("activity_claims", more("financing_activity", planned_claims=1)),
    ("activity_change", more("financing_activity", net_change=1)),
    ("balance_sides", more("financing_balance", amount=1)),
    (
        "balance_items",
        more("financing_balance", where=is_(line_item="opening_cash"), amount=1),
        more("financing_balance", where=is_(line_item="closing_cash"), amount=1),
    ),
    ("balance_items", put("financing_balance", party_id="x")),
    ("remedy_rows", lose("financing_remedy")),
    ("remedy_rows", extra("financing_remedy", party_id="idle")),
    ("remedy_amount", more("financing_remedy", amount=1)),
    ("remedy_cost", put("financing_remedy", cost=2.0)),
    ("remedy_share", more("financing_remedy", lever_share=1)),
    ("remedy_cheapest", put("financing_remedy", cheapest=False)),
    ("price_rules", put("financing_price", constraint_name="equity")),
    ("price_signs", price("loan_limit", 1.0)),
    ("price_signs", put("financing_price", is_(constraint_name="debt_outlives"), dual_value=-1.0)),
    ("price_of_pay", price("arrears_balance", 0.5)),
    ("price_of_arrears", price("arrears_balance", -0.5, period=2)),
    ("price_of_support", price("fund_balance", 0.5)),
    ("price_of_carry", price("fund_balance", -0.5, party_id="pool", period=2)),
    ("price_of_draw", no_price("loan_limit")),
    ("price_of_cash", price("cash_balance", 0.5)),
    ("price_of_gap", put_all("financing_price", dual_value=1.5 * pl.col("dual_value"))),
    ("price_of_worst", new_price("worst_off", "h0", -0.5)),
    ("tier_one_bound", put_all("financing_price", dual_value=0.0)),
    ("shadow_price", more("financing_source", where=of_source("pool", 4), shadow_price=1)),
    ("shadow_price", more("financing_source", where=of_source("public", 4), shadow_price=1)),
    ("shadow_price", more("financing_source", where=of_source("line", 4), shadow_price=1)),
    ("shadow_price", more("financing_source", 2e-9, of_source("long", 4), shadow_price=1)),
    ("shadow_price", put("financing_source", of_source("private", 4), shadow_price=0.1)),
]


@pytest.fixture(scope="module")
def tables():
    return financed(11)[0]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("cents", [True, False])
def test_a_sound_plan_passes(kind, cents):
    frames = financed(kind)[0 if cents else 1]
    assert in_cents(frames) == cents
    assert verify_financing(frames).worst_violation < 1e-6


def test_rows_may_stand_in_any_order(tables):
    turned = {table: frame.reverse() for table, frame in tables.items()}
    assert verify_financing(turned) == verify_financing(tables)


@pytest.mark.parametrize(("rule", "edits"), [(rule, edits) for rule, *edits in PLANTED])
def test_a_planted_violation_is_refused_by_its_rule(tables, rule, edits):
    assert refusal(verify_financing, planted(tables, *edits)).rule == rule


H1_LAST = is_(institution_id="h1", period=4)
H3, LINE, POOL = is_(institution_id="h3"), is_(loan_id="line"), is_(fund_id="pool")
INCOME_H3 = 36.17 / 0.4
CENTS = [
    ("loan_limit", put("financing_loan", LINE, limit=59.991), False),
    ("loan_limit", put("financing_loan", LINE, limit=59.989), True),
    ("loan_left", put("financing_loan", LINE, limit=60.014), False),
    ("loan_left", put("financing_loan", LINE, limit=60.016), True),
    ("income_limit", put("financing_loan", LINE, income_multiple=36.162 / INCOME_H3), False),
    ("income_limit", put("financing_loan", LINE, income_multiple=36.155 / INCOME_H3), True),
    ("interest_due", put("financing_loan", LINE, rate=(1 + 1.479 / 36.17) ** 0.5 - 1), False),
    ("interest_due", put("financing_loan", LINE, rate=(1 + 1.481 / 36.17) ** 0.5 - 1), True),
    ("share_of_fund", put("financing_fund", POOL, max_share=24.0105 / 60.03), False),
    ("share_of_fund", put("financing_fund", POOL, max_share=24.009 / 60.03), True),
    ("payers_can_pay", more("financing_payer", 0.004, LAST_PERIOD, ceiling=1), False),
    ("payers_can_pay", more("financing_payer", 0.006, LAST_PERIOD, ceiling=1), True),
    ("fund_budget", more("financing_budget", 0.004, budget=1), False),
    ("fund_budget", more("financing_budget", 0.006, budget=1), True),
    ("receivable_claims", more("financing_claim", 0.004, claim=1), False),
    ("receivable_claims", more("financing_claim", 0.006, claim=1), True),
    ("opening_arrears", more("financing_arrears", 0.004, arrears=1), False),
    ("opening_arrears", more("financing_arrears", 0.006, arrears=1), True),
    ("position_inputs", more("financing_institution", 0.004, debt_service=1), False),
    ("position_inputs", more("financing_institution", 0.006, debt_service=1), True),
    ("opening_cash", more("financing_opening", 0.004, cash=1), False),
    ("opening_cash", more("financing_opening", 0.006, cash=1), True),
    ("status_quo_payments", more("financing_status_quo", 0.01, payments=1), False),
    ("status_quo_payments", more("financing_status_quo", 0.03, payments=1), True),
    ("status_quo_cash", more("financing_status_quo", 0.02, H4_LAST, closing_cash=1), False),
    ("status_quo_cash", more("financing_status_quo", 0.04, H4_LAST, closing_cash=1), True),
    ("status_quo_need", more("financing_status_quo", 0.02, uncovered=1), False),
    ("status_quo_need", more("financing_status_quo", 0.04, uncovered=1), True),
    ("equity_target", put("financing_region", target_share=0.6004), False),
    ("equity_target", put("financing_region", target_share=0.6006), True),
    (
        "remedy_cost",
        put("financing_fund", is_(fund_id="local"), cost_of_funds=1.364 / 45.21),
        False,
    ),
    ("debt_is_covered", put("financing_institution", H1_LAST, debt_service=1000.0), True),
]


@pytest.mark.parametrize(("rule", "edit", "broken"), CENTS)
def test_a_published_limit_may_be_broken_by_its_roundings_alone(tables, rule, edit, broken):
    assert (broken_rule(verify_financing, planted(tables, edit)) == rule) == broken


@pytest.mark.parametrize(("tiers", "broken"), [(0.9, False), (1.5, True)])
def test_a_tier_stands_within_twice_its_slack(tiers, broken):
    exact = financed(11)[1]
    first = is_(objective_tier=1)
    less = tiers * exact["financing_objective"].filter(first)["slack"][0]
    lower = (
        more("financing_objective", -less, first, optimum=1, slack=1e-6),
        more("plan_run", -less, first, bound=1),
    )
    assert (broken_rule(verify_financing, planted(exact, *lower)) == "tier_optimum") == broken


def test_debt_beyond_the_plan_that_is_priced_above_what_it_is_worth_is_refused():
    alone = planted(financed("alone")[0], new_price("debt_outlives", "a", 1.5))
    assert refusal(verify_financing, alone).rule == "price_of_beyond"


PUBLIC = is_(payer_id="public", period=1)
LIMITS = [
    ("loan_limit", "financing_loan", is_(loan_id="line"), "limit", -1),
    ("income_limit", "financing_loan", is_(loan_id="line"), "income_multiple", -1),
    ("share_of_fund", "financing_fund", is_(fund_id="pool"), "max_share", -1),
    ("capital_is_earmarked", "financing_institution", is_(institution_id="h0"), "capital_need", -1),
    ("payers_pay_pro_rata", "financing_payer", PUBLIC, "ceiling", 1),
    ("payers_can_pay", "financing_payer", PUBLIC, "ceiling", -1),
    ("fund_budget", "financing_budget", is_(fund_id="pool"), "budget", -1),
]


@pytest.mark.parametrize(("rule", "table", "where", "column", "sign"), LIMITS)
def test_a_limit_that_the_plan_touches_is_kept_to_a_millionth(rule, table, where, column, sign):
    exact = financed(11)[1]
    for by, broken in ((0.0, False), (0.9e-6, False), (1.3e-6, True)):
        tight = pl.when(where).then(pl.col(column) * (1 + sign * by)).otherwise(column)
        found = broken_rule(verify_financing, planted(exact, put_all(table, **{column: tight})))
        assert (found == rule) == broken
        assert by or found is None


def test_every_rule_has_a_planted_violation_and_is_written_down():
    assert {rule for rule, *_ in PLANTED} | {"price_of_beyond"} == set(RULES)
    assert written_rules("financing") == RULES


NUMBERS = [
    (name(table), column)
    for table in RESULTS
    for column, kind in polars_schema(table).items()
    if kind.is_numeric() and column not in key(table)
]


def changed(frame: pl.DataFrame, column: str, factor: float) -> pl.DataFrame:
    """The largest figure of ``column`` times ``factor``."""
    largest = frame[column].abs().fill_null(-1.0).arg_max()
    row = pl.int_range(pl.len()) == largest
    return frame.with_columns(pl.when(row).then(pl.col(column) * factor).otherwise(column))


@pytest.mark.parametrize(("table", "column"), NUMBERS)
def test_a_figure_changed_by_two_parts_in_ten_thousand_is_refused(table, column):
    exact = financed(11)[1]
    frame = changed(exact[table], column, 1.0002)
    if frame[column].abs().max() in (None, 0.0):
        pytest.fail(f"{column} is 0 throughout: the case proves nothing")
    with pytest.raises(PlanRefused):
        verify_financing({**exact, table: frame})


@pytest.mark.parametrize(("table", "column"), NUMBERS)
def test_a_published_figure_changed_by_two_parts_in_a_hundred_is_refused(tables, table, column):
    with pytest.raises(PlanRefused):
        verify_financing({**tables, table: changed(tables[table], column, 0.98)})


def stopped(tables: dict[str, pl.DataFrame], status: str) -> dict[str, pl.DataFrame]:
    """The plan as if time had run out in its last tier, with a bound a tenth below."""
    last = pl.col("objective_tier") == 4
    run, objective = tables["plan_run"], tables["financing_objective"]
    tenth = pl.when(last).then(0.1).otherwise(0.0)
    optimum = pl.col("optimum") - pl.col("optimum").abs() * tenth
    slack = 1e-6 * (optimum.abs() + run["components"][0])
    run = run.with_columns(
        bound=pl.col("bound") - pl.col("bound").abs() * tenth,
        status=pl.when(last).then(pl.lit(status)).otherwise("status"),
    )
    objective = objective.with_columns(
        optimum=optimum, slack=pl.when(last).then(slack).otherwise("slack")
    )
    return {**tables, "plan_run": run, "financing_objective": objective}


def test_a_plan_that_ran_out_of_time_passes_and_one_that_claims_more_does_not(tables):
    assert verify_financing(stopped(tables, "time_limit"))
    assert refusal(verify_financing, stopped(tables, "optimal")).rule == "tier_optimum"
