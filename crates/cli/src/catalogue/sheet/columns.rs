//! The columns of the guide's layout, and those that Order 809 and the city's survey of data add.

mod certificate;
mod classed;
mod described;
mod items;
mod parts;
mod shared;
mod volume;

use std::sync::LazyLock;

use sheet::{Column, Layout, Shown};

use crate::sheets::column::{optional, source_in};

const GUIDE: &str = "政务信息资源目录编制指南（发改高技〔2017〕1272号）";
const ORDER: &str = "政务数据共享条例（国务院令第809号）第十三条";
const YES_NO: &[&str] = &["是", "否"];

/// All columns in the order of the sheet. The keys are those of `catalogue.v1.Resource`, so that a fault of the
/// gateway finds its column; those of items have `item_` in front.
static COLUMNS: LazyLock<Vec<Shown<'static>>> = LazyLock::new(|| {
    let outcome = optional("outcome", "处理结果", &[], 12, "导入后由工具填写，无须填写");
    [
        &described::COLUMNS[..],
        &items::COLUMNS,
        &shared::COLUMNS,
        &classed::COLUMNS,
        &volume::COLUMNS,
        &certificate::COLUMNS,
        &[outcome],
    ]
    .concat()
});

/// The columns that an import looks for: those of the sheet, and a code in parts.
pub(super) fn columns() -> Vec<Column> {
    let all = COLUMNS.iter().chain(&parts::COLUMNS);
    all.map(|shown| shown.column).collect()
}

/// Keys of all columns of the sheet as it is written.
pub(super) fn keys() -> impl Iterator<Item = &'static str> {
    COLUMNS.iter().map(|shown| shown.column.key)
}

/// Where the rule of a column stands.
pub(super) fn source(key: &str) -> &'static str {
    match source_in(&COLUMNS, key) {
        "" => source_in(&parts::COLUMNS, key),
        source => source,
    }
}

/// The column of a part of an item, such as `key`.
pub(super) fn of_item(part: &str) -> Option<&'static str> {
    let mut keys = items::COLUMNS.iter().map(|shown| shown.column.key);
    keys.find(|key| key.strip_prefix("item_") == Some(part))
}

/// Whether a column is of one item; all others are of the entry, and merged over its items.
pub(super) fn is_of_item(key: &str) -> bool {
    items::COLUMNS.iter().any(|shown| shown.column.key == key)
}

/// Keys of what concerns the entry as a whole.
pub(super) fn of_entry() -> impl Iterator<Item = &'static str> {
    let parts = parts::COLUMNS.iter().map(|shown| shown.column.key);
    keys().filter(|key| !is_of_item(key)).chain(parts)
}

/// The sheet as it is written: what came of the entries only in a result.
pub(super) fn layout(with_outcome: bool) -> Layout<'static> {
    let plain = COLUMNS.split_last().map_or(&[][..], |(_, plain)| plain);
    Layout {
        sheet: "信息资源目录",
        title: None,
        columns: if with_outcome { &COLUMNS } else { plain },
    }
}
