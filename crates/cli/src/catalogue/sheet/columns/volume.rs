//! How much data there is, as the city's survey asks for it.

use sheet::Shown;

use crate::sheets::column::{by, optional};

const SURVEY: &str = "政务信息系统大普查，数据量填写规则";

pub(super) const COLUMNS: [Shown<'static>; 6] = [
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
];
