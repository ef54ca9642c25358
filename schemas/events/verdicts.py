"""Why a delivery is rejected, held, or a duplicate."""

# Tables of words: one entry each, English, Chinese, what to do.
# fmt: off
SEND_WHOLE = ("send it again, whole", "请重新完整发送")
SEND_RIGHT = ("send both again, so that they agree", "请重新发送一致的文件和清单")
RENAME = ("give it a name like the feed's and send it again", "按数据源的格式改名后重新发送")
AS_TEXT = ("export it as text with one header line", "导出为带一行表头的文本")
REQUOTE = ("have it written with standard quoting", "按标准引号规则重新导出")
PACK_ONE = ("pack one plain file, without folder or password", "只打包一个文件, 不带文件夹和密码")
SMALLER = ("send less at a time, or raise the feed's limit", "分批发送, 或提高数据源的上限")
MATCH = ("compare the file with its feed", "将文件与数据源配置核对")
LOOK = ("look at the file; then release or refuse it", "查看文件, 然后放行或拒绝")

REJECTIONS = {
    # what it is
    "file_missing": ("the file is not there, or is not a file", "文件不存在", SEND_WHOLE),
    "file_unreadable": ("the file cannot be read: {detail}", "文件无法读取: {detail}", SEND_WHOLE),
    "file_is_no_file": ("it is a link or no file",
        "这是链接, 不是文件", ("send the file itself", "请发送文件本身")),
    "file_changed": ("the file changed while it was read", "读取时文件有变动", SEND_WHOLE),
    "file_growing": ("the file is still growing",
        "文件仍在写入", ("nothing: it is read when it is complete", "无需处理: 写完后会读取")),
    "file_too_large": ("the file has {count:,} bytes; its feed allows {total:,} (max_mb)",
        "文件有 {count:,} 字节, 数据源只允许 {total:,}", SMALLER),
    "file_empty": ("the file is empty (zero bytes)", "文件为空", SEND_WHOLE),
    "another_kind": ("the file is {detail}, not delimited text",
        "文件不是分隔文本, 而是 {detail}", AS_TEXT),
    "another_encoding": ("line {line} is not in {detail}, which the feed declares",
        "第 {line} 行不是数据源声明的编码 {detail}",
        ("save it in that encoding and send it again", "按该编码保存后重新发送")),
    "utf8_undeclared": ("the file is in utf-8; the feed declares {detail}",
        "文件是 utf-8, 数据源声明的是 {detail}",
        ("save it in that encoding, or change the feed", "按该编码保存, 或修改数据源")),
    # its name
    "no_feed": ("no feed of this region expects a file of this name",
        "没有数据源需要该名称的文件", RENAME),
    "other_name": ("the feed expects names like {detail}", "数据源要求的名称为 {detail}", RENAME),
    "name_dotted": ("its name begins with a dot or holds two in a row",
        "文件名以点开头或有连续的点", RENAME),
    "name_too_long": ("its name is longer than {total:,} characters",
        "文件名超过 {total:,} 个字符", RENAME),
    "name_unsafe": (
        "its name holds a character that no file name needs (quote, newline, ; or the like)",
        "文件名含有不应出现的字符", RENAME),
    "name_without_date": ("its name does not give a date in the format of its feed",
        "文件名中没有符合格式的日期", RENAME),
    # its archive
    "archive_dates_differ": (
        "the archive says {private} of one file: its own name and that of the file in it give "
        "different dates",
        "压缩包与其中文件的名称日期不同: {private}", ("send it with one date", "请只用一个日期")),
    "archive_member_in_folder": ("the zip archive holds {private}, in a folder",
        "压缩包中的 {private} 在文件夹里", PACK_ONE),
    "archive_too_large": (
        "the archive unpacks to more than its feed allows ({total:,} bytes), or to over {count:,} "
        "times its size",
        "解压后超过 {total:,} 字节或原大小的 {count:,} 倍",
        ("send the file as it is, or less at a time", "直接发送文件或分批发送")),
    "archive_not_gzip": ("the file is not gzip, or damaged", "文件不是 gzip 或已损坏", SEND_WHOLE),
    "archive_cut": ("the gzip file is cut short", "gzip 文件不完整", SEND_WHOLE),
    "archive_members": ("the archive holds {count:,} members",
        "压缩包有 {count:,} 个成员", PACK_ONE),
    "archive_damaged": (
        "the zip archive is damaged, cut short or packed by a method that is not deflate",
        "zip 压缩包已损坏、不完整或压缩方法不支持", SEND_WHOLE),
    "archive_path": ("the zip archive's member has a path that leaves its folder",
        "压缩包成员的路径越出文件夹", PACK_ONE),
    "archive_no_file": ("the zip archive holds a folder or a link, not a file",
        "压缩包里不是普通文件", PACK_ONE),
    "archive_locked": ("the zip archive has a password", "压缩包有密码", PACK_ONE),
    # its manifest
    "manifest_required": ("the feed requires a manifest that gives sha256 or rows",
        "数据源要求附带给出 sha256 或行数的清单",
        ("put NAME.manifest.json beside the file", "在文件旁放置 NAME.manifest.json")),
    "manifest_unreadable": ("the manifest beside it is not a JSON object of at most 10 MB",
        "旁边的清单不是 10 MB 以内的 JSON 对象", SEND_RIGHT),
    "manifest_without_files": ("MANIFEST.json beside it has no object `files`",
        "MANIFEST.json 没有 `files`", SEND_RIGHT),
    "manifest_contradicts": ("NAME.manifest.json and MANIFEST.json give different {detail}",
        "两份清单的 {detail} 不同", SEND_RIGHT),
    "manifest_key_unknown": ("its manifest has the key {private}; known are {detail}",
        "清单有未知的键 {private}; 可用的键: {detail}", SEND_RIGHT),
    "manifest_key_twice": ("its manifest has twice the key {private}",
        "清单的键 {private} 重复", SEND_RIGHT),
    "manifest_values": ("its manifest must give sha256 as 64 hex digits and rows as a whole number",
        "清单的 sha256 应为 64 位十六进制, rows 应为整数", SEND_RIGHT),
    "manifest_hash_differs": ("its sha256 differs from its manifest's",
        "sha256 与清单不同", SEND_RIGHT),
    "manifest_rows_differ": ("it has {count:,} rows of data, its manifest says {total:,}",
        "有 {count:,} 行数据, 清单为 {total:,} 行", SEND_RIGHT),
    # its header
    "columns_missing": ("the file lacks the column {detail}", "文件缺少列 {detail}", MATCH),
    "stray_column": ("the feed does not know its column {private}",
        "数据源不认识列 {private}", MATCH),
    "stray_columns": ("the feed does not know {count:,} of its columns",
        "数据源不认识其中 {count:,} 列", MATCH),
    "columns_twice": ("the file has twice the column {detail}", "列 {detail} 重复", MATCH),
    "other_separator": ("its columns seem to be separated by {detail}",
        "各列似乎以 {detail} 分隔",
        ("export it with the feed's separator", "按数据源的分隔符导出")),
    "header_further_down": ("its header seems to stand in line {line}",
        "表头似乎在第 {line} 行", ("remove the lines above the header", "删去表头以上的行")),
    "names_persons": (
        "{count:,} undeclared columns seem to hold a person's name, birth date or number",
        "有 {count:,} 个未声明的列似乎含有个人姓名、生日或号码",
        ("have it sent again without them", "去掉这些列后重新发送")),
    "too_many_columns": ("the file has {count:,} columns, the feed allows {total:,}",
        "文件有 {count:,} 列, 数据源只允许 {total:,}", MATCH),
    "header_quote_open": (
        "a quote in the header is open at the end of its line: it is not closed, or a column's "
        "name holds a line break",
        "表头的引号未闭合, 或列名含换行",
        ("have the header written in one line", "请将表头写在一行内")),
    "header_misquoted": ("a quote in the header is followed by text or a space before {detail}",
        "表头引号之后, {detail} 之前有多余字符", REQUOTE),
    # its lines
    "only_blank_lines": ("the file holds nothing but blank lines", "文件只有空行", SEND_WHOLE),
    "no_rows": ("the file has a header and no rows", "文件只有表头, 没有数据", SEND_WHOLE),
    "line_too_long": ("line {line} is longer than 1 MiB", "第 {line} 行超过 1 MiB", REQUOTE),
    "quote_never_closed": ("a quote is opened and never closed", "有引号未闭合", REQUOTE),
    "quote_closed_late": ("a quote opened in line {line} is not closed where it should be",
        "第 {line} 行的引号没有在应处闭合", REQUOTE),
    "control_characters": ("{count:,} of {total:,} rows hold NUL or control characters",
        "{total:,} 行中有 {count:,} 行含控制字符", REQUOTE),
    "rows_ragged": (
        "{count:,} of {total:,} rows do not have the columns of the header, with {detail}",
        "{total:,} 行中有 {count:,} 行与表头的列数不同 ({detail})", REQUOTE),
    "rows_miscounted": ("{total:,} rows were counted and {count:,} read",
        "数得 {total:,} 行, 读得 {count:,} 行", REQUOTE),
    # its content
    "column_unreadable": (
        "none of the {count:,} cells of {column_name} can be read: they should be like {detail}",
        "列 {column_name} 的 {count:,} 个单元格都无法读取, 应形如 {detail}",
        ("compare format and decimal mark with the feed", "与数据源核对格式和小数点")),
    "number_for_text": (
        "table {table_name}: {column_name} is text and its expression gives {detail}",
        "表 {table_name}: {column_name} 是文本, 而表达式得到 {detail}",
        ("write try_cast(... as varchar) in the feed", "在数据源中使用 try_cast(... as varchar)")),
    "expression_refused": ("{column_name} cannot be computed as {detail}",
        "{column_name} 不能按 {detail} 计算",
        ("look at the types of its columns in the feed", "检查数据源中各列的类型")),
    "not_turned_into_tables": ("the file could not be turned into tables ({detail})",
        "文件无法转换成表 ({detail})", MATCH),
    "table_refused": ("a table made from it is refused: {private}",
        "由它生成的表不合规: {private}", MATCH),
    "all_rows_at_fault": (
        "all {count:,} rows are at fault ({detail}); is it another feed's, region's or "
        "institution's file?",
        "全部 {count:,} 行都有错 ({detail}); 是否是别的数据源、地区或机构的文件?", MATCH),
    "no_row_loadable": ("none of its {total:,} rows can be loaded; {count:,} are at fault",
        "{total:,} 行都不能载入, 其中 {count:,} 行有错", MATCH),
    "another_region": (
        "{count:,} of its {total:,} rows are of unknown institutions: it seems to be another "
        "region's file",
        "{total:,} 行中有 {count:,} 行的机构未知, 似乎是别的地区的文件", MATCH),
    # what a person decided
    "refused": ("refused by a person ({private})", "已由人工拒绝 ({private})", SEND_WHOLE),
    "refused_before": ("the same bytes as delivery {detail}, which was refused",
        "与已拒绝的交付 {detail} 相同", SEND_WHOLE),
}

HOLDS = {
    "rows_removed": (
        "it would remove up to {share:.0%} of the {table_name} rows of {count:,} institutions",
        "将删除 {count:,} 家机构多达 {share:.0%} 的 {table_name} 数据"),
    "table_rows_removed": ("it would remove {share:.0%} of the {table_name} rows",
        "将删除 {table_name} 的 {share:.0%}"),
    "column_emptied": ("{table_name}.{column_name} is suddenly empty ({detail})",
        "{table_name}.{column_name} 突然全空 ({detail})"),
    "rows_unusual": ("it has {count:,} rows where {total:,} are usual",
        "有 {count:,} 行, 通常为 {total:,} 行"),
    "after_closing": ("it speaks of {count:,} institutions after their last day of service",
        "含 {count:,} 家机构停业之后的数据"),
    "extract_in_future": ("its extract time lies in the future", "提取时间在将来"),
    "contradicts_another": (
        "another file of this night, drawn at the same time, says otherwise of the same rows",
        "同夜同时提取的另一文件对相同的行有不同说法"),
    "late": ("it is older than the newest extract that is loaded", "早于已载入的最新数据"),
    "all_institutions_new": (
        "none of its {count:,} institutions is known: it may be another region's file",
        "其中 {count:,} 家机构都未知, 可能是别的地区的文件"),
}

DUPLICATES = {
    "same_as_held": ("the same bytes as delivery {detail}, which is held",
        "与待定的交付 {detail} 相同", ("release or refuse that one", "请放行或拒绝那一份")),
    "same_as_loaded": ("the same bytes as delivery {detail}, which is loaded",
        "与已载入的交付 {detail} 相同", ("nothing: its rows are loaded", "无需处理: 数据已载入")),
}
