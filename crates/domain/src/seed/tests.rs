//! What the built-in seeds hold. Planted faults are in [`faults`].

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use jiff::civil::date;

use super::*;
use crate::resource::{ShareMode, ShareType};

mod faults;

fn seeds() -> Seeds {
    Seeds::embedded().unwrap_or_else(|faults| panic!("{}", lines(&faults)))
}

fn lines(faults: &[SeedFault]) -> String {
    faults
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn the_embedded_files_are_those_of_the_folder() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../seeds");
    let mut found = Vec::new();
    for below in ["", "plans"] {
        for file in std::fs::read_dir(folder.join(below)).unwrap() {
            let path = file.unwrap().path();
            if path
                .extension()
                .is_some_and(|extension| extension == "toml")
            {
                let text = std::fs::read_to_string(&path).unwrap();
                let path = path
                    .strip_prefix(&folder)
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .to_owned();
                found.push(SeedFile { path, text });
            }
        }
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    assert_eq!(
        Seeds::embedded_files(),
        found,
        "list every seeds file in seed/embedded.rs"
    );
}

#[test]
fn holds_what_the_city_document_names() {
    let seeds = seeds();
    assert_eq!(seeds.departments.len(), 23);
    let kinds =
        |wanted: fn(&BodyKind) -> bool| seeds.bodies.iter().filter(|b| wanted(&b.kind)).count();
    assert_eq!(kinds(|kind| matches!(kind, BodyKind::County { .. })), 12);
    assert_eq!(
        kinds(|kind| matches!(kind, BodyKind::DevelopmentZone { .. })),
        1
    );
    let part = |part: char| {
        seeds
            .tasks
            .iter()
            .filter(|task| task.id.starts_with(part))
            .count()
    };
    assert_eq!((part('A'), part('B')), (37, 17));
    assert!((8..=12).contains(&seeds.matters.len()));
}

#[test]
fn departments_carry_their_flags_spellings_and_successor() {
    let seeds = seeds();
    let flagged = |flag: fn(&DepartmentSeed) -> bool| -> Vec<&str> {
        seeds
            .departments
            .iter()
            .filter(|d| flag(d))
            .map(|d| d.short_names[0].as_str())
            .collect()
    };
    assert_eq!(
        flagged(|department| department.competent),
        ["市行政审批服务局"]
    );
    assert_eq!(flagged(|department| department.vertical), ["市税务局"]);
    assert_eq!(
        flagged(|department| department.party_body),
        ["市委编办", "市委网信办", "市纪委监委"]
    );
    assert_eq!(
        seeds.department("市卫健委"),
        seeds.department("市卫生健康委")
    );
    let merged = seeds.department("市乡村振兴局").unwrap();
    let successor = seeds.department("市农业农村局").unwrap();
    assert_eq!(merged.successor.as_ref(), Some(&successor.uscc));
    assert!(merged.valid_until.is_some() && merged.provenance.assumed);
    assert!(
        seeds
            .departments
            .iter()
            .all(|department| department.provenance.synthetic)
    );
}

#[test]
fn tasks_name_their_leads_and_dated_targets() {
    let seeds = seeds();
    let by_id: BTreeMap<_, _> = seeds
        .tasks
        .iter()
        .map(|task| (task.id.as_str(), task))
        .collect();
    let leads = |id: &str| -> Vec<&str> {
        let name = |party: &Party| match party {
            Party::Department(uscc) => {
                let found = seeds.departments.iter().find(|d| &d.uscc == uscc);
                found.unwrap().short_names[0].as_str()
            }
            Party::Body(id) => {
                let found = seeds.bodies.iter().find(|body| &body.id == id);
                found.unwrap().names[0].as_str()
            }
        };
        by_id[id].leads.iter().map(name).collect()
    };
    assert_eq!(leads("A16"), ["市行政审批服务局", "市发改委", "市财政局"]);
    assert_eq!(leads("B5"), ["市卫生健康委"]);
    assert_eq!(leads("B8"), ["公共企事业单位相应行政主管部门"]);
    assert_eq!(leads("A22"), [""; 0]);
    assert_eq!(
        by_id["A22"].members.len(),
        15,
        "14 departments and the other city departments"
    );
    let users = &by_id["A1"].targets[0];
    assert_eq!((users.at_least, users.unit.as_str()), (30, "%"));
    assert_eq!(users.due, Some(date(2022, 12, 31)));
    assert_eq!(by_id["A15"].targets[0].due, Some(date(2022, 12, 31)));
    assert_eq!(by_id["B16"].targets[0].every, Some(Period::Year));
    assert_eq!(by_id["A1"].also_responsible.len(), 1);
    assert_eq!(
        by_id["B1"].also_responsible.len(),
        2,
        "part B adds the development zone"
    );
}

#[test]
fn the_plan_of_2022_has_seven_steps_and_its_deadline() {
    let seeds = seeds();
    let [plan] = &seeds.plans[..] else {
        panic!("one plan")
    };
    assert_eq!(plan.name.as_str(), "plans/2022");
    assert_eq!(
        (plan.deadline, plan.time_zone.as_str()),
        (date(2022, 12, 31), "Asia/Shanghai")
    );
    assert_eq!(plan.task, "A15");
    assert_eq!(plan.milestones.len(), 7);
    assert_eq!(plan.connected.requires.len(), 4);
    assert_eq!(plan.milestones[5].requires, plan.connected.requires);
    assert_eq!(
        plan.denominator.requires,
        [[Fact::SystemSelfBuilt], [Fact::SystemNotClassified]]
    );
}

#[test]
fn every_certificate_of_task_22_has_a_type() {
    let seeds = seeds();
    let named: BTreeSet<_> = seeds
        .certificate_types
        .iter()
        .map(|t| t.named_as.as_str())
        .collect();
    let expected = [
        "出生医学证明",
        "户口簿",
        "身份证",
        "社会保障卡",
        "学历学位证",
        "职业资格证",
        "驾驶证",
        "结（离）婚证",
        "不动产权证书",
        "不动产登记证明",
        "营业执照",
        "生产经营许可证",
        "检测认证",
    ];
    assert_eq!(named, BTreeSet::from(expected));
    for (name, code) in [
        ("居民身份证", "11100000000013127D001"),
        ("不动产权证书", "11100000MB03271699001"),
        ("不动产登记证明", "11100000MB03271699022"),
        ("营业执照", "11100000MB0143028R001"),
    ] {
        let found = seeds.certificate_type(name).unwrap();
        assert_eq!(found.code.as_str(), code);
        assert!(!found.provenance.synthetic, "{name} has a national code");
    }
    assert_eq!(seeds.certificate_type("结婚证").unwrap().max_holders, 2);
    let common = seeds.common_items.len();
    for found in &seeds.certificate_types {
        assert_eq!(found.items[..common], seeds.common_items, "{}", found.name);
        assert!(
            found.items.len() > common,
            "{} has items of its own",
            found.name
        );
    }
}

#[test]
fn one_matter_needs_the_three_certificates_of_the_demonstration() {
    let seeds = seeds();
    let code = |name: &str| seeds.certificate_type(name).unwrap().code.clone();
    let wanted = ["结婚证", "营业执照", "不动产权证书"].map(|name| vec![code(name)]);
    assert_eq!(
        seeds
            .matters
            .iter()
            .filter(|matter| {
                let any = matter.requires.iter().map(|need| need.any.clone());
                any.eq(wanted.clone())
            })
            .count(),
        1
    );
}

#[test]
fn every_certificate_of_a_department_has_one_issuing_system() {
    let seeds = seeds();
    for found in seeds
        .certificate_types
        .iter()
        .filter(|found| found.issuer.is_some())
    {
        let issuers = seeds
            .systems
            .iter()
            .filter(|system| system.issues.contains(&found.code));
        assert_eq!(issuers.count(), 1, "{}", found.name);
    }
}

#[test]
fn the_three_resources_of_the_demonstration_can_be_published() {
    let seeds = seeds();
    for (name, system, modes) in [
        (
            "结婚登记信息",
            "systems/marriage-registry",
            vec![ShareMode::Api],
        ),
        (
            "企业登记信息",
            "systems/enterprise-registry",
            vec![ShareMode::Api, ShareMode::Table],
        ),
        (
            "不动产登记信息",
            "systems/realestate-registry",
            vec![ShareMode::Api],
        ),
    ] {
        let resource = seeds
            .resources
            .iter()
            .find(|resource| resource.name == name)
            .unwrap();
        assert_eq!(resource.system.as_str(), system);
        assert_eq!(resource.share_modes, modes);
        assert!(!matches!(resource.share_type, ShareType::NotShared { .. }));
        assert!(resource.certificate_type.is_some() && !resource.items.is_empty());
    }
}

#[test]
fn the_sources_that_faults_name_are_those_of_the_code_lists() {
    use crate::cited;
    let seeds = seeds();
    for (id, cited) in [
        ("share_type", cited::SHARE_TYPE),
        ("share_mode", cited::SHARE_MODE),
        ("format_class", cited::FORMAT_CLASS),
        ("data_type", cited::DATA_TYPE),
        ("update_cycle", cited::UPDATE_CYCLE),
        ("data_level", cited::DATA_LEVEL),
    ] {
        let mut lists = seeds.code_lists.iter();
        let list = lists.find(|list| list.id == id).unwrap();
        assert_eq!(list.provenance.source, cited, "{id}");
    }
}

#[test]
fn the_cycles_that_may_be_given_are_those_of_the_code_list() {
    let seeds = seeds();
    let list = seeds
        .code_lists
        .iter()
        .find(|list| list.id == "update_cycle");
    let listed: Vec<u8> = list
        .unwrap()
        .rows
        .iter()
        .map(|row| row.code.parse().unwrap())
        .collect();
    let mut rules = seeds.entry_rules.iter();
    let rule = rules.find(|rule| rule.id == crate::resource::RuleId::CycleListed);
    assert_eq!(rule.unwrap().cycles, listed);
}
