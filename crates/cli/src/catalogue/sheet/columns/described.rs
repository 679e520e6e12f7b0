//! What an entry is: its code, name, provider, summary and format.

use sheet::Shown;

use super::GUIDE;
use crate::sheets::column::{by, chosen, optional, required};

pub(super) const COLUMNS: [Shown<'static>; 10] = [
    by(
        optional(
            "classification",
            "信息资源分类",
            &[
                "信息资源分类代码",
                "资源分类",
                "分类代码",
                "目录分类",
                "前段码",
            ],
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
        optional(
            "publish_date",
            "发布日期",
            &["信息资源发布日期", "发布时间"],
            12,
            "由平台填写，导入时不读取；现行版本发布的日期，未发布的为空",
        ),
        GUIDE,
    ),
];
