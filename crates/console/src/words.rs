//! What the console shows in Chinese for the words of the code.

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

/// The labels of facts.
const FACTS: &[(&str, &str)] = &[
    ("actor", "行为人"),
    ("address", "地址"),
    ("addressee", "限定使用方"),
    ("application", "共享申请"),
    ("approvers", "批准人"),
    ("as_of", "颁发机构答复时间"),
    ("authorisation", "授权依据（密钥摘要）"),
    ("authorised_on", "授权日期"),
    ("byte_limit", "字节上限"),
    ("bytes", "字节数"),
    ("case", "办件号（密钥摘要）"),
    ("certificate", "证照标识（密钥摘要）"),
    ("certificate_type", "证照类型"),
    ("certificates", "证照标识（密钥摘要）"),
    ("changes", "变更数"),
    ("compared", "筛选信息项"),
    ("consumer", "使用方"),
    ("consumer_department", "使用方部门"),
    ("content_type", "文件格式"),
    ("counted", "额度计数"),
    ("data", "内容变更数"),
    ("department", "部门"),
    ("digest", "内容摘要"),
    ("disposition", "结果"),
    ("due", "办理期限"),
    ("due_rule", "期限依据"),
    ("endpoint", "接入点"),
    ("ends", "失效时间"),
    ("expires", "到期"),
    ("fault", "责任方"),
    ("fault_side", "责任方"),
    ("file", "文件"),
    ("from_cache", "由留存答复提供"),
    ("grant", "共享授权"),
    ("issued", "新发数"),
    ("items", "信息项"),
    ("legal_basis", "法律依据"),
    ("limit", "行数上限"),
    ("link", "文件链接（密文摘要）"),
    ("listed", "入清单数"),
    ("matter", "政务服务事项"),
    ("mode", "共享方式"),
    ("most", "额度上限"),
    ("offset", "起始字节"),
    ("operator", "经办人（密钥摘要）"),
    ("part_of", "所属联查请求"),
    ("parts", "分段数"),
    ("protocol", "接入方式"),
    ("provider", "提供方"),
    ("provider_department", "提供方部门"),
    ("public_key", "签名公钥"),
    ("purpose", "用途"),
    ("reads", "取用次数"),
    ("reason", "原因"),
    ("regime", "规则版本"),
    ("released", "是否放行"),
    ("released_items", "放行信息项"),
    ("removed_bytes", "清除字节数"),
    ("resource", "目录资源"),
    ("resource_version", "目录资源版本"),
    ("retained_until", "保存至"),
    ("rows", "行数"),
    ("rule", "规则"),
    ("scope", "额度范围"),
    ("sha256", "SHA-256 摘要"),
    ("signature_algorithm", "签名算法"),
    ("signature_key", "签名密钥编号"),
    ("sm3", "SM3 摘要"),
    ("state", "状态"),
    ("subject", "数据主体（密钥摘要）"),
    ("subject_of_certificate", "证书持有者"),
    ("subjects", "筛选所涉主体（密钥摘要）"),
    ("system", "系统"),
    ("tls_certificate", "TLS 证书"),
    ("version", "版本"),
    ("whole", "是否整份"),
    ("wrong", "不符之处"),
];

/// The label of a fact of an entry; empty where the key must speak for itself.
pub(crate) fn fact(key: &str) -> &'static str {
    let found = FACTS.iter().find(|(known, _)| *known == key);
    found.map_or("", |(_, label)| label)
}

/// The kind of an entry.
pub(crate) fn kind(word: &str) -> &'static str {
    match word {
        "change" => "变更",
        "intent" => "意图",
        "outcome" => "结果",
        "served" => "留存提供",
        _ => "条目",
    }
}

/// What happened, for a change; empty where the event must speak for itself.
pub(crate) fn event(word: &str) -> &'static str {
    match word {
        "registry.department.created" => "登记部门",
        "registry.system.created" => "登记系统",
        "registry.system.updated" => "修改系统",
        "registry.system.suspended" => "停用系统",
        "registry.system.resumed" => "恢复系统",
        "registry.endpoint.created" => "登记接入点",
        "registry.endpoint.examination_begun" => "开始符合性测试",
        "registry.endpoint.conformed" => "通过符合性测试",
        "registry.endpoint.not_conformed" => "未通过符合性测试",
        "registry.endpoint.serving" => "接入点在线",
        "registry.endpoint.failing" => "接入点无应答",
        "exchange.file.begun" => "开始上传文件",
        "exchange.file.completed" => "文件收讫",
        "exchange.file.expired" => "文件到期",
        "exchange.file.withdrawn" => "文件收回",
        "exchange.file.rejected" => "文件核对不符",
        "exchange.file.abandoned" => "文件上传中止",
        "exchange.file.deleted" => "文件已清除",
        "exchange.file_link.made" => "生成证照文件链接",
        "exchange.file_link.read" => "取走证照文件",
        "exchange.file_link.removed" => "证照文件已清除",
        "registry.enrolment.offered" => "发放入网令牌",
        "registry.tls_certificate.issued" => "签发 TLS 证书",
        "registry.tls_certificate.revoked" => "吊销 TLS 证书",
        "catalogue.resource.created" => "编制目录资源",
        "catalogue.resource.registered" => "登记目录资源",
        "catalogue.resource.published" => "发布目录资源",
        "sharing.application.created" => "编制共享申请",
        "sharing.application.submitted" => "提交共享申请",
        "sharing.application.approved" => "批准共享申请",
        "sharing.application.refused" => "驳回共享申请",
        "sharing.grant.created" => "生成共享授权",
        "sharing.grant.suspended" => "暂停共享授权",
        "sharing.grant.resumed" => "恢复共享授权",
        "sharing.grant.revoked" => "撤销共享授权",
        "use_code.created" => "签发用证码",
        "use_code.withdrawn" => "收回用证码",
        "exchange.refused" => "拒绝调用",
        "certificate.changes_announced" => "证照变更通告",
        "certificate.status_list_read" => "下载证照状态清单",
        "exchange.budget_spent" => "查证额度用尽（疑似批量试探）",
        _ => "",
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
