//! What only concerns electronic certificates.

use sheet::Shown;

use crate::sheets::column::{chosen, optional};

pub(super) const COLUMNS: [Shown<'static>; 3] = [
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
];
