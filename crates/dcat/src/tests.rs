//! What leaves, what comes back, and what is refused.

mod foreign;
mod hostile;
mod leaving;
mod round_trip;

use api::catalogue::v1 as pb;
use api::registry::v1::Department;
use jiff::Timestamp;

use crate::{Language, Site, SiteWords};

/// What a site says when all is well.
fn words() -> SiteWords {
    SiteWords {
        base: "https://data.example.gov.cn/v1/".to_owned(),
        endpoint: Some("https://gateway.example.gov.cn:9443/".to_owned()),
        title: "虚构市开放数据目录".to_owned(),
        description: "向社会开放的政务数据资源。".to_owned(),
        publisher: "departments/11430500XY0000012B".to_owned(),
        license: Some("https://example.gov.cn/license".to_owned()),
        modified: Timestamp::from_second(1_700_000_000).unwrap(),
        languages: vec![Language::Chinese],
    }
}

fn site() -> Site {
    Site::of(words()).unwrap()
}

fn departments() -> Vec<Department> {
    vec![Department {
        name: "departments/11430500XY0000012B".to_owned(),
        full_name: "虚构市数据局".to_owned(),
        short_name: "市数据局".to_owned(),
        area: "430500".to_owned(),
        competent: true,
        ..Department::default()
    }]
}

/// An open entry with every field that may leave, and with every field that may not.
fn entry(code: &str) -> pb::Resource {
    pb::Resource {
        name: format!("resources/{code}"),
        title: "企业登记信息".to_owned(),
        summary: "全市市场主体设立、变更、注销登记的现势信息。".to_owned(),
        system: "systems/inner-registry".to_owned(),
        department: "departments/11430500XY0000012B".to_owned(),
        items: vec![
            item("enterprise_name", "企业名称", "C", 200),
            item("registered_capital", "注册资本", "Y", 18),
            item("established_date", "成立日期", "D", 0),
        ],
        share_type: pb::ShareType::Conditional.into(),
        share_condition: "限依法履职使用".to_owned(),
        share_modes: vec![pb::ShareMode::Table.into(), pb::ShareMode::Api.into()],
        certificate_type: "certificateTypes/11100000MB0143028R001".to_owned(),
        format_class: 3,
        update_cycle: 2,
        data_level: "general".to_owned(),
        open: true,
        state: pb::resource::State::Published.into(),
        version: 1,
        publish_time: Some(prost_types::Timestamp {
            seconds: 1_656_547_200,
            nanos: 0,
        }),
        etag: "secret-etag".to_owned(),
        api: Some(pb::Api {
            interface: "systems/inner-registry/interfaces/inner-interface".to_owned(),
            operations: Vec::new(),
        }),
        cache_seconds: 86_399,
        auto_approve: false,
        basis: pb::Basis::Duty.into(),
        inner_department: "登记注册科".to_owned(),
        format_type: "csv".to_owned(),
        data_class: "法人信息/登记".to_owned(),
        data_grade: 2,
        share_scope: "本市政府部门".to_owned(),
        share_purpose: "办理政务服务事项".to_owned(),
        refusal_reason: "内部理由".to_owned(),
        open_condition: "注明来源".to_owned(),
        related_resources: Vec::new(),
        secrecy_review: "内部保密审查".to_owned(),
        impact_assessment: "内部影响评估".to_owned(),
        head_approval: "内部审签文件".to_owned(),
        source_identifier: "https://inner-source.example/1".to_owned(),
        volume: Some(pb::DataVolume {
            stored_gigabytes: 2.5,
            stored_records: 300_000,
            open_records: 1_000,
            ..pb::DataVolume::default()
        }),
        review_due_date: "1999-01-01".to_owned(),
        update_duty: Some(pb::UpdateDuty {
            document: "内部依据文件".to_owned(),
            ..pb::UpdateDuty::default()
        }),
        return_reasons: vec![pb::ReturnReason {
            field: String::new(),
            text: "内部退回意见".to_owned(),
        }],
        next: Some(Box::new(pb::Resource {
            title: "内部下一版本".to_owned(),
            ..pb::Resource::default()
        })),
        stop_reason: "内部停用原因".to_owned(),
        last_day: "1999-01-02".to_owned(),
    }
}

fn item(key: &str, title: &str, data_type: &str, length: i32) -> pb::ResourceItem {
    pb::ResourceItem {
        key: key.to_owned(),
        title: title.to_owned(),
        data_type: data_type.to_owned(),
        length,
        ..pb::ResourceItem::default()
    }
}
