"""Columns of places, institutions, capacity and patients."""

from schemas.columns.column import Codes, Column, coded, day, flag, instant, integer, number, text

TIERS: Codes = {
    "primary": ("Basic care, close to where people live.", "一级：基层医疗"),
    "secondary": ("General hospital care.", "二级：综合医院医疗"),
    "tertiary": ("Specialised hospital care.", "三级：专科与疑难重症医疗"),
}
CATEGORIES: Codes = {
    "personnel": ("People who give care.", "人员"),
    "equipment": ("Machines and devices.", "设备"),
    "environment": ("Places: beds, rooms.", "场所：床位、房间"),
    "finance": ("Money.", "资金"),
    "technology": ("Information technology.", "信息技术"),
}
REASONS: Codes = {
    "withheld": ("Known to the sender, who does not publish it: a small count.", "数值过小，报送方未公布"),
    "not_reported": ("Nothing was sent.", "未报送"),
    "unreadable": ("What was sent could not be read.", "无法读取"),
    "implausible": ("What was sent cannot be.", "不合理"),
}
FILLED_BY: Codes = {
    "middle_of_range": ("The middle of the range in which the number must lie.", "取所在区间的中点"),
    "last_known": ("The institution's last known number.", "取该机构最近一次已知数值"),
    "region_occupancy": ("Units in service times the region's occupancy on that date.", "可用数量乘以当日区域使用率"),
    "none": ("Nothing could be put in its place; it counts 0.", "无法插补，按 0 计"),
}
SOURCES: Codes = {
    "encounters": ("Counted from single stays.", "由单次住院记录统计"),
    "activity": ("From sums of admissions and patient-days.", "由入院人次与住院床日汇总得出"),
    "in_use_over_mean_stay": ("Beds in use divided by the mean stay.", "使用中床位数除以平均住院日"),
}
DISCLOSURE: Codes = {
    "shown": ("Exact.", "原值公布"),
    "rounded": ("Counts of people are rounded to the nearest 5.", "人数四舍五入到最接近的 5"),
    "withheld": ("A count of people is 1 to 10 and null.", "人数为 1 至 10，置空不公布"),
}
SEXES: Codes = {
    "F": ("Female.", "女"),
    "M": ("Male.", "男"),
    "X": ("Neither, or not told.", "其他或未说明"),
    "all": ("Everyone: not sent by sex.", "合计（未按性别报送）"),
}

COLUMNS: dict[str, Column] = {
    # Places and institutions
    "region_id": text("Planning region.", "规划区域代码"),
    "parent_region_id": text("The region that this one lies in; null at the top.", "上级区域代码；最高一级为空", of="region_id"),
    "zone_id": text(
        "Zone in which patients live or an institution stands; 'all' where a feed does not say.", "患者居住地或机构所在地的分区代码；未区分时为 all"
    ),
    "institution_id": text("Hospital or site; 'all' where a row holds for all.", "医疗机构代码；适用于全部机构时为 all"),
    "name": text("What people call it.", "名称"),
    "latitude": number("degrees", "Degrees north.", "北纬度数", ge=-90, le=90),
    "longitude": number("degrees", "Degrees east.", "东经度数", ge=-180, le=180),
    "location_rule": text(
        "The rule that gave the coordinates; null if sent or unknown.",
        "坐标的推定规则；已报送或未知时为空",
        codes={"zone_centroid": ("The middle of the institution's zone.", "取所在分区的中心点")},
    ),
    "need_weight": number("1", "Need for care of one inhabitant against the average.", "人均医疗需求权重（平均为 1）"),
    "tier": coded(TIERS, "Level of care.", "医疗机构级别"),
    "tier_rule": text("The rule of the region's file that gave the tier; null if sent.", "级别的推定规则；已报送时为空"),
    "ownership": text("Who owns it, as sent.", "举办主体（按报送原文）"),
    "kind": text("Type of hospital, as sent.", "机构类型（按报送原文）"),
    "active_from": day("First day of service; null if not sent.", "开始服务日期；未报送时为空"),
    "active_to": day("Last day of service; null while open.", "停止服务日期；仍在服务时为空"),
    "from_id": text("Zone or institution where the way begins.", "起点：分区或机构代码"),
    "to_id": text("Zone or institution where the way ends.", "终点：分区或机构代码"),
    "km": number(
        "km", "Distance between two places: by road where a feed gives it, else estimated from coordinates.", "两地距离：优先道路里程，否则按坐标估算"
    ),
    "minutes": number("minutes", "Travel time.", "行程时间"),
    "year": integer("year", "Calendar year.", "年份", ge=1900, le=2200),
    "age_band": text("Age band, for example 65-74 or 85+; 'all' where not sent by age.", "年龄组，如 65-74、85+；未分组时为 all"),
    "sex": text("Sex.", "性别", codes=SEXES),
    "persons": number("persons", "People who live there.", "常住人口数"),
    "population": number(
        "persons", "People of the region; zones that do not say are taken at their share of the others.", "区域人口；缺报分区按其余分区的占比推算"
    ),
    # Resources and classes
    "resource_id": text("Resource: a kind of thing that care needs.", "资源代码"),
    "category": coded(CATEGORIES, "What kind of resource it is.", "资源类别"),
    "unit": text("What one unit of the resource is.", "资源的计量单位"),
    "movable": flag("Can a unit go to another institution?", "是否可调配至其他机构"),
    "class_id": text("Care class: a kind of patient need.", "患者类别代码（按医疗需求划分）"),
    "harm_weight": number("points/patient-day", "Harm of a patient-day of care not given.", "每一床日医疗需求未满足的损害权重"),
    "mean_stay_days": number("days", "Mean length of stay.", "平均住院日", gt=0),
    "mean_stay_source": text(
        "Where the mean length of stay comes from.",
        "平均住院日的来源",
        codes={"configuration": ("The region's file.", "区域配置文件"), "activity": ("Patient-days by admissions as sent.", "报送的住院床日除以入院人次")},
    ),
    # Capacity
    "date": day(
        "Day, or first day of the period, that the row is about; of units that move, the day on which they leave.", "日期，或所述时段的首日；调配时为出发日"
    ),
    "period_days": integer(
        "days",
        "Days of the row's period, of which date is the first; its figures are means over them: 1 for a daily census, 7 for a weekly mean.",
        "时段天数（自 date 起），数值为其平均：每日为 1，每周为 7",
        ge=1,
    ),
    "in_service": number(
        "units",
        "Units in service, mean of the period: as sent, in regional tables with what was imputed, in the plan's before any move.",
        "可用数量（时段平均）",
    ),
    "in_service_reported": number("units", "Units in service, as reported.", "已报送的可用数量"),
    "in_service_imputed": number("units", "Units in service put in place of a gap.", "插补的可用数量"),
    "in_service_rule": text("The rule that filled the gap of units in service; null if reported.", "可用数量的插补规则；已报送时为空", codes=FILLED_BY),
    "in_service_reason": coded(REASONS, "Why units in service are unknown; null if known.", "可用数量缺失原因；已知时为空"),
    "in_service_low": number("units", "Least that units in service can be.", "可用数量下限"),
    "in_service_high": number("units", "Most that units in service can be.", "可用数量上限"),
    "in_service_per_100k": number("per 100,000 people", "Units in service by 100,000 people; null without population.", "每 10 万人口可用数量；人口未知时为空"),
    "in_use": number("units", "Units in use, mean of the period: as sent, in regional tables with what was imputed.", "使用中数量（时段平均）"),
    "in_use_reported": number("units", "Units in use, as reported.", "已报送的使用中数量"),
    "in_use_imputed": number("units", "Units in use put in place of a gap.", "插补的使用中数量"),
    "in_use_rule": text("The rule that filled the gap of units in use; null if reported.", "使用中数量的插补规则；已报送时为空", codes=FILLED_BY),
    "in_use_reason": coded(REASONS, "Why units in use are unknown; null if known.", "使用中数量缺失原因；已知时为空"),
    "in_use_low": number("units", "Least that units in use can be.", "使用中数量下限"),
    "in_use_high": number("units", "Most that units in use can be.", "使用中数量上限"),
    "institutions": integer("1", "Institutions that the figures rest on.", "数据所依据的机构数"),
    "free": number("units", "In service less in use, not below 0: by institution, or of what is shown.", "空闲数量：可用减使用中，不低于 0"),
    "occupancy": number("share", "In use ÷ in service; null with nothing in service.", "使用率；无可用资源时为空"),
    "gap_reason": text("Why the cells were not given.", "缺失原因", codes=REASONS),
    "imputation_rule": text("The rule that filled the gaps.", "插补规则", codes=FILLED_BY),
    "gaps": integer("cells", "Cells that were not given.", "缺失单元格数", ge=1),
    "imputed": number(
        "units",
        "What was put in place of the gaps. Published, units in use are rounded to 5, and null where they are 1 to 10 or regional.supply withholds them.",
        "插补数量合计；公布时使用中数量取整到 5，为 1 至 10 或 regional.supply 不公布时置空",
    ),
    # Patients
    "period_start": day("First day of the period.", "时段首日"),
    "period_end": day("Last day of the period.", "时段末日"),
    "admissions": number("patients", "Patients admitted in the period.", "时段内入院人次"),
    "patient_days": number("patient-days", "Days in bed in the period.", "时段内住院床日"),
    "attendances": number("visits", "Visits without admission in the period.", "时段内门急诊人次"),
    "encounter_id": text("Pseudonym of the stay.", "住院记录假名", identifier=True),
    "patient_key": text("Pseudonym of the patient.", "患者假名", identifier=True),
    "admitted_at": instant("Admission, UTC.", "入院时间（UTC）"),
    "discharged_at": instant("Discharge, UTC; null while the stay is open.", "出院时间（UTC）；在院时为空"),
    "admissions_per_day": number("admissions/day", "Admissions per day.", "日均入院人次"),
    "patient_days_per_day": number("patient-days/day", "Patients in bed, mean of the day.", "日均在院人数"),
    "admissions_per_100k": number(
        "per 100,000 people", "Admissions per day by 100,000 people; null without population.", "每 10 万人口日均入院人次；人口未知时为空"
    ),
    "demand_source": coded(SOURCES, "What demand is known from, the best source first.", "需求数据来源"),
    # Supply and demand
    "supply": number("units", "Units in service that face the demand.", "供给：可用数量"),
    "demand_units": number("units", "Patients in bed times units per patient.", "需求：在院人数乘以每名患者所需数量"),
    "ratio": number("1", "Supply ÷ demand; null where nothing is asked for.", "供需比；无需求时为空"),
    "shortage": number("units", "What single institutions lack, in all: demand above supply, by institution.", "各机构缺口合计"),
    "surplus": number("units", "What single institutions have left, in all: supply above demand, by institution.", "各机构富余合计"),
    "disclosure": coded(DISCLOSURE, "How the row's counts of people are published.", "人数的公布方式", absent="shown"),
}
