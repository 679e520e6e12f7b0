//! What an entry says of itself, label by label. What is not stated is left out.

use domain::basis::BasisKind;
use domain::resource::{Amount, Resource};
use domain::snapshot::Snapshot;

use super::super::names;
use crate::words::catalogue as words;

/// A label with its text and, where there is one, its code.
pub(super) struct Pair {
    pub(super) label: &'static str,
    pub(super) text: String,
    pub(super) code: String,
}

/// Everything that is stated, in the order of the guide.
pub(super) fn pairs(resource: &Resource, snapshot: &Snapshot) -> Vec<Pair> {
    let about = &resource.metadata;
    let (format, cycle) = (
        resource.format_class.to_string(),
        resource.update_cycle.to_string(),
    );
    let certificate = resource.certificate_type.as_ref();
    let kind = certificate.and_then(|name| snapshot.certificate_type(name));
    let text = |label, text: &str| pair(label, text, "");
    let mut pairs = vec![
        text("内部责任单位", &about.inner_department),
        pair(
            "证照类型",
            kind.map_or("", |kind| &kind.display_name),
            certificate.map_or("", |name| name.id()),
        ),
        pair("格式分类", words::format_class(&format), &format),
        text("格式类型", &about.format_type),
        pair("更新周期", words::cycle(&cycle), &cycle),
        pair(
            "数据级别",
            words::level(&resource.data_level),
            &resource.data_level,
        ),
        text("数据分类", &about.data_class),
        text(
            "数据分级",
            &about
                .data_grade
                .map_or_else(String::new, |grade| format!("{} 级", grade.get())),
        ),
        pair(
            "使用依据",
            match resource.basis {
                BasisKind::Duty => "依职能",
                BasisKind::Authorisation => "依持证主体授权",
            },
            resource.basis.as_str(),
        ),
        text("共享范围", &about.share_scope),
        text("使用用途", &about.share_purpose),
        text("不予共享的理由", &about.refusal_reason),
        text(
            "向社会开放",
            if resource.open {
                "可以开放"
            } else {
                "不开放"
            },
        ),
        text("开放条件", &about.open_condition),
        text("保密审查", &about.secrecy_review),
        text("影响评估", &about.impact_assessment),
        text("部门负责人审签", &about.head_approval),
        text("来源目录中的标识", &about.source_identifier),
        text("留存答复", &kept(resource.cache_seconds)),
        text("申请自动同意", at_once(about.auto_approve)),
    ];
    if let Some(volume) = &about.volume {
        pairs.push(text("数据量", &amount(volume.stored)));
        pairs.push(text("其中共享", &amount(volume.shared)));
        pairs.push(text("其中开放", &amount(volume.open)));
    }
    let methods = resource.api.iter().flat_map(|api| &api.operations);
    pairs.extend(methods.map(|operation| pair("接口方法", "", operation.method.as_str())));
    pairs.retain(|pair| !(pair.text.is_empty() && pair.code.is_empty()));
    pairs
}

/// Whether applications are agreed to as soon as they are submitted.
fn at_once(auto_approve: bool) -> &'static str {
    if auto_approve { "提交即同意" } else { "" }
}

/// Entries that belong to it: what people call them, and the pages of those that everybody sees.
pub(super) fn related(resource: &Resource, snapshot: &Snapshot) -> Vec<(String, Option<String>)> {
    let public = |name| {
        let known = snapshot.resource(name);
        known.is_some_and(|known| known.state.is_public())
    };
    let related = resource.metadata.related.iter();
    related
        .map(|name| {
            let link = public(name).then(|| names::to_resource(name));
            (names::of_public(name, snapshot), link)
        })
        .collect()
}

fn pair(label: &'static str, text: &str, code: &str) -> Pair {
    Pair {
        label,
        text: text.to_owned(),
        code: code.to_owned(),
    }
}

fn kept(seconds: u32) -> String {
    if seconds == 0 {
        return "不留存".to_owned();
    }
    format!("至多 {seconds} 秒")
}

fn amount(amount: Amount) -> String {
    format!("{} GB，{} 条", amount.gigabytes, amount.records)
}
