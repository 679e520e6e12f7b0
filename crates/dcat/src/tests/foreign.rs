//! Catalogues of others.

use super::*;
use crate::{Imported, Syntax, import};

const HEAD: &str = "@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> .
    @prefix foaf: <http://xmlns.com/foaf/0.1/> . @prefix csvw: <http://www.w3.org/ns/csvw#> .
    @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
    @prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
    @prefix eu: <http://publications.europa.eu/resource/authority/> .\n";

fn read(document: &str) -> Imported {
    import(format!("{HEAD}{document}").as_bytes(), Syntax::Turtle).unwrap()
}

/// The one dataset that says this.
fn said(properties: &str) -> crate::ImportedEntry {
    let mut read = read(&format!(
        "<http://x.example/d> a dcat:Dataset ; {properties} ."
    ));
    assert_eq!(read.entries.len(), 1);
    read.entries.remove(0)
}

fn lacks(entry: &crate::ImportedEntry) -> Vec<&str> {
    entry.lacks.iter().map(|lack| lack.field.as_str()).collect()
}

#[test]
fn a_dataset_that_says_nothing_lacks_everything() {
    let entry = said("<a:p> 1");
    let all = [
        "name",
        "title",
        "summary",
        "system",
        "items",
        "share_type",
        "share_modes",
        "open",
        "format_class",
        "update_cycle",
        "data_level",
    ];
    assert_eq!(lacks(&entry), all);
    assert!(entry.lacks.iter().all(|lack| lack.message.contains(';')));
}

#[test]
fn chinese_is_taken_first() {
    for (titles, title) in [
        (r#""Roads"@en, "道路"@zh, "Straßen"@de, "Z""#, "道路"),
        (r#""Roads"@en, "道路"@zh-Hans"#, "道路"),
        (r#""Roads"@en, "Roads plain""#, "Roads plain"),
        (r#""Straßen"@de, "Roads"@en"#, "Roads"),
        (r#""Straßen"@de, "Routes"@fr"#, "Routes"),
    ] {
        assert_eq!(
            said(&format!("dct:title {titles}")).resource.title,
            title,
            "{titles}"
        );
    }
}

#[test]
fn frequencies_of_others_become_cycles_that_they_keep() {
    for (stated, cycle) in [
        ("eu:frequency\\/DAILY", 2),
        (
            "<http://publications.europa.eu/resource/authority/frequency/CONT>",
            1,
        ),
        (
            "<http://publications.europa.eu/resource/authority/frequency/HOURLY>",
            2,
        ),
        (
            "<http://publications.europa.eu/resource/authority/frequency/BIWEEKLY>",
            4,
        ),
        (
            "<http://publications.europa.eu/resource/authority/frequency/ANNUAL_2>",
            6,
        ),
        (
            "<http://publications.europa.eu/resource/authority/frequency/BIENNIAL>",
            0,
        ),
        (
            "<http://publications.europa.eu/resource/authority/frequency/UNKNOWN>",
            0,
        ),
        ("<http://purl.org/cld/freq/bimonthly>", 5),
        ("<http://purl.org/linked-data/sdmx/2009/code#freq-W>", 3),
        ("\"R/P1Y\"", 6),
        ("[ rdfs:label \"monthly\" ]", 4),
    ] {
        let entry = said(&format!("dct:accrualPeriodicity {stated}"));
        assert_eq!(entry.resource.update_cycle, cycle, "{stated}");
        assert_eq!(
            lacks(&entry).contains(&"update_cycle"),
            cycle == 0,
            "{stated}"
        );
    }
}

#[test]
fn formats_of_others_become_classes() {
    for (stated, kind, class) in [
        ("dct:format eu:file-type\\/CSV", "csv", 2),
        ("dct:format \"PDF\"", "pdf", 1),
        ("dct:format [ rdfs:label \"xlsx\" ]", "xlsx", 2),
        ("dct:format [ rdf:value \"image/png\" ]", "png", 4),
        (
            "dcat:mediaType <https://www.iana.org/assignments/media-types/text/csv>",
            "csv",
            2,
        ),
        (
            "dcat:mediaType <http://www.iana.org/assignments/media-types/video/mp4>",
            "mp4",
            5,
        ),
        ("dcat:mediaType \"application/geo+json\"", "geojson", 6),
        ("dct:format \"cobol\"", "", 0),
    ] {
        let entry = said(&format!("dcat:distribution [ {stated} ]"));
        let format = (
            entry.resource.format_type.as_str(),
            entry.resource.format_class,
        );
        assert_eq!(format, (kind, class), "{stated}");
    }
}

#[test]
fn ways_of_sharing_are_concluded_from_services_and_downloads() {
    let (file, api) = (pb::ShareMode::File as i32, pb::ShareMode::Api as i32);
    for (stated, modes) in [
        ("dcat:distribution [ dcat:downloadURL <a:f> ]", vec![file]),
        (
            "dcat:distribution [ dcat:accessService <a:s> ], [ dcat:downloadURL <a:f> ]",
            vec![file, api],
        ),
        ("dcat:distribution [ dcat:accessURL <a:p> ]", vec![]),
    ] {
        assert_eq!(said(stated).resource.share_modes, modes, "{stated}");
    }
}

#[test]
fn columns_become_items_and_their_faults_are_named() {
    let entry = said(
        "dcat:distribution [ csvw:tableSchema [ csvw:column (
            [ csvw:name \"road_name\" ; csvw:title \"路名\"@zh ; csvw:datatype [ csvw:base \"string\" ; csvw:maxLength 40 ] ]
            [ csvw:name \"Length KM\" ; csvw:title \"长度\"@zh ; csvw:datatype xsd:double ]
            [ csvw:name \"road_name\" ; csvw:datatype \"mystery\" ]
        ) ] ]",
    );
    let items = &entry.resource.items;
    assert_eq!(items[0], item("road_name", "路名", "C", 40));
    assert_eq!(items[1], item("Length KM", "长度", "B", 0));
    let faults: Vec<&str> = lacks(&entry)
        .into_iter()
        .filter(|field| field.starts_with("items"))
        .collect();
    assert_eq!(
        faults,
        [
            "items[1].key",
            "items[2].key",
            "items[2].title",
            "items[2].data_type"
        ]
    );
}

#[test]
fn publishers_count_by_their_credit_code() {
    for (agent, department, said_of_system) in [
        (
            "foaf:name \"甲局\" ; dct:identifier \"11430500XY0000012B\"",
            "departments/11430500XY0000012B",
            "the publisher is 甲局",
        ),
        (
            "foaf:name \"Office\" ; dct:identifier \"42\"",
            "",
            "without its unified social credit code",
        ),
        ("dct:identifier \"42\"", "", "no publisher"),
    ] {
        let entry = said(&format!("dct:publisher [ {agent} ]"));
        assert_eq!(entry.resource.department, department);
        let system = entry
            .lacks
            .iter()
            .find(|lack| lack.field == "system")
            .unwrap();
        assert!(
            system.message.contains(said_of_system),
            "{}",
            system.message
        );
    }
}

#[test]
fn only_catalogue_codes_become_names() {
    for (identifier, name) in [
        ("301001/000012", "resources/301001-000012"),
        ("401001/1", ""),
        ("30100/1", ""),
        ("301001/", ""),
        ("https://x.example/301001/1", ""),
    ] {
        let entry = said(&format!("dct:identifier \"{identifier}\""));
        assert_eq!(entry.resource.name, name, "{identifier}");
        assert_eq!(entry.identifier, identifier);
    }
}

#[test]
fn texts_that_do_not_fit_are_kept_and_named() {
    for (title, fits) in [
        ("a".repeat(50), true),
        ("路".repeat(51), false),
        ("a\\nb".to_owned(), false),
    ] {
        let entry = said(&format!("dct:title \"{title}\""));
        assert_eq!(lacks(&entry).contains(&"title"), !fits, "{title}");
        assert!(!entry.resource.title.is_empty());
    }
}

#[test]
fn datasets_of_a_catalogue_and_those_without_an_address_are_read() {
    let read = read(
        "<a:c> a dcat:Catalog ; dcat:dataset <a:x>, [ dct:title \"乙\" ], [ dct:title \"甲\" ] . <a:x> dct:title \"丙\" .",
    );
    let names: Vec<(&str, &str)> = read
        .entries
        .iter()
        .map(|entry| (entry.dataset.as_str(), entry.resource.title.as_str()))
        .collect();
    assert_eq!(names, [("a:x", "丙"), ("_:1", "乙"), ("_:2", "甲")]);
}

#[test]
fn words_of_ours_in_a_foreign_catalogue_are_not_believed() {
    let entry = said(
        "<https://x.example/ns#shareType> \"unconditional\" ; <https://x.example/ns#dataLevel> \"general\"",
    );
    assert_eq!(entry.resource.share_type(), pb::ShareType::Unspecified);
    assert!(lacks(&entry).contains(&"data_level"));
}

#[test]
fn json_ld_with_its_context_inside_is_read() {
    let document = r#"{"@context": {"dcat": "http://www.w3.org/ns/dcat#", "title": {"@id": "http://purl.org/dc/terms/title",
        "@language": "zh"}}, "@id": "http://x.example/d", "@type": "dcat:Dataset", "title": "道路"}"#;
    let read = import(document.as_bytes(), Syntax::JsonLd).unwrap();
    assert_eq!(read.entries[0].resource.title, "道路");
}
