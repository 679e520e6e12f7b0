//! The columns of the inventory of systems (系统底数), and the words that stand in them.

use api::registry::v1::system_steps::Stage;
use sheet::{Column, Layout, Shown, Word};

use crate::sheets::column::{by, chosen, optional, required, source_in};

/// Name of the tab.
const SHEET: &str = "系统清单";
/// The document that asks for the inventory.
const PLAN: &str = "邵放组办字〔2022〕7号 A15";

/// Built by the department itself.
pub(super) const BUILT: &[Word<'static, bool>] = &[
    Word {
        value: true,
        label: "自建",
        also: &["本单位自建", "自主建设", "本级建设", "市级自建"],
    },
    Word {
        value: false,
        label: "上级下发",
        also: &[
            "上级统建",
            "国家统建",
            "省级统建",
            "国家下发",
            "省级下发",
            "统建",
            "上级部署",
            "非自建",
        ],
    },
];
/// Declared classified.
pub(super) const CLASSIFIED: &[Word<'static, bool>] = &[
    Word {
        value: true,
        label: "是",
        also: &["涉密", "1", "√", "y", "yes", "有"],
    },
    Word {
        value: false,
        label: "否",
        also: &["非涉密", "不涉密", "0", "×", "n", "no", "无"],
    },
];
/// Parts of the e-government network.
pub(super) const ZONES: &[Word<'static, &str>] = &[
    Word {
        value: "public",
        label: "公用网络区",
        also: &[
            "公用网",
            "政务外网公用网络区",
            "电子政务外网公用网络区",
            "public",
            "1",
        ],
    },
    Word {
        value: "private",
        label: "专用网络区",
        also: &[
            "专用网",
            "政务外网专用网络区",
            "电子政务外网专用网络区",
            "private",
            "2",
        ],
    },
    Word {
        value: "internet",
        label: "互联网接入区",
        also: &[
            "互联网",
            "互联网区",
            "政务外网互联网接入区",
            "因特网",
            "internet",
            "3",
        ],
    },
];
/// Where systems run.
pub(super) const HOSTING: &[Word<'static, &str>] = &[
    Word {
        value: "city-cloud",
        label: "市政务云",
        also: &[
            "政务云",
            "邵阳市政务云",
            "市级政务云",
            "市政务云平台",
            "city-cloud",
            "1",
        ],
    },
    Word {
        value: "machine-room",
        label: "本单位机房",
        also: &[
            "部门机房",
            "单位机房",
            "自建机房",
            "自有机房",
            "机房",
            "machine-room",
            "2",
        ],
    },
    Word {
        value: "other",
        label: "其他",
        also: &[
            "其它",
            "省级、国家平台或其他",
            "省政务云",
            "上级平台",
            "托管",
            "other",
            "3",
        ],
    },
];
/// Levels of protection.
pub(super) const LEVELS: &[Word<'static, i32>] = &[
    level(0, "未定级", &["无", "0", "未备案", "未定"]),
    level(1, "一级", &["1", "第一级", "等保一级", "1级"]),
    level(2, "二级", &["2", "第二级", "等保二级", "2级"]),
    level(3, "三级", &["3", "第三级", "等保三级", "3级"]),
    level(4, "四级", &["4", "第四级", "等保四级", "4级"]),
    level(5, "五级", &["5", "第五级", "等保五级", "5级"]),
];

/// The stages of the plan.
pub(super) const STAGES: &[Word<'static, Stage>] = &[
    stage(Stage::Inventoried, "已入账"),
    stage(Stage::Disposed, "已清理"),
    stage(Stage::Catalogued, "已编目"),
    stage(Stage::OnCloud, "已上云"),
    stage(Stage::Connected, "已联通"),
    stage(Stage::Sharing, "已共享"),
    stage(Stage::Accepted, "已验收"),
];

const fn stage(value: Stage, label: &'static str) -> Word<'static, Stage> {
    Word {
        value,
        label,
        also: &[],
    }
}

const fn level(
    value: i32,
    label: &'static str,
    also: &'static [&'static str],
) -> Word<'static, i32> {
    Word { value, label, also }
}

/// All columns in the order of the sheet. The keys are those of `registry.v1.System`, so that a fault of the gateway
/// finds its column; a cost may stand in 万元 or in 元.
const COLUMNS: [Shown<'static>; 18] = [
    optional(
        "name",
        "系统标识",
        &["系统编号", "系统ID", "系统编码", "系统代码"],
        22,
        "已登记系统的标识，如 marriage-registry；新系统留空，由平台编号",
    ),
    by(
        required(
            "display_name",
            "系统名称",
            &["信息系统名称", "业务系统名称", "应用系统名称", "名称"],
            30,
            "系统的全称，不超过 100 字，同一部门内不重名",
        ),
        PLAN,
    ),
    optional(
        "department",
        "责任部门",
        &[
            "主管部门",
            "所属部门",
            "责任单位",
            "所属单位",
            "建设部门",
            "使用单位",
            "单位名称",
            "部门",
            "部门名称",
        ],
        20,
        "部门简称、全称或统一社会信用代码；可合并单元格",
    ),
    optional(
        "purpose",
        "系统用途",
        &[
            "主要功能",
            "系统功能",
            "用途",
            "功能描述",
            "主要用途",
            "系统简介",
            "系统用途/主要功能",
            "功能简介",
        ],
        40,
        "做什么用，不超过 300 字",
    ),
    optional(
        "users",
        "用户范围",
        &["使用范围", "用户", "使用对象", "服务对象"],
        20,
        "谁在使用，不超过 100 字",
    ),
    chosen(
        by(
            required(
                "self_built",
                "建设方式",
                &["建设类型", "建设性质", "是否自建", "来源"],
                12,
                "自建系统纳入 2022 年底互联互通目标",
            ),
            PLAN,
        ),
        &["自建", "上级下发"],
    ),
    chosen(
        by(
            required(
                "classified",
                "是否涉密",
                &["涉密情况", "涉密", "是否为涉密系统", "是否涉密系统"],
                10,
                "涉密系统不得填入本表",
            ),
            "政务数据共享条例（国务院令第809号）第三条",
        ),
        &["是", "否"],
    ),
    chosen(
        required(
            "network_zone",
            "所在网络",
            &[
                "网络环境",
                "网络区域",
                "部署网络",
                "运行网络",
                "所属网络",
                "网络类型",
            ],
            14,
            "政务外网须写明是哪个区",
        ),
        &["公用网络区", "专用网络区", "互联网接入区"],
    ),
    chosen(
        by(
            required(
                "hosting",
                "部署位置",
                &["部署环境", "部署方式", "部署地点", "所在位置"],
                14,
                "系统在哪里运行",
            ),
            "邵放组办字〔2022〕7号 A15、A18",
        ),
        &["市政务云", "本单位机房", "其他"],
    ),
    optional(
        "machine_room",
        "机房名称",
        &["机房", "所在机房", "机房位置"],
        18,
        "仅部署在本单位机房时填写",
    ),
    optional(
        "builder",
        "建设单位",
        &["承建单位", "开发单位", "开发公司", "建设公司", "承建公司"],
        24,
        "不超过 100 字",
    ),
    optional(
        "maintainer",
        "运维单位",
        &["运维公司", "维护单位", "运维厂商", "运维服务单位"],
        24,
        "不超过 100 字",
    ),
    optional(
        "maintenance_end_date",
        "运维合同到期",
        &[
            "运维到期时间",
            "运维合同到期日",
            "运维到期日",
            "合同到期时间",
            "运维合同到期时间",
            "运维合同截止日期",
        ],
        14,
        "日期，如 2022-12-31",
    ),
    optional(
        "launch_date",
        "上线时间",
        &[
            "上线日期",
            "投入使用时间",
            "启用时间",
            "建成时间",
            "运行时间",
        ],
        14,
        "日期，如 2020-05-01",
    ),
    chosen(
        by(
            optional(
                "protection_level",
                "等保级别",
                &[
                    "等级保护级别",
                    "等保等级",
                    "网络安全等级",
                    "安全等级",
                    "定级情况",
                    "等保定级",
                ],
                10,
                "备案的网络安全保护等级",
            ),
            "GB/T 22240-2020",
        ),
        &["未定级", "一级", "二级", "三级", "四级", "五级"],
    ),
    optional(
        "databases",
        "数据库类型",
        &["数据库", "数据库种类", "数据库软件"],
        20,
        "可填多个，以顿号分隔，最多 10 个",
    ),
    optional(
        "yearly_cost",
        "年运维费用（万元）",
        &[
            "年运维费（万元）",
            "运维费用（万元）",
            "年度运维费用（万元）",
            "年运维经费（万元）",
            "运维费（万元）",
        ],
        14,
        "数字；与以元计的一列二者填一",
    ),
    optional(
        "yearly_cost_yuan",
        "年运维费用（元）",
        &[
            "年运维费（元）",
            "运维费用（元）",
            "年度运维费用（元）",
            "年运维经费（元）",
            "运维费（元）",
        ],
        14,
        "整数；与以万元计的一列二者填一",
    ),
];
/// What came of a row, in the sheet that an import gives back.
const OUTCOME: Shown<'static> =
    optional("outcome", "处理结果", &[], 12, "导入后由工具填写，无须填写");
/// What the gateway knows of a system, in the sheet that an export gives. An import reads over it: a stage is reached
/// and an asset stated on a document, and neither is typed.
const COMPUTED: [Shown<'static>; 3] = [
    by(
        optional(
            "stage",
            "攻坚阶段",
            &[],
            12,
            "由平台计算，导入时不读取；达到的最后一个阶段",
        ),
        PLAN,
    ),
    by(
        optional(
            "machine_rooms",
            "机房关停数",
            &[],
            12,
            "由平台计算，导入时不读取；用 shuqiaoctl systems asset 凭文件登记。已下线的系统不在本表，其机房计入进度看板",
        ),
        PLAN,
    ),
    by(
        optional(
            "other_assets",
            "IT资产下线数",
            &[],
            14,
            "由平台计算，导入时不读取；机房以外的资产，按件计。已下线的系统不在本表",
        ),
        PLAN,
    ),
];

/// A sheet of the inventory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// To be filled in.
    Template,
    /// What came of an import.
    Result,
    /// What is registered.
    Export,
}

/// Where the rule of a column stands.
pub(super) fn source(key: &str) -> &'static str {
    source_in(&COLUMNS, key)
}

/// The columns that an import looks for, with those that it reads over.
pub(super) fn columns() -> Vec<Column> {
    let all = COLUMNS.iter().chain([&OUTCOME]).chain(&COMPUTED);
    all.map(|shown| shown.column).collect()
}

/// The columns of a sheet as it is written.
pub(super) fn shown(kind: Kind) -> Vec<Shown<'static>> {
    let more: &[Shown<'static>] = match kind {
        Kind::Template => &[],
        Kind::Result => &[OUTCOME],
        Kind::Export => &COMPUTED,
    };
    COLUMNS.iter().chain(more).copied().collect()
}

/// The sheet as it is written.
pub(super) fn layout<'a>(columns: &'a [Shown<'a>]) -> Layout<'a> {
    Layout {
        sheet: SHEET,
        title: None,
        columns,
    }
}
