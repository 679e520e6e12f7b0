//! The words of differences: between versions of an entry, and between what is registered and what is served.

use super::catalogue::{cycle, data_type, format_class, level, share_word};

/// How what is served differs.
pub(crate) fn drift(word: &str) -> &'static str {
    match word {
        "added" => "多出",
        "missing" => "缺少",
        "renamed" => "改名",
        "retyped" => "改类型",
        _ => "",
    }
}

/// A field of an entry, from its path in a difference; empty where the path must speak for itself.
pub(crate) fn field(path: &str) -> &'static str {
    let name = path.split(['[', '.']).next().unwrap_or_default();
    match name {
        "title" => "名称",
        "summary" => "摘要",
        "system" => "提供系统",
        "items" => "信息项",
        "share_type" => "共享类型",
        "share_modes" => "共享方式",
        "certificate_type" => "证照类型",
        "api" => "接口",
        "basis" => "使用依据",
        "cache_seconds" => "留存秒数",
        "format_class" => "格式分类",
        "format_type" => "格式类型",
        "update_cycle" => "更新周期",
        "data_level" => "数据级别",
        "data_class" => "数据分类",
        "data_grade" => "数据分级",
        "open" => "可开放",
        "auto_approve" => "申请自动同意",
        "open_condition" => "开放条件",
        "inner_department" => "内部责任单位",
        "share_scope" => "共享范围",
        "share_purpose" => "使用用途",
        "refusal_reason" => "不予共享理由",
        "secrecy_review" => "保密审查",
        "impact_assessment" => "影响评估",
        "head_approval" => "部门负责人审签",
        "source_identifier" => "来源目录中的标识",
        "related_resources" => "相关条目",
        "volume" => "数据量",
        _ => "",
    }
}

/// A value of a field, from its path in a difference; the value itself where it speaks for itself.
pub(crate) fn value(path: &str, value: &str) -> String {
    let last = path.rsplit('.').next().unwrap_or_default();
    let words = match last {
        "share_type" => {
            let (word, more) = value.split_once(": ").unwrap_or((value, ""));
            let said = share_word(word);
            if !said.is_empty() && !more.is_empty() {
                return format!("{said}：{more}");
            }
            said
        }
        "format_class" => format_class(value),
        "update_cycle" => cycle(value),
        "data_level" => level(value),
        "data_type" => data_type(value),
        "open" | "sensitive" | "personal" | "auto_approve" => match value {
            "true" => "是",
            "false" => "否",
            _ => "",
        },
        "streaming" => match value {
            "unary" => "一问一答",
            "client_streaming" => "请求流",
            "server_streaming" => "应答流",
            "two_way_streaming" => "双向流",
            _ => "",
        },
        _ if path.starts_with("share_modes[") => super::mode(value),
        _ => "",
    };
    let words = if words.is_empty() { value } else { words };
    words.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_differences_are_said_where_they_are_codes() {
        for (path, code, said) in [
            ("share_type", "unconditional", "无条件共享"),
            (
                "share_type",
                "conditional: 仅限核验",
                "有条件共享：仅限核验",
            ),
            ("share_modes[table]", "table", "库表"),
            ("items[result].data_type", "C", "字符型"),
            ("items[result].sensitive", "true", "是"),
            ("update_cycle", "4", "每月"),
            (
                "api.operations[/t.Insurance/List].streaming",
                "server_streaming",
                "应答流",
            ),
            (
                "api.operations[/t.Insurance/Get].fields[open]",
                "true",
                "true",
            ),
            ("title", "true", "true"),
            ("items[open]", "4", "4"),
        ] {
            assert_eq!(value(path, code), said, "{path}");
        }
    }
}
