//! The words of the inventory: systems, their steps, their endpoints.

use domain::conformance::Case;
use domain::endpoint::{Health, Protocol};
use domain::system::{AssetKind, Disposal, Hosting, NetworkZone, Stage, SystemState};

/// The part of the network that a system stands in.
pub(crate) fn zone(zone: NetworkZone) -> &'static str {
    match zone {
        NetworkZone::Public => "公用网络区",
        NetworkZone::Private => "专用网络区",
        NetworkZone::Internet => "互联网接入区",
    }
}

/// Where a system runs.
pub(crate) fn hosting(hosting: Hosting) -> &'static str {
    match hosting {
        Hosting::CityCloud => "市政务云",
        Hosting::MachineRoom => "部门机房",
        Hosting::Other => "其他",
    }
}

/// Whether a system may call and be called, with the class of its tag.
pub(crate) fn system_state(state: &SystemState) -> (&'static str, &'static str) {
    match state {
        SystemState::Active => ("在用", "good"),
        SystemState::Suspended { .. } => ("已停用", "bad"),
        SystemState::Retired => ("已下线", "faint"),
    }
}

/// How far a system has come.
pub(crate) fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Inventoried => "已入账",
        Stage::Disposed => "已清理",
        Stage::Catalogued => "已编目",
        Stage::OnCloud => "已上云",
        Stage::Connected => "已联通",
        Stage::Sharing => "已共享",
        Stage::Accepted => "已验收",
    }
}

/// What becomes of a system.
pub(crate) fn disposal(disposal: &Disposal) -> &'static str {
    match disposal {
        Disposal::Keep => "保留",
        Disposal::Merge { .. } => "合并",
        Disposal::Retire => "关停",
        Disposal::Exempt => "豁免",
    }
}

/// A kind of asset.
pub(crate) fn asset(kind: AssetKind) -> &'static str {
    match kind {
        AssetKind::MachineRoom => "机房",
        AssetKind::Server => "服务器",
        AssetKind::Storage => "存储",
        AssetKind::Network => "网络设备",
        AssetKind::Other => "其他资产",
    }
}

/// The facts that the gateway proves of a system, in the order of [`domain::progress::FACTS`].
pub(crate) const FACTS: [&str; 5] = ["已登记", "已发布", "已测试", "在线", "已交换"];

/// How an endpoint is spoken to.
pub(crate) fn protocol(protocol: &Protocol) -> &'static str {
    match protocol {
        Protocol::Grpc => "gRPC",
        Protocol::HttpJson => "HTTP/JSON",
        Protocol::Sql(_) => "数据库视图",
        Protocol::NetworkIdentity => "网络身份码解析",
        Protocol::CertificateLibrary(_) => "证照库",
        Protocol::FileDrop(_) => "文件投递",
    }
}

/// What the last probe saw, with the class of its tag.
pub(crate) fn health(health: &Health) -> (&'static str, &'static str) {
    match health {
        Health::Unknown => ("尚未探测", ""),
        Health::Serving { .. } => ("在线", "good"),
        Health::Failing { .. } => ("无应答", "bad"),
    }
}

/// A case of the conformance kit, and what to do where it failed.
pub(crate) fn case(case: Case) -> (&'static str, &'static str) {
    match case {
        Case::Connection => (
            "建立连接",
            "以 TLS 1.3 和 ALPN h2 服务，使用该系统入网时为此主机取得的证书",
        ),
        Case::NoCertificate => ("不出示证书", "握手时必须要求客户端证书，不要设为可选"),
        Case::StrangeCertificate => (
            "陌生机构的证书",
            "只信任网关的证书机构，不用本机的公共机构列表",
        ),
        Case::OtherCertificate => (
            "他人的证书",
            "只信任入网时附带的 authority.pem，只应答网关的身份：绕过网关的调用不留证据",
        ),
        Case::Health => (
            "健康检查",
            "实现 grpc.health.v1.Health，对空服务名应答 SERVING",
        ),
        Case::Reporting => (
            "按时报到",
            "让系统按登记的间隔报到（shuqiaoctl files drop 会自动报到），并处理被退回的文件",
        ),
        Case::Brought => (
            "投递文件",
            "向平台投递该资源的文件，并在开始时给出 SHA-256 或 SM3（shuqiaoctl files put、files drop 会自动给出）",
        ),
        Case::Found => (
            "查得样本",
            "10 秒内答复样本之问：每条消息带回请求编号，给全部匹配，守契约的上限",
        ),
        Case::Schema => (
            "答复的结构",
            "按目录提供，或发布与所提供一致的新版本；选每个信息项都有值的测试记录",
        ),
        Case::NotFound => ("查无", "按契约答复“没有”，绝不给别的记录"),
        Case::Malformed => ("残缺的请求", "先解析再执行，不合结构的请求要拒绝"),
        Case::Oversized => ("过大的请求", "拒绝超过 4 MiB 的请求，但不断开连接"),
        Case::Slow => (
            "并发与慢读",
            "10 秒内答完 16 个并发之问，不快于读者，调用方时限一到即停",
        ),
        Case::Cancelled => ("中途取消", "流被重置时释放请求占用的一切"),
    }
}
