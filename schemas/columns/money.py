"""Columns of institutions' money, of the financing and of the purchases."""

from schemas.columns.column import Codes, Column, coded, day, flag, integer, number, signed, text

MEASURES: Codes = {
    "operating_cost": ("Operating cost, with depreciation.", "运营成本（含折旧）"),
    "salaries": ("Wages and salaries.", "人员薪酬"),
    "depreciation": ("Depreciation.", "折旧"),
    "net_patient_revenue": ("Revenue from patients and their payers, net.", "医疗净收入"),
    "other_income": ("Income from other than patients.", "其他收入"),
    "cash": ("Cash at the end of the period.", "期末现金"),
    "current_debt": ("Debt due within a year.", "流动负债"),
    "long_term_debt": ("Debt due later.", "长期负债"),
    "capital_assets": ("Buildings and equipment.", "固定资产"),
    "subsidies": ("Public money received.", "财政补助"),
    "uncompensated_care": ("Care that nobody paid for.", "无偿医疗"),
    "debt_service": ("Interest and principal paid.", "还本付息"),
    "capital_need": ("Equipment and buildings to pay.", "资本性支出需求"),
}
PURPOSES: Codes = {
    "operating": ("For running the institution.", "运营用途"),
    "capital": ("For equipment and buildings.", "资本用途"),
}
REPAYMENTS: Codes = {
    "bullet": ("All, with interest, at maturity.", "到期一次还本付息"),
    "level_principal": ("The same principal each period.", "等额本金"),
    "annuity": ("The same sum of principal and interest each period.", "等额本息"),
}
SHARE_RULES: Codes = {
    "admissions": ("Its part of admissions whose payer is known.", "按支付方已知的入院人次占比"),
    "revenue": ("Its part of reported revenue.", "按报告收入占比"),
}
CASH_RULES: Codes = {
    "not_reported_is_0": ("Not reported: taken as 0.", "未报告，按 0 计"),
    "implausible_overdraft_is_0": ("An overdraft too deep to be: taken as 0.", "透支不合理，按 0 计"),
}
EXCLUSIONS: Codes = {
    "no_finance_rows": ("No finance data.", "无财务数据"),
    "no_operating_cost": ("No period long enough has an operating cost above 0.", "无足够长时段的正运营成本"),
    "report_too_old": ("The newest report ends long before the region's newest.", "报告过旧"),
    "no_patient_revenue": ("No revenue from patients above 0.", "无正医疗收入"),
}
METHODS: Codes = {
    "last_year_and_median_growth": ("Last year's amount times the median growth of all institutions.", "上年金额乘以各机构增长率中位数"),
    "yearly_changes": ("From pairs of reports a year apart.", "由相隔一年的报告成对估计"),
}
FLOWS: Codes = {
    "payment": ("A payer pays claims.", "支付方付款"),
    "support": ("A fund supports.", "财政资金补助"),
    "draw": ("A loan is drawn.", "提取贷款"),
    "other_income": ("Income from other than payers.", "其他收入"),
    "interest_earned": ("Interest on cash.", "利息收入"),
    "uncovered": ("Need that nobody covers.", "无人承担的缺口"),
}
ITEMS: Codes = {
    **FLOWS,
    "opening_cash": ("Cash before the period.", "期初现金"),
    "operating_cost": ("Operating cost.", "运营成本"),
    "capital_need": ("Equipment and buildings.", "资本性支出"),
    "debt_service": ("Service of debt from before the plan.", "存量债务还本付息"),
    "principal": ("Repaid on loans of the plan.", "偿还计划内贷款本金"),
    "interest": ("Interest on loans of the plan.", "计划内贷款利息"),
    "closing_cash": ("Cash after the period.", "期末现金"),
}
SIDES: Codes = {"source": ("Money comes in.", "资金来源"), "use": ("Money goes out, or stays.", "资金运用")}
SOURCE_KINDS: Codes = {"payer": ("A payer.", "支付方"), "fund": ("A public fund.", "财政资金"), "loan": ("A loan product.", "贷款产品")}
LEVERS: Codes = {
    "fund": ("More money of a fund.", "增加财政资金"),
    "loan": ("A higher limit of a loan.", "提高贷款额度"),
    "payer": ("A payer pays earlier what it owes.", "支付方提前付款"),
    "saving": ("The institution costs less.", "机构节约成本"),
}
CONSTRAINTS: Codes = {
    "arrears_balance": ("What a payer owes: before and claims are paid and after.", "欠款平衡"),
    "payers_can_pay": ("A payer pays no more than its ceiling.", "支付方总额上限"),
    "payers_pay_pro_rata": ("A payer with a ceiling pays each its part.", "按比例支付"),
    "fund_balance": ("A fund gives what it has.", "资金收支平衡"),
    "share_of_fund": ("No institution has more than its largest share of a fund.", "单一机构占比上限"),
    "loan_limit": ("All together owe no more than the loan's limit.", "贷款总额度"),
    "income_limit": ("Each owes no more than a multiple of its income.", "按收入倍数限额"),
    "debt_outlives": ("Operating debt after the last period is covered by what payers owe.", "期末运营债务由应收款覆盖"),
    "debt_is_covered": ("Income covers debt service.", "偿债保障"),
    "cash_balance": ("Money in is money out.", "现金平衡"),
    "capital_is_earmarked": ("Capital money pays for capital.", "资本资金专款专用"),
    "worst_off": ("The worst-off institution of a region.", "区域内最差机构"),
}
CHOICES: Codes = {
    "bought": ("It is bought.", "购置"),
    "averts_no_harm": ("It averts no harm.", "不能避免损害"),
    "beyond_the_budget": ("The money averts more elsewhere.", "资金用于他处效益更高"),
}

COLUMNS: dict[str, Column] = {
    # Reports
    "measure": coded(MEASURES, "What the amount is.", "财务指标"),
    "amount": signed("currency", "Amount of money, in the region's currency; in plans in whole cents.", "金额（区域货币）"),
    "payer_id": text(
        "Payer; 'all' where revenue is not known by payer, 'other' for the rest; null if unknown.", "支付方代码；未区分时为 all，其余为 other，未知时为空"
    ),
    # Periods and institutions
    "period": integer(
        "1", "Period of the plan, from 1; 0 where a rule holds for no period, null if not bought.", "计划期序号，自 1 起；规则不分期为 0，未购置为空", ge=1
    ),
    "days": integer("days", "Days in the period.", "期内天数", ge=1),
    "setting_value": number("1", "Value of the setting, as a number.", "设置取值（数值）"),
    "cash": signed("currency", "Cash at hand before the first period; below 0 an overdraft.", "期初现金；负数为透支"),
    "cash_rule": text("Rule that gave the cash; null if reported.", "现金的推定规则；已报告时为空", codes=CASH_RULES),
    "days_required": number("days", "Days of operating cost to keep at hand.", "应保有的现金天数"),
    "last_support": number("currency", "Support in the last twelve months; null if unknown.", "近 12 个月补助；未知时为空"),
    "operating_cost": number("currency", "Operating cost without depreciation.", "运营成本（不含折旧）"),
    "capital_need": number("currency", "Equipment and buildings to pay.", "资本性支出需求"),
    "other_income": signed("currency", "Income beside payers' claims.", "支付方之外的收入"),
    "debt_service": number("currency", "Service of debt from before the plan.", "存量债务还本付息"),
    "exclusion_rule": text("Rule by which an institution is not financed.", "不纳入筹资的规则", codes=EXCLUSIONS),
    # Activity, claims and tariffs
    "activity_ratio": number("1", "Planned use of an institution's resources by usual use.", "计划与惯常资源使用之比"),
    "activity_ratio_rule": text(
        "Rule that changed the ratio; null if none.",
        "比值的调整规则；无则为空",
        codes={"limited": ("Limited by largest_activity_ratio of the region's file.", "受 largest_activity_ratio 限制")},
    ),
    "usual_cost": number("currency", "Operating cost of the plan's periods as usual.", "按惯常活动的运营成本"),
    "planned_cost": number("currency", "Operating cost of the plan's periods as planned.", "按计划活动的运营成本"),
    "usual_claims": number("currency", "Payers' claims as usual.", "按惯常活动的应付医疗费"),
    "planned_claims": number("currency", "Payers' claims as planned.", "按计划活动的应付医疗费"),
    "net_change": signed("currency", "More claims less more cost: below 0, the institution helps at its own cost.", "增加的应付费减增加的成本；负数为机构自担"),
    "claim": number("currency", "What a payer owes for the period's activity.", "当期应付医疗费"),
    "weighted": number("weighted admissions/day", "Admissions, each by its class's weight.", "加权入院人次"),
    "base_rate": number("currency/weighted admission", "Tariff of weight 1.", "基准费率（权重 1）", gt=0),
    "payer_share": number("share", "The payer's part of the weighted admissions.", "支付方占比", le=1),
    "share_rule": coded(SHARE_RULES, "What gives the payer's part.", "占比的计算依据"),
    "revenue_per_day": number("currency/day", "Revenue from the payer as reported.", "报告的支付方日均收入"),
    "claims_per_day": number("currency/day", "Claims as usual: weighted admissions, base rate and share multiplied.", "惯常日均应付费：加权人次×费率×占比"),
    "arrears": number("currency", "Owed by payers and not paid: after the period, of inputs before the first.", "支付方欠款（期末；输入表为首期前）"),
    # Payers, funds and loans
    "ceiling": number("currency", "Most that the payer can pay to all institutions.", "支付方总额上限"),
    "fund_id": text("Fund: public money for institutions.", "财政资金代码"),
    "purpose": coded(PURPOSES, "What the money is for.", "资金用途"),
    "max_share": number("share", "Largest share of the fund for one institution.", "单一机构最大占比", gt=0, le=1),
    "carry_over": flag("Does unused money stay for the next period?", "未用资金是否结转下期"),
    "cost_of_funds": number("1", "Cost of public money by unit of it.", "公共资金的单位成本"),
    "budget": number("currency", "New money of the period.", "当期新增预算"),
    "loan_id": text("Loan product.", "贷款产品代码"),
    "repayment": coded(REPAYMENTS, "How it is repaid; first due a period after the draw.", "还款方式；提款后一期起还"),
    "rate": number("share", "Interest per period.", "每期利率", gt=0),
    "term": integer("periods", "Periods from draw to the last repayment.", "期限（期数）", ge=1),
    "limit": number("currency", "Most that all institutions together may owe.", "全部机构合计欠款上限"),
    "income_multiple": number(
        "1", "Most that one may owe, in its incomes of a mean period; null if unlimited.", "单一机构欠款上限（平均期收入倍数）；空为不限"
    ),
    "draw_first": integer("1", "First period in which it may be drawn.", "可提款的首期", ge=1),
    "draw_last": integer("1", "Last period in which it may be drawn.", "可提款的末期", ge=1),
    "target_share": number("share", "Population times need weight, as share of all regions.", "按需求加权人口计算的区域份额", le=1),
    # Projections
    "basis_end": day("Last day of the report a year before.", "上一年报告末日"),
    "projected": signed("currency", "A year's amount, projected from the report before.", "由上年推算的年度金额"),
    "reported": number("currency", "A year's amount, as reported.", "报告的年度金额", gt=0),
    "error": signed("share", "Projected less reported, by reported.", "推算误差（相对）"),
    "method": text("How it is estimated.", "估计方法", codes=METHODS),
    "growth": signed("share", "Median growth in a year, from the reports before.", "年增长率中位数"),
    "median_error": number("share", "Median of the error's size.", "误差绝对值中位数"),
    "p90_error": number("share", "90th percentile of the error's size.", "误差绝对值 90 分位数"),
    "pairs": integer("1", "Pairs of reports a year apart.", "相隔一年的报告对数"),
    "variable_share": signed("share", "Change of cost by change of patient-days.", "可变成本占比"),
    "low": signed("share", "Lower bound, 95 %.", "95% 下限"),
    "high": signed("share", "Upper bound, 95 %.", "95% 上限"),
    "fixed_share_used": number("share", "Fixed share of cost that the plan uses.", "计划采用的固定成本占比", le=1),
    # The plan of money
    "source_kind": coded(SOURCE_KINDS, "Kind of source of money.", "资金来源类型"),
    "source_id": text(
        "Payer, fund or loan; own for an institution's own income, nobody for an uncovered need.", "资金来源：支付方、资金或贷款；own 为自有，nobody 为无人承担"
    ),
    "party_id": text(
        "Payer, fund, loan or region; own for an institution's own, nobody for an uncovered need, all where a row holds for all.",
        "相关方；own 为自有，nobody 为无人承担，all 为全部",
    ),
    "flow_kind": coded(FLOWS, "Kind of money that reaches an institution.", "资金流类型"),
    "opening_cash": signed("currency", "Cash before the period.", "期初现金"),
    "payments": number("currency", "Paid by payers.", "支付方付款"),
    "support": number("currency", "Support from funds.", "财政补助"),
    "drawn": number("currency", "Drawn from loans in the period.", "当期提取贷款"),
    "interest_earned": number("currency", "Interest on opening cash.", "期初现金利息"),
    "uncovered": number("currency", "Need that nobody covers: the gap.", "无人承担的资金缺口"),
    "principal_due": number("currency", "Repaid in the period on loans of the plan.", "当期偿还贷款本金"),
    "interest_due": number("currency", "Interest of the period on loans of the plan.", "当期贷款利息"),
    "closing_cash": number("currency", "Cash after the period.", "期末现金"),
    "thin": number("currency", "Cash that is not borrowed, below the days required.", "自有现金低于应保有天数的部分"),
    "debt": number("currency", "Owed on loans of the plan after the period.", "期末贷款余额"),
    "days_on_hand": number("days", "Days of operating cost in closing cash; null without cost.", "现金可维持天数；无成本时为空"),
    "debt_service_cover": signed(
        "1", "Claims, other income and operating support less operating cost, by debt service; null without debt service.", "偿债保障倍数；无还本付息时为空"
    ),
    "operating_margin": signed(
        "share", "Claims and other income less operating cost, by claims and other income; null without.", "运营收支结余率；无收入时为空"
    ),
    "opening": signed("currency", "Opening balance of what the row follows: a claim, a debt, or what a source has left.", "期初余额（应收、债务或来源结余）"),
    "closing": number("currency", "Closing balance of what the row follows: a claim, or what a source keeps.", "期末余额（应收或来源结余）"),
    "paid": number("currency", "Paid in the period.", "当期已付"),
    "owed": number("currency", "Owed after the period.", "期末欠款"),
    "added": number(
        "currency",
        "New money: a budget, a ceiling, what was repaid; of a payer without ceiling what it paid.",
        "当期新增：预算、上限、还款，或无上限支付方的付款",
    ),
    "used": number("currency", "Paid to institutions.", "支付给机构"),
    "lapsed": number("currency", "Not used and not kept.", "未使用而失效"),
    "shadow_price": signed(
        "1",
        "Uncovered need (tier 1) that one more unit of this money would remove; null where the source has no limit.",
        "影子价格：增加一单位资金可减少的缺口；无限额时为空",
    ),
    "need": number("currency", "Uncovered if payers pay pro rata and there is no support and no loan.", "现状下的资金缺口"),
    "beyond": number("currency", "Operating debt beyond what payers owe, after the last period.", "末期超出应收款的运营债务"),
    "slower": number("currency", "Support below the pace of change.", "低于变动节奏的补助差额"),
    "largest_unmet_share": number("share", "Largest unmet share of an institution of the region.", "区域内机构未满足占比的最大值"),
    "pooled_support": number("currency", "Support from funds that are open to several regions.", "跨区域统筹资金补助"),
    "target": number("currency", "Least support that equity asks for.", "公平要求的最低补助"),
    "below": number("currency", "Support below the target.", "低于目标的差额"),
    "side": coded(SIDES, "Side of the balance.", "资金平衡的一方"),
    "line_item": text("Line of the balance: a kind of money, or what it is spent on.", "资金平衡项目", codes=ITEMS),
    "lever": coded(LEVERS, "What would change.", "补救手段"),
    "lever_share": number(
        "share",
        "Amount by the fund's budget, the loan's limit, the payer's claims or operating cost; null where that is 0.",
        "金额占预算、额度、应付费或成本的比例；为 0 时置空",
    ),
    "cheapest": flag("Is it the cheapest change for the institution?", "是否为该机构成本最低的手段"),
    "constraint_name": text("Constraint of the formulation.", "约束名称", codes=CONSTRAINTS),
    "dual_value": signed("1", "Change of tier 1 by unit of the constraint's right side.", "对偶值：右端项每变动一单位的一级目标变动"),
    "optimum": signed("1", "Least value that was proved: currency for tiers 1 and 4, else 1.", "已证明的最小值（1、4 级为货币）"),
    "achieved": signed("1", "Value of the published plan.", "公布方案的目标值"),
    "slack": number("1", "What later tiers may add to the optimum.", "后续层级允许的放宽"),
    # Purchases
    "purchase_id": text("Request for a purchase.", "购置申请代码"),
    "price": number("currency", "Price of all units of the request.", "申请总价", gt=0),
    "running_cost": number("currency", "Cost of running the purchase for a period.", "每期运行成本"),
    "earliest_period": integer("1", "First period in which it can be bought.", "最早可购置的期", ge=1),
    "priced": number("points/year", "Harm averted by shadow prices: units times the price of a unit-day, a year long.", "按影子价格每年可避免的损害"),
    "income": signed("currency", "The institution's income of a mean period.", "机构平均每期收入"),
    "bought": flag("Is it bought?", "是否购置"),
    "averted_per_year": number("points/year", "Harm averted in a year, as the kept round of the choice takes it.", "每年避免的损害（采用轮次）"),
    "choice_rule": coded(CHOICES, "Why it is bought or not.", "购置与否的规则"),
    "round": integer("1", "Round of the choice: 1 takes shadow prices, later ones what was found.", "选择轮次", ge=1),
    "purchases": integer("1", "Requests chosen.", "入选申请数"),
    "predicted": number("points/year", "Harm averted by what is chosen, as taken.", "预计每年避免的损害"),
    "confirmed": number("points/year", "Harm averted when the allocation is solved again with it.", "重新求解确认的每年避免损害"),
    "kept": flag("Is this the round that is published?", "是否为公布的轮次"),
}
