//! What leaves and what does not, and how it is written.

use super::*;
use crate::vocabulary::{AUTHORITY, DCAT, DCT, term};
use crate::{Graph, OpenEntry, export, json_ld, turtle};

fn datasets(graph: &Graph) -> usize {
    graph.triples_for_predicate(&term(DCAT, "dataset")).count()
}

#[test]
fn nothing_leaves_but_what_is_open_published_and_shared() {
    type Change = fn(&mut pb::Resource);
    let cases: [(&str, Change, bool); 11] = [
        ("as it is", |_| {}, true),
        (
            "unconditional",
            |r| r.share_type = pb::ShareType::Unconditional.into(),
            true,
        ),
        ("not open", |r| r.open = false, false),
        (
            "a draft",
            |r| r.state = pb::resource::State::Draft.into(),
            false,
        ),
        (
            "registered",
            |r| r.state = pb::resource::State::Registered.into(),
            false,
        ),
        (
            "suspended",
            |r| r.state = pb::resource::State::Suspended.into(),
            false,
        ),
        (
            "retired",
            |r| r.state = pb::resource::State::Retired.into(),
            false,
        ),
        ("of an unknown stage", |r| r.state = 77, false),
        (
            "not shared",
            |r| r.share_type = pb::ShareType::NotShared.into(),
            false,
        ),
        ("of no share type", |r| r.share_type = 0, false),
        ("of an unknown share type", |r| r.share_type = 77, false),
    ];
    for (case, change, leaves) in cases {
        let mut resource = entry("301001-000001");
        change(&mut resource);
        assert_eq!(OpenEntry::of(&resource).is_some(), leaves, "{case}");
        let graph = export(&[resource], &departments(), &site());
        assert_eq!(datasets(&graph), usize::from(leaves), "{case}");
        assert_eq!(turtle(&graph).unwrap().contains("301001"), leaves, "{case}");
    }
}

#[test]
fn what_is_inside_an_open_entry_stays_inside() {
    let mut hidden = entry("301001-000009");
    hidden.open = false;
    let mut resource = entry("301001-000001");
    resource.related_resources = vec![hidden.name.clone(), "resources/301001-000002".to_owned()];
    let graph = export(
        &[hidden, resource, entry("301001-000002")],
        &departments(),
        &site(),
    );
    let text = turtle(&graph).unwrap() + &json_ld(&graph).unwrap();
    for inside in [
        "inner-registry",
        "inner-source",
        "inner-interface",
        "secret-etag",
        "86399",
        "2031",
        "内部",
        "1999-01",
        "301001-000009",
    ] {
        assert!(!text.contains(inside), "{inside} left");
    }
    assert!(text.contains("dct:relation"));
}

#[test]
fn codes_of_ours_become_those_of_the_profile() {
    let frequencies = [
        (1, "UPDATE_CONT"),
        (2, "DAILY"),
        (3, "WEEKLY"),
        (4, "MONTHLY"),
        (5, "QUARTERLY"),
        (6, "ANNUAL"),
        (9, "IRREG"),
    ];
    for (cycle, code) in frequencies {
        let mut resource = entry("301001-000001");
        resource.update_cycle = cycle;
        let graph = export(&[resource], &[], &site());
        let said = term(AUTHORITY, &format!("frequency/{code}"));
        let found = graph.subject_for_predicate_object(&term(DCT, "accrualPeriodicity"), &said);
        assert!(found.is_some(), "{cycle}");
    }
    for (kind, file_type) in [
        ("xls", "XLS"),
        ("JPG", "JPEG"),
        (".pdf", "PDF"),
        ("csv", "CSV"),
    ] {
        let mut resource = entry("301001-000001");
        resource.format_type = kind.to_owned();
        let graph = export(&[resource], &[], &site());
        let said = term(AUTHORITY, &format!("file-type/{file_type}"));
        let found = graph.subject_for_predicate_object(&term(DCT, "format"), &said);
        assert!(found.is_some(), "{kind}");
    }
    let mut resource = entry("301001-000001");
    resource.format_type = "mysql".to_owned();
    let graph = export(&[resource], &[], &site());
    assert_eq!(graph.triples_for_predicate(&term(DCT, "format")).count(), 0);
}

#[test]
fn an_empty_catalogue_is_a_catalogue() {
    let graph = export(&[], &departments(), &site());
    let text = turtle(&graph).unwrap();
    for said in [
        "dcat:Catalog",
        "虚构市开放数据目录",
        "虚构市数据局",
        "dct:spatial",
    ] {
        assert!(text.contains(said), "{said} is missing in {text}");
    }
    assert_eq!(datasets(&graph), 0);
}

#[test]
fn only_the_first_version_tells_when_it_was_issued() {
    for (version, issued) in [(0, 0), (1, 1), (2, 0)] {
        let mut resource = entry("301001-000001");
        resource.version = version;
        let graph = export(&[resource], &[], &site());
        let found = graph.triples_for_predicate(&term(DCT, "issued")).count();
        assert_eq!(found, issued, "version {version}");
    }
}

#[test]
fn the_same_catalogue_gives_the_same_bytes() {
    let one = [entry("301001-000001"), entry("301001-000002")];
    let other = [entry("301001-000002"), entry("301001-000001")];
    let [one, other] = [one, other].map(|entries| export(&entries, &departments(), &site()));
    assert_eq!(turtle(&one).unwrap(), turtle(&other).unwrap());
    assert_eq!(json_ld(&one).unwrap(), json_ld(&other).unwrap());
}

#[test]
fn json_ld_is_compact_and_needs_no_other_document() {
    let graph = export(&[entry("301001-000001")], &departments(), &site());
    let document: serde_json::Value = serde_json::from_str(&json_ld(&graph).unwrap()).unwrap();
    let context = document["@context"].as_object().unwrap();
    assert_eq!(context["dcat"], "http://www.w3.org/ns/dcat#");
    assert_eq!(context["ns"], "https://data.example.gov.cn/v1/ns#");
    let nodes = document["@graph"].as_array().unwrap();
    let with = |class: &str| {
        let of_class = |node: &&serde_json::Value| {
            let classes = node["@type"].as_array().unwrap();
            classes.contains(&class.into())
        };
        nodes.iter().find(of_class).unwrap()
    };
    assert_eq!(
        with("dcat:Dataset")["dct:title"][0]["@value"],
        "企业登记信息"
    );
    assert_eq!(
        with("dcat:Dataset")["ns:formatClass"][0]["@type"],
        "xsd:integer"
    );
    let columns = with("csvw:Schema")["csvw:column"][0]["@list"]
        .as_array()
        .unwrap();
    let address = columns[0]["@id"].as_str().unwrap();
    assert!(address.ends_with("resources/301001-000001#item-enterprise_name"));
    let long = |key: &&String| key.starts_with("http");
    for node in nodes {
        let keys = node.as_object().unwrap();
        assert_eq!(keys.keys().find(long), None);
    }
}

#[test]
fn a_site_that_cannot_be_is_told_all_its_faults() {
    let wrong = SiteWords {
        base: "data.example.gov.cn".to_owned(),
        endpoint: Some("file:///etc".to_owned()),
        title: " ".to_owned(),
        description: String::new(),
        publisher: "departments/".to_owned(),
        license: Some("CC BY".to_owned()),
        ..words()
    };
    let faults = Site::of(wrong).unwrap_err().0;
    let fields: Vec<&str> = faults.iter().map(|fault| fault.field).collect();
    let all = [
        "base",
        "endpoint",
        "license",
        "title",
        "description",
        "publisher",
    ];
    assert_eq!(fields, all);
    for base in [
        "https://x.example/a",
        "https://x.example/?a/",
        "https://x.example/#/",
        "ftp://x/",
    ] {
        let base = base.to_owned();
        let faults = Site::of(SiteWords { base, ..words() }).unwrap_err().0;
        assert_eq!(faults.len(), 1);
    }
}

#[test]
fn no_service_is_told_of_where_no_address_is_given() {
    let silent = Site::of(SiteWords {
        endpoint: None,
        ..words()
    });
    let graph = export(&[entry("301001-000001")], &departments(), &silent.unwrap());
    let text = turtle(&graph).unwrap();
    assert!(
        !text.contains("DataService") && !text.contains("endpoint"),
        "{text}"
    );
    assert_eq!(datasets(&graph), 1);
}
