//! Columns of one item; all others are of the entry, and merged over its items.

use sheet::Shown;

use super::{GUIDE, YES_NO};
use crate::sheets::column::{by, chosen, optional, required};

pub(super) const COLUMNS: [Shown<'static>; 6] = [
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
];
