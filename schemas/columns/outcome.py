"""Columns that say whether a plan came true."""

from schemas.columns.column import Codes, Column, coded, day, number, signed, text

REALISED_BY: Codes = {
    "paper": ("The plan carried out on paper: of those who came, at most as planned.", "按计划在纸面上执行：实际到来者中至多按计划人数分流"),
    "reports": ("What was reported after the plan was carried out.", "计划执行后的实际报告"),
}
EXPECTATIONS: Codes = {
    "forecast": ("The forecast of the coming days.", "对未来数日的预测"),
    "recent_mean": ("The mean of the last weeks.", "近几周均值"),
    "recent_mean_certain": ("The mean of the last weeks, planned on as if nothing else could come.", "近几周均值，视为必然"),
}

COLUMNS: dict[str, Column] = {
    "planned_on": day("Night that made the plan.", "制定计划的夜间批次"),
    "expect": coded(EXPECTATIONS, "What the plan was made on.", "计划所依据的预期"),
    "area": text("Region whose zones and institutions are counted; all: every one.", "所统计的区域代码；all 为全部"),
    "first_day": day("First day of the plan that is judged.", "所评价的首日"),
    "last_day": day("Last day of the plan that reports cover.", "报告已覆盖的末日"),
    "realised_by": coded(REALISED_BY, "How it is known what the plan did.", "实际结果的依据"),
    "harm_usual": number("points", "Harm with those who came, had everyone gone where usual.", "实际到来者均按惯常就医时的损害"),
    "harm_promised": number("points", "Harm that the plan expected when it was made.", "制定计划时预计的损害"),
    "harm_realised": number("points", "Harm of the plan with those who came.", "计划在实际到来者下的损害"),
    "harm_hindsight": number("points", "Least harm of the same model, had those who came been known.", "事后已知实际到来者时同一模型的最小损害"),
    "regret": signed("points", "Harm realised less that by hindsight.", "遗憾值：实际损害减事后最优损害"),
    "kept_share": signed(
        "share",
        "Part of what hindsight averts that the plan averted: (usual - realised) / (usual - hindsight); null where hindsight averts nothing.",
        "实现份额：（惯常 − 实际）÷（惯常 − 事后最优）；无可避免损害时为空",
    ),
    "usual_unit_days": number("unit-days", "Crowding had everyone gone where usual, over all days.", "均按惯常就医时的拥挤单位日"),
    "realised_unit_days": number("unit-days", "Crowding that the plan realised, over all days.", "计划实际产生的拥挤单位日"),
    "worse_unit_days": number("unit-days", "Crowding realised beyond that as usual.", "超出惯常的拥挤单位日"),
    "worse_harm": number("points", "Harm of that.", "由此增加的损害"),
}
