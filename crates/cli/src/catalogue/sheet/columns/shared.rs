//! How an entry is shared, and open to society.

use sheet::Shown;

use super::{GUIDE, YES_NO};
use crate::sheets::column::{by, chosen, optional, required};

const SHARED: &str = "政务数据共享条例（国务院令第809号）第十四条、第十五条";

pub(super) const COLUMNS: [Shown<'static>; 8] = [
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
                "可多选，以顿号分隔；邮件、介质在平台之外交换",
            ),
            GUIDE,
        ),
        &["库表", "文件", "接口", "库表、接口", "邮件", "介质"],
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
];
