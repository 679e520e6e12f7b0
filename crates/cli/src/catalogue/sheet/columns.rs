//! The columns of the guide's layout, and those that Order 809 and the city's survey of data add.

use sheet::{Column, Layout, Shown};

use crate::sheets::column::{by, chosen, optional, required};

const GUIDE: &str = "政务信息资源目录编制指南（发改高技〔2017〕1272号）";
const ORDER: &str = "政务数据共享条例（国务院令第809号）第十三条";
const SHARED: &str = "政务数据共享条例（国务院令第809号）第十四条、第十五条";
const SURVEY: &str = "政务信息系统大普查，数据量填写规则";
const YES_NO: &[&str] = &["是", "否"];

/// Columns of one item; all others are of the entry, and merged over its items.
pub(super) const OF_ITEMS: [&str; 6] = [
    "item_title",
    "item_key",
    "item_data_type",
    "item_length",
    "item_sensitive",
    "item_personal",
];

/// All columns in the order of the sheet. The keys are those of `catalogue.v1.Resource`, so that a fault of the
/// gateway finds its column; those of items have `item_` in front.
pub(super) const COLUMNS: [Shown<'static>; 41] = [
    by(
        optional(
            "classification",
            "信息资源分类",
            &["信息资源分类代码", "资源分类", "分类代码", "目录分类"],
            16,
            "类（1 位）、项（2 位）、目（3 位）、细目的代码，如 314001；新资源填它，由平台编顺序码",
        ),
        GUIDE,
    ),
    by(
        required(
            "title",
            "信息资源名称",
            &["资源名称", "数据资源名称", "目录名称"],
            28,
            "数据是什么，不超过 50 字；不能就是系统名称",
        ),
        GUIDE,
    ),
    by(
        optional(
            "name",
            "信息资源代码",
            &["资源代码", "目录代码", "数据资源代码"],
            20,
            "已有资源的代码，如 314001/000001；新资源留空",
        ),
        GUIDE,
    ),
    by(
        optional(
            "department",
            "信息资源提供方",
            &[
                "资源提供方",
                "提供方",
                "提供单位",
                "提供部门",
                "数据提供方",
                "责任部门",
            ],
            20,
            "部门简称、全称；可合并单元格",
        ),
        GUIDE,
    ),
    optional(
        "inner_department",
        "内部部门",
        &["提供方内部部门", "内设机构", "责任科室", "处室"],
        18,
        "负责的科室，不超过 50 字",
    ),
    by(
        optional(
            "provider_code",
            "信息资源提供方代码",
            &["提供方代码", "提供单位代码", "统一社会信用代码"],
            22,
            "统一社会信用代码",
        ),
        "GB 32100-2015",
    ),
    by(
        required(
            "summary",
            "信息资源摘要",
            &["资源摘要", "摘要", "内容描述"],
            36,
            "有哪些内容，不超过 256 字",
        ),
        GUIDE,
    ),
    chosen(
        by(
            required(
                "format_class",
                "信息资源格式分类",
                &["格式分类", "资源格式分类", "信息资源格式"],
                14,
                "格式的大类",
            ),
            GUIDE,
        ),
        &[
            "电子文件",
            "电子表格",
            "数据库",
            "图形图像",
            "流媒体",
            "自描述格式",
            "服务接口",
        ],
    ),
    optional(
        "format_type",
        "信息资源格式类型",
        &["格式类型", "资源格式类型"],
        14,
        "大类中的具体格式，如 xls、mysql",
    ),
    by(
        required(
            "item_title",
            "信息项名称",
            &["数据项名称", "字段中文名", "信息项"],
            18,
            "一行一项，不超过 50 字",
        ),
        GUIDE,
    ),
    optional(
        "item_key",
        "信息项标识",
        &[
            "信息项英文名",
            "字段名",
            "字段英文名",
            "数据项标识",
            "英文名称",
        ],
        18,
        "小写字母、数字、下划线，以字母开头；名称本身是英文时可不填",
    ),
    chosen(
        by(
            required(
                "item_data_type",
                "数据类型",
                &["信息项数据类型", "字段类型", "数据项类型"],
                12,
                "代码或名称均可",
            ),
            GUIDE,
        ),
        &[
            "C 字符型",
            "N 数值型",
            "Y 货币型",
            "D 日期型",
            "T 日期时间型",
            "L 逻辑型",
            "M 备注型",
            "G 通用型",
            "B 双精度型",
            "I 整型",
            "F 浮点型",
        ],
    ),
    optional(
        "item_length",
        "数据长度",
        &["信息项长度", "字段长度", "长度"],
        10,
        "最多多少个字符或数字",
    ),
    chosen(
        by(
            optional(
                "item_sensitive",
                "是否敏感",
                &["是否敏感个人信息", "敏感个人信息", "是否敏感信息"],
                10,
                "是否敏感个人信息",
            ),
            "个人信息保护法第二十八条",
        ),
        YES_NO,
    ),
    chosen(
        by(
            optional(
                "item_personal",
                "是否个人信息",
                &["个人信息", "是否涉及个人信息"],
                10,
                "是否个人信息",
            ),
            "个人信息保护法第四条",
        ),
        YES_NO,
    ),
    chosen(
        by(
            required(
                "share_type",
                "共享类型",
                &["共享属性"],
                14,
                "无条件、有条件或不予共享",
            ),
            SHARED,
        ),
        &["无条件共享", "有条件共享", "不予共享"],
    ),
    by(
        optional(
            "share_condition",
            "共享条件",
            &["共享条件或依据", "不予共享依据", "共享条件/依据"],
            28,
            "有条件共享写条件；不予共享写法律、行政法规依据；无条件共享留空或写“无条件”",
        ),
        SHARED,
    ),
    by(
        optional(
            "share_scope",
            "共享范围",
            &["共享对象"],
            18,
            "有条件共享给谁",
        ),
        SHARED,
    ),
    by(
        optional(
            "share_purpose",
            "使用用途",
            &["用途", "共享用途"],
            18,
            "有条件共享可用于什么",
        ),
        SHARED,
    ),
    by(
        optional(
            "refusal_reason",
            "不予共享理由",
            &["理由", "不共享理由"],
            18,
            "除法律依据外的理由",
        ),
        SHARED,
    ),
    chosen(
        by(
            required(
                "share_modes",
                "共享方式",
                &["共享方式分类", "共享途径"],
                14,
                "可多选，以顿号分隔",
            ),
            GUIDE,
        ),
        &["库表", "文件", "接口", "库表、接口"],
    ),
    chosen(
        by(
            required(
                "open",
                "是否向社会开放",
                &["是否开放", "开放属性", "社会开放"],
                12,
                "",
            ),
            GUIDE,
        ),
        YES_NO,
    ),
    optional("open_condition", "开放条件", &[], 18, "仅向社会开放时填写"),
    chosen(
        by(
            required(
                "update_cycle",
                "更新周期",
                &["更新频率", "更新频度"],
                10,
                "各项不同时填最快的",
            ),
            GUIDE,
        ),
        &["实时", "每日", "每周", "每月", "每季度", "每年"],
    ),
    by(
        optional(
            "data_class",
            "数据分类",
            &["数据类别"],
            18,
            "登记前必填，如 个人信息/婚姻",
        ),
        ORDER,
    ),
    chosen(
        by(
            required(
                "data_level",
                "数据分级",
                &["数据级别", "级别", "数据安全级别"],
                12,
                "核心数据不在本平台共享",
            ),
            "GB/T 43697-2024",
        ),
        &["一般数据", "重要数据"],
    ),
    chosen(
        optional(
            "data_grade",
            "数据等级",
            &["等级", "一般数据等级"],
            10,
            "一般数据内的等级，4 级最需保护",
        ),
        &["1级", "2级", "3级", "4级"],
    ),
    optional(
        "related_resources",
        "关联资源代码",
        &["关联信息资源代码", "关联资源", "关联及类目"],
        22,
        "可填多个，以顿号分隔，最多 20 个",
    ),
    by(
        optional(
            "secrecy_review",
            "保密审查文号",
            &["保密审查", "保密审查意见"],
            22,
            "登记前必填",
        ),
        ORDER,
    ),
    by(
        optional(
            "impact_assessment",
            "影响评估文号",
            &[
                "个人信息保护影响评估",
                "影响评估",
                "个人信息保护影响评估文号",
            ],
            22,
            "含个人信息的登记前必填",
        ),
        "个人信息保护法第五十五条",
    ),
    required(
        "system",
        "所属系统",
        &[
            "所属信息系统",
            "来源系统",
            "系统名称",
            "信息系统名称",
            "所属系统名称",
        ],
        24,
        "系统标识或系统名称，须已在系统清单中登记",
    ),
    by(
        optional(
            "volume_stored",
            "数据存储总量（GB）",
            &["数据存储总量", "数据存储总量（G）"],
            14,
            "数字",
        ),
        SURVEY,
    ),
    by(
        optional(
            "volume_stored_records",
            "结构化信息记录总数",
            &["结构化记录总数", "结构化信息记录总数（条）"],
            14,
            "整数",
        ),
        SURVEY,
    ),
    by(
        optional(
            "volume_shared",
            "已共享的数据存储量（GB）",
            &["已共享的数据存储量", "已共享的数据存储量（G）"],
            14,
            "数字",
        ),
        SURVEY,
    ),
    by(
        optional(
            "volume_shared_records",
            "已共享的结构化记录数",
            &["已共享的结构化记录数（条）", "已共享的结构化信息记录数"],
            14,
            "整数",
        ),
        SURVEY,
    ),
    by(
        optional(
            "volume_open",
            "已开放的数据存储量（GB）",
            &["已开放的数据存储量", "已开放的数据存储量（G）"],
            14,
            "数字",
        ),
        SURVEY,
    ),
    by(
        optional(
            "volume_open_records",
            "已开放的结构化记录数",
            &["已开放的结构化记录数（条）", "已开放的结构化信息记录数"],
            14,
            "整数",
        ),
        SURVEY,
    ),
    chosen(
        optional("basis", "使用依据", &[], 10, "仅电子证照可要求持证人授权"),
        &["依职能", "依授权"],
    ),
    optional(
        "certificate_type",
        "证照类型代码",
        &["电子证照类型", "证照类型"],
        26,
        "仅电子证照填写",
    ),
    optional(
        "cache_seconds",
        "缓存时长（秒）",
        &[],
        10,
        "仅电子证照填写；平台可保存答复多久",
    ),
    optional("outcome", "处理结果", &[], 12, "导入后由工具填写，无须填写"),
];

/// The columns that an import looks for.
pub(super) fn columns() -> Vec<Column> {
    COLUMNS.iter().map(|shown| shown.column).collect()
}

/// Keys of what concerns the entry as a whole.
pub(super) fn of_entry() -> impl Iterator<Item = &'static str> {
    let keys = COLUMNS.iter().map(|shown| shown.column.key);
    keys.filter(|key| !OF_ITEMS.contains(key))
}

/// The sheet as it is written: what came of the entries only in a result.
pub(super) fn layout(with_outcome: bool) -> Layout<'static> {
    const PLAIN: &[Shown<'static>] = match COLUMNS.split_last() {
        Some((_, plain)) => plain,
        None => &[],
    };
    Layout {
        sheet: "信息资源目录",
        title: None,
        columns: if with_outcome { &COLUMNS } else { PLAIN },
    }
}
