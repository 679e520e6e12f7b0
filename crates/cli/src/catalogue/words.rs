//! The code lists of the guide, as they are written in sheets and beside catalogues of others.

use api::catalogue::v1::{Basis, ShareMode, ShareType};
use sheet::Word;

const fn word<T>(value: T, label: &'static str, also: &'static [&'static str]) -> Word<'static, T> {
    Word { value, label, also }
}

/// How a resource is shared.
pub(super) const SHARE_TYPES: &[Word<'static, ShareType>] = &[
    word(
        ShareType::Unconditional,
        "无条件共享",
        &["1", "无条件", "完全共享", "unconditional"],
    ),
    word(
        ShareType::Conditional,
        "有条件共享",
        &["2", "有条件", "条件共享", "conditional"],
    ),
    word(
        ShareType::NotShared,
        "不予共享",
        &["3", "不共享", "不予", "not-shared"],
    ),
];
/// By which ways.
pub(super) const MODES: &[Word<'static, ShareMode>] = &[
    word(
        ShareMode::Table,
        "库表",
        &["1", "数据库", "库表交换", "数据库共享", "table"],
    ),
    word(
        ShareMode::File,
        "文件",
        &["2", "文件下载", "文件交换", "文件共享", "file"],
    ),
    word(
        ShareMode::Api,
        "接口",
        &["3", "服务接口", "webservice", "api", "接口服务"],
    ),
    word(
        ShareMode::Mail,
        "邮件",
        &["4", "邮件方式", "电子邮件", "mail"],
    ),
    word(
        ShareMode::Medium,
        "介质",
        &[
            "5",
            "介质交换",
            "拷贝",
            "介质拷贝",
            "光盘",
            "移动介质",
            "medium",
        ],
    ),
];
/// Format classes.
pub(super) const FORMATS: &[Word<'static, i32>] = &[
    word(1, "电子文件", &["1"]),
    word(2, "电子表格", &["2"]),
    word(3, "数据库", &["3", "数据库类"]),
    word(4, "图形图像", &["4", "图形图像类"]),
    word(5, "流媒体", &["5", "流媒体类"]),
    word(6, "自描述格式", &["6", "自描述"]),
    word(7, "服务接口", &["7", "接口"]),
];
/// Types of items.
pub(super) const TYPES: &[Word<'static, &str>] = &[
    word(
        "C",
        "字符型",
        &["C", "字符", "文本", "字符串", "字符串型", "varchar"],
    ),
    word("N", "数值型", &["N", "数值", "数字", "数字型"]),
    word("Y", "货币型", &["Y", "货币"]),
    word("D", "日期型", &["D", "日期"]),
    word("T", "日期时间型", &["T", "日期时间", "时间型", "时间戳"]),
    word("L", "逻辑型", &["L", "逻辑", "布尔型"]),
    word("M", "备注型", &["M", "备注"]),
    word("G", "通用型", &["G", "通用"]),
    word("B", "双精度型", &["B", "双精度"]),
    word("I", "整型", &["I", "整数", "整数型"]),
    word("F", "浮点型", &["F", "浮点"]),
];
/// Update cycles. The last is a local addition to the guide's.
pub(super) const CYCLES: &[Word<'static, i32>] = &[
    word(1, "实时", &["1", "即时", "real-time"]),
    word(2, "每日", &["2", "每天", "日", "按日", "daily"]),
    word(3, "每周", &["3", "周", "按周", "weekly"]),
    word(4, "每月", &["4", "月", "按月", "monthly"]),
    word(5, "每季度", &["5", "每季", "季度", "按季", "quarterly"]),
    word(6, "每年", &["6", "年", "年度", "按年", "yearly"]),
    word(9, "不定期", &["9", "其他", "其它", "irregular"]),
];
/// Levels of data. Core data is not for this catalogue, which the gateway says.
pub(super) const LEVELS: &[Word<'static, &str>] = &[
    word("general", "一般数据", &["3", "一般", "general"]),
    word("important", "重要数据", &["2", "重要", "important"]),
    word("core", "核心数据", &["1", "核心", "core"]),
];
/// Grades within general data.
pub(super) const GRADES: &[Word<'static, i32>] = &[
    word(1, "1级", &["1", "一级", "第一级", "第1级"]),
    word(2, "2级", &["2", "二级", "第二级", "第2级"]),
    word(3, "3级", &["3", "三级", "第三级", "第3级"]),
    word(4, "4级", &["4", "四级", "第四级", "第4级"]),
];
/// What a use must rest on.
pub(super) const BASES: &[Word<'static, Basis>] = &[
    word(Basis::Duty, "依职能", &["职能", "duty", "1"]),
    word(
        Basis::Authorisation,
        "依授权",
        &["授权", "authorisation", "2"],
    ),
];
