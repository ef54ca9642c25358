"""What may be wrong with a row or a cell, and what may be said of a file that is read."""

# Tables of words: one entry each, English, Chinese, what to do.
# fmt: off
CORRECT = ("correct it and send the file again", "更正后重新发送文件")
WRITE_ANEW = ("have the file written anew by its program", "由原系统重新导出文件")
CONFIRM = ("compare it with the source, and correct one of the two", "与来源核对并更正")
EXTEND = ("declare it in the feed, or have it left out", "在数据源配置中声明, 或不再发送")
NOTHING = ("nothing; have it sent without this in future", "无需处理; 以后请避免")

FAULTS = {
    "clock_change": ("the local time is skipped or repeated by a clock change: it names no moment",
        "当地时间落在时钟调整之中, 不能确定时刻",
        ("send such times in UTC or with their offset", "此类时间请用 UTC 或注明时差")),
    "control_character": ("the row holds NUL or a control character", "行中含控制字符", WRITE_ANEW),
    "cut_short": ("the last line has no end: its last value may be cut short",
        "末行没有换行, 最后的值可能被截断", ("send the whole file again", "重新发送完整文件")),
    "discharge_before_admission": ("the discharge lies before the admission",
        "出院早于入院", CORRECT),
    "empty": ("the code is an empty text", "编码为空", CORRECT),
    "ends_before_it_starts": ("the period ends before it starts", "期间结束早于开始", CORRECT),
    "header_repeated": ("the row repeats the header", "该行重复了表头", WRITE_ANEW),
    "implausible": ("the value lies outside what is possible", "值超出可能的范围", CONFIRM),
    "in_future": ("the moment lies after the extract was drawn", "时间晚于数据提取时间", CORRECT),
    "institution_missing": ("the row names no institution", "该行没有机构编码", CORRECT),
    "invisible_character": (
        "the code holds a character that does not show (a tab, a zero-width or hard space)",
        "编码含有不可见字符",
        ("type the code anew and send the file again", "重新输入编码后再发送")),
    "key_missing": ("a part of the row's key is empty", "行的主键有空缺", CORRECT),
    "key_repeated": ("other rows have this key and another content; nothing says which is right",
        "另有行主键相同而内容不同, 无法判断哪行正确",
        ("keep the right row of each key", "每个主键只保留正确的一行")),
    "misplaced_quote": ("a quote stands where none may", "引号位置不对", WRITE_ANEW),
    "beside_a_broken_line": (
        "the line before or after it is a piece of a cell, perhaps of this row",
        "相邻的行是某个单元格的碎片, 可能属于本行", WRITE_ANEW),
    "not_allowed": ("the word is none of those allowed", "该词不在允许的范围内", CORRECT),
    "required_missing": ("a value that must be there is empty", "必填的值为空", CORRECT),
    "too_long": ("the text is longer than allowed", "文字过长", CORRECT),
    "total_row": ("the row is a total, not an institution",
        "该行是合计, 不是机构", ("nothing: totals are left out", "无需处理: 合计行不载入")),
    "unknown_institution": ("the institution is not known",
        "机构未知", ("have it listed in the region's institutions first", "请先登记该机构")),
    "unreadable": ("the value cannot be read: it should be like {detail}",
        "值无法读取, 应形如 {detail}",
        ("write it in that form and send the file again", "改为该格式后重新发送")),
    "wrong_number_of_fields": ("the row does not have the header's number of fields",
        "行的字段数与表头不同", WRITE_ANEW),
    "row_repeated": ("the row says what line {line} says: it is counted once",
        "该行与第 {line} 行相同, 只计一次", NOTHING),
}

REPAIRS = {
    "byte_order_mark": ("byte order mark removed", "已去掉字节顺序标记", NOTHING),
    "mixed_line_ends": ("mixed line ends made one", "已统一换行符", NOTHING),
    "trailing_separators": ("separators at the end of each line removed",
        "已去掉行末的分隔符", NOTHING),
    "decomposed_accents": ("decomposed accents made one character each",
        "已合并分解的重音字符", NOTHING),
    "leading_zeros": ("{column_name}: leading zeros given back to {count:,} codes",
        "{column_name}: 已补回 {count:,} 个编码的前导零",
        ("have the column written as text", "请将该列按文本导出")),
}

FLAGS = {
    "undeclared_column": ("undeclared column not read: {private}",
        "未读取未声明的列: {private}", EXTEND),
    "last_line_without_end": ("the last line has no end: it may be cut short",
        "末行没有换行, 可能被截断", ("compare its rows with the source's", "与来源核对行数")),
    "column_empty": ("column {column_name} holds nothing", "列 {column_name} 全空", CONFIRM),
    "use_above_service": ("in {count:,} rows more is in use than in service, up to {share:g} times",
        "{count:,} 行的使用量高于在用量, 最多 {share:g} 倍", CONFIRM),
    "long_stays_sent": ("{count:,} stays last over {total:,} days",
        "{count:,} 次住院超过 {total:,} 天", CONFIRM),
    "codes_not_kept": (
        "{column_name}: {count:,} cells hold no code of this region and are not kept",
        "{column_name}: {count:,} 个单元格不是本地区的编码, 未保留",
        ("use the region's codes", "请使用本地区的编码")),
    "unknown_codes": ("{column_name}: {count:,} rows have {total:,} unknown codes: {private}",
        "{column_name}: {count:,} 行有 {total:,} 个未知编码: {private}",
        ("correct the codes, or have them declared", "更正编码, 或先登记")),
    "same_bytes": ("the same bytes as delivery {detail}, of another extract time",
        "与提取时间不同的交付 {detail} 内容相同",
        ("ask whether the right file was sent", "请确认是否发错文件")),
    "released": ("released by a person", "已由人工放行", NOTHING),
    "earlier_version": ("told by an earlier version of Catchment: {private}",
        "由旧版本记录: {private}", NOTHING),
}
