//! What we export, we read back.

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::{OpenEntry, Syntax, export, import, json_ld, turtle};

/// Texts as people and attackers write them: quotes, backslashes, line breaks, control characters, planes beyond the
/// first.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{1,20}",
        "[\"'\\\\<>{}@^\\n\\r\\t\u{0}\u{7}\u{85}\u{2028}\u{fffe}中文😀 .;,#]{1,20}",
        "[\u{4e00}-\u{9fa5}]{1,30}",
    ]
}

fn optional() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), text()]
}

fn items() -> impl Strategy<Value = Vec<pb::ResourceItem>> {
    let item = (
        text(),
        0..11_usize,
        0..1_000_001,
        any::<bool>(),
        any::<bool>(),
    );
    vec(item, 0..6).prop_map(|items| {
        let item = |(place, (title, kind, length, sensitive, personal))| pb::ResourceItem {
            key: format!("k_{place}"),
            title,
            data_type: "CNYDTLMGBIF"[kind..=kind].to_owned(),
            length,
            sensitive,
            personal,
        };
        items.into_iter().enumerate().map(item).collect()
    })
}

fn volume() -> impl Strategy<Value = Option<pb::DataVolume>> {
    let volume = (0.0..1e12, 0..i64::MAX, 0.0..1.0, 0..100_i64);
    proptest::option::of(
        volume.prop_map(|(size, count, part, records)| pb::DataVolume {
            stored_gigabytes: size,
            stored_records: count,
            shared_gigabytes: part,
            shared_records: records,
            open_gigabytes: size / 3.0,
            open_records: records / 2,
        }),
    )
}

fn codes() -> impl Strategy<Value = pb::Resource> {
    let modes = vec(1..6_i32, 0..4);
    let times = proptest::option::of((-2_000_000_000..4_000_000_000_i64, 0..1_000_000_000_i32));
    let numbers = (0..8_i32, 0..7_i32, 0..5_i32, 0..99_i32);
    (1..3_i32, 0..3_i32, modes, times, numbers, volume()).prop_map(
        |(share_type, basis, share_modes, time, (class, cycle, grade, version), volume)| {
            pb::Resource {
                share_type,
                basis,
                share_modes,
                publish_time: time
                    .map(|(seconds, nanos)| prost_types::Timestamp { seconds, nanos }),
                format_class: class,
                update_cycle: cycle,
                data_grade: grade,
                version,
                volume,
                ..entry("")
            }
        },
    )
}

fn open() -> impl Strategy<Value = pb::Resource> {
    let texts = (text(), text(), vec(optional(), 10), items(), any::<bool>());
    (codes(), texts).prop_map(|(codes, (title, summary, others, items, stated))| {
        let mut others = others.into_iter();
        let mut next = || others.next().unwrap();
        let department = if stated {
            codes.department.clone()
        } else {
            String::new()
        };
        pb::Resource {
            title,
            summary,
            items,
            department,
            share_condition: next(),
            share_scope: next(),
            share_purpose: next(),
            certificate_type: next(),
            data_level: next(),
            inner_department: next(),
            format_type: next(),
            data_class: next(),
            open_condition: next(),
            ..codes
        }
    })
}

fn some() -> impl Strategy<Value = Vec<pb::Resource>> {
    let related = vec(vec(1..6_usize, 0..4), 5);
    (vec(open(), 0..5), related).prop_map(|(mut entries, related)| {
        let name = |number: usize| format!("resources/301001-00000{number}");
        for (place, (entry, related)) in entries.iter_mut().zip(related).enumerate() {
            entry.name = name(place + 1);
            entry.related_resources = related.into_iter().map(name).collect();
        }
        entries
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn an_export_of_ours_gives_the_same_entries_back(entries in some()) {
        let graph = export(&entries, &departments(), &site());
        let open = OpenEntry::all(&entries);
        let names: BTreeSet<&str> = open.iter().map(|entry| entry.name()).collect();
        let public: Vec<_> = open.iter().map(|entry| entry.public(&names)).collect();
        for (text, syntax) in [
            (turtle(&graph).unwrap(), Syntax::Turtle),
            (json_ld(&graph).unwrap(), Syntax::JsonLd),
        ] {
            let read = import(text.as_bytes(), syntax).unwrap();
            let read: Vec<_> = read.entries.into_iter().map(|entry| entry.resource).collect();
            prop_assert_eq!(&read, &public);
        }
    }

    #[test]
    fn both_documents_are_the_same_graph(entries in some()) {
        let graph = export(&entries, &departments(), &site());
        let ttl = crate::parse::graph(turtle(&graph).unwrap().as_bytes(), Syntax::Turtle).unwrap();
        let json = crate::parse::graph(json_ld(&graph).unwrap().as_bytes(), Syntax::JsonLd).unwrap();
        prop_assert_eq!(ttl.len(), graph.len());
        prop_assert_eq!(json.len(), graph.len());
        // Nameless nodes got other labels; without them all triples are the same.
        let named = |graph: &crate::Graph| {
            let lines = graph.iter().map(|triple| triple.to_string());
            lines.filter(|line| !line.contains("_:")).collect::<BTreeSet<String>>()
        };
        prop_assert_eq!(named(&ttl), named(&graph));
        prop_assert_eq!(named(&json), named(&graph));
    }
}

#[test]
fn our_own_export_lacks_the_system_and_nothing_else() {
    let graph = export(&[entry("301001-000001")], &departments(), &site());
    let read = import(turtle(&graph).unwrap().as_bytes(), Syntax::Turtle).unwrap();
    let [entry] = &read.entries[..] else {
        panic!("one entry");
    };
    let fields: Vec<&str> = entry.lacks.iter().map(|lack| lack.field.as_str()).collect();
    assert_eq!(fields, ["system"]);
    assert_eq!(entry.publisher, "虚构市数据局");
    assert_eq!(entry.identifier, "301001/000001");
}

#[test]
fn an_empty_catalogue_is_read_as_empty() {
    let graph = export(&[], &departments(), &site());
    let read = import(json_ld(&graph).unwrap().as_bytes(), Syntax::JsonLd).unwrap();
    assert_eq!(read.entries, []);
}
