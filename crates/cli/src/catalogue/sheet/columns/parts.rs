//! The code of an entry in parts, as the guide divides it and many departments keep it. They are read and never
//! written: a sheet of ours has the code whole.

use sheet::Shown;

use super::GUIDE;
use crate::sheets::column::{by, optional};

pub(super) const COLUMNS: [Shown<'static>; 5] = [
    part(
        "code_class",
        "类",
        &["类代码", "类别代码", "信息资源分类类"],
    ),
    part("code_item", "项", &["项代码", "信息资源分类项"]),
    part("code_category", "目", &["目代码", "信息资源分类目"]),
    part(
        "code_subcategory",
        "细目",
        &["细目代码", "信息资源分类细目"],
    ),
    part(
        "code_sequence",
        "顺序码",
        &["资源顺序码", "信息资源顺序码", "后段码"],
    ),
];

const fn part(
    key: &'static str,
    title: &'static str,
    aliases: &'static [&'static str],
) -> Shown<'static> {
    by(optional(key, title, aliases, 8, ""), GUIDE)
}
