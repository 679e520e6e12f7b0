//! What the console shows in Chinese for the words of the code.

pub(crate) mod catalogue;
pub(crate) mod differences;
pub(crate) mod inventory;
mod ledger;

pub(crate) use ledger::{event, fact, kind};

use domain::policy::Rule;
use domain::reason::Fault;
use jiff::Timestamp;
use jiff::tz::{TimeZone, offset};

/// A moment as people in Shaoyang read it.
pub(crate) fn moment(time: Timestamp) -> String {
    let local = time.to_zoned(TimeZone::fixed(offset(8)));
    local.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// Whose fault, from the word in the ledger.
pub(crate) fn fault(word: &str) -> &'static str {
    let of = |fault: Fault| fault.as_str() == word;
    if of(Fault::Consumer) {
        "使用方"
    } else if of(Fault::Provider) {
        "提供方"
    } else if of(Fault::Gateway) {
        "网关"
    } else {
        "—"
    }
}

/// What a failed rule says; empty for an id that this version does not know.
pub(crate) fn refusal(id: &str) -> &'static str {
    Rule::ALL
        .iter()
        .find(|rule| rule.id() == id)
        .map_or("", |rule| failed(*rule))
}

fn failed(rule: Rule) -> &'static str {
    match rule {
        Rule::CertificateKnown => "TLS 证书未登记",
        Rule::CertificateNotRevoked => "TLS 证书已吊销",
        Rule::CertificateInWindow => "TLS 证书不在有效期内",
        Rule::CallerActive => "调用系统已停用",
        Rule::Role => "角色不允许",
        Rule::GrantExists => "没有共享授权",
        Rule::ResourceUsable => "目录资源已暂停或退出目录",
        Rule::GrantNotRevoked => "共享授权已撤销",
        Rule::GrantNotSuspended => "共享授权已暂停",
        Rule::GrantInWindow => "不在授权期限内",
        Rule::ModeCovered => "共享方式未获授权",
        Rule::MatterCovered => "事项未获授权",
        Rule::ZoneCovered => "网络区域未获授权",
        Rule::InQuota => "超出调用配额",
        Rule::OperatorNamed => "未写明经办人",
        Rule::UseCodesCovered => "授权不含发放用证码",
        Rule::UseCodeHolds => "用证码不适用",
        Rule::BasisGiven => "缺少持证主体授权",
        Rule::ItemsCovered => "超出授权的信息项",
        Rule::ProviderActive => "提供方系统已停用",
        Rule::ProviderNotInMaintenance => "提供方计划维护中",
        Rule::ProviderHasEndpoint => "提供方没有接入点",
    }
}

/// How an exchange ended; empty for a word that this version does not know.
pub(crate) fn disposition(word: &str) -> &'static str {
    match word {
        "found" => "查得一份",
        "no_match" => "查无此证",
        "verified" => "已核验",
        "ambiguous" => "多份，未予猜定",
        "not_in_force" => "证照非有效状态，未放行",
        "pending" => "颁发机构办理中",
        "delivered" => "已交付",
        "cancelled" => "使用方中断",
        "failed" => "未能完成",
        _ => "",
    }
}

/// Whose budget it is; empty for a word that this version does not know.
pub(crate) fn budget_scope(word: &str) -> &'static str {
    match word {
        "system" => "系统",
        "operator" => "经办人",
        "basis" => "用证依据",
        "case" => "办件",
        _ => "",
    }
}

/// What a budget counts; empty for a word that this version does not know.
pub(crate) fn budget_counted(word: &str) -> &'static str {
    match word {
        "all" => "全部查证",
        "misses" => "未中",
        _ => "",
    }
}

/// By which way data leaves; empty for a word that this version does not know.
pub(crate) fn mode(word: &str) -> &'static str {
    match word {
        "api" => "接口",
        "table" => "库表",
        "file" => "文件",
        _ => "",
    }
}

/// What is wrong with one condition of an address, and what to do.
pub(crate) fn address_fault(field: &str, code: &str, message: &str) -> String {
    match (field, code) {
        ("page_token", _) => {
            "翻页标记 page_token 不属于这一查询：它只在同样的条件下有效。请从第一页重新翻页。"
                .to_owned()
        }
        ("query", "TOO_LONG") => "检索词最多 100 个字符，请写短一些。".to_owned(),
        ("query", "TOO_MANY") => "检索词最多 8 个，请少写几个。".to_owned(),
        ("department", _) => {
            "条件 department 要写部门的统一社会信用代码（18 位）。请从页面上的链接或列表选择。"
                .to_owned()
        }
        ("share_type" | "format" | "cycle" | "state" | "kind" | "grade", _) => {
            format!("条件 {field} 没有这个值。请从页面上的链接选择。")
        }
        _ => format!("{field}：{message}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_its_words() {
        for rule in Rule::ALL {
            assert!(!refusal(rule.id()).is_empty(), "{rule}");
        }
        assert_eq!(refusal("no.such-rule"), "");
    }

    #[test]
    fn moments_are_shown_in_the_time_of_shaoyang() {
        let time: Timestamp = "2022-12-31T16:30:05Z".parse().unwrap();
        assert_eq!(moment(time), "2023-01-01 00:30:05");
    }
}
