//! How often an entry changes, how its data is classed, and what was reviewed and approved.

use sheet::Shown;

use super::{GUIDE, ORDER};
use crate::sheets::column::{by, chosen, optional, required};

pub(super) const COLUMNS: [Shown<'static>; 9] = [
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
        &["实时", "每日", "每周", "每月", "每季度", "每年", "不定期"],
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
    by(
        optional(
            "head_approval",
            "部门负责人审签文件",
            &["部门负责人审签", "部门负责人审签文号", "负责人审签文件"],
            22,
            "登记前必填，写文件名称或文号，不写姓名",
        ),
        ORDER,
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
];
