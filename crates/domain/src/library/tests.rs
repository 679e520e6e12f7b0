use jiff::civil::date;
use serde_json::json;

use super::record::Reading;
use super::*;
use crate::certificate::{CertificateRecord, CertificateState};
use crate::fault::FaultCause as _;
use crate::item::Value;
use crate::resource::Resource;
use crate::test_world::marriages;

const RESOURCE: &str = "105001-000001";

fn holding(fields: &[(&str, &str)]) -> Holding {
    let field = |(key, place): &(&str, &str)| {
        (
            ItemKey::parse(key).unwrap(),
            MetadataKey::parse(place).unwrap(),
        )
    };
    Holding {
        resource: marriages(RESOURCE).name,
        fields: fields.iter().map(field).collect(),
    }
}

fn read(record: &serde_json::Value) -> Result<CertificateRecord, Cause> {
    let resource: Resource = marriages(RESOURCE);
    let regions = crate::reference::Reference::embedded().unwrap().regions;
    let holding = holding(&[
        ("registration_number", "KZXX.DJZH"),
        ("registration_date", "KZXX.DJRQ"),
        ("children", "KZXX.ZN"),
    ]);
    let reading = Reading {
        holding: &holding,
        resource: &resource,
        regions: &regions,
        today: date(2022, 6, 1),
    };
    reading.record(record.as_object().unwrap(), CertificateState::Valid)
}

fn good() -> serde_json::Value {
    json!({
        "ZZBS": "1.2.156.3005.2.11100000MB03271699001.11430500XY0000100R.0000000019.001.2",
        "ZZLXDM": "11100000MB03271699001",
        "CZZTDM": ["430502190102030017", "430524190002150028"],
        "CZZTDMLXDM": ["111", "111"],
        "ZZYXQJZRQ": "99991231",
        "KZXX": {"DJZH": "J430502-2020-000123", "DJRQ": "20200520", "ZN": "2"},
    })
}

#[test]
fn a_record_is_read_by_its_metadata_keys() {
    let record = read(&good()).unwrap();
    assert_eq!((record.holders.len(), record.expires), (2, None));
    let values: Vec<Value> = record.items.into_iter().map(|item| item.value).collect();
    assert_eq!(
        values,
        [
            Value::Integer(2),
            Value::Date("2020-05-20".to_owned()),
            Value::Text("J430502-2020-000123".to_owned()),
        ]
    );
    let mut ends = good();
    ends["ZZYXQJZRQ"] = json!("2022-05-31");
    ends["KZXX"]["ZN"] = json!(3);
    ends["KZXX"]["DJZH"] = json!(" ");
    let record = read(&ends).unwrap();
    assert_eq!(record.expires, Some(date(2022, 5, 31)));
    assert_eq!(record.items.len(), 2);
}

#[test]
fn a_bad_record_is_refused_by_the_name_of_its_key_alone() {
    type Change = fn(&mut serde_json::Value);
    let cases: [(&str, Change); 7] = [
        ("ZZBS", |r| r["ZZBS"] = json!("1.2.3")),
        ("ZZLXDM", |r| r["ZZLXDM"] = json!(7)),
        ("CZZTDM", |r| r["CZZTDM"] = json!("430502190102030018")),
        ("CZZTDM", |r| r["CZZTDMLXDM"] = json!(["111"])),
        ("CZZTDMLXDM", |r| r["CZZTDMLXDM"] = json!({})),
        ("ZZYXQJZRQ", |r| r["ZZYXQJZRQ"] = json!("next year")),
        ("KZXX.ZN", |r| r["KZXX"]["ZN"] = json!("two")),
    ];
    for (key, change) in cases {
        let mut record = good();
        change(&mut record);
        let said = read(&record).unwrap_err().to_string();
        assert!(said.starts_with(key), "{said}");
        assert!(!said.contains("4305021901"), "{said}");
    }
}

#[test]
fn the_cause_of_use_names_no_person_and_has_at_most_two_hundred_characters() {
    let matter = MatterName::from_id("11430500XY0000055Q2022000000001").unwrap();
    let grant = GrantName::from_id("00000000-0000-7000-8000-000000000001").unwrap();
    let cause = use_cause(&matter, "新生儿出生一件事\u{1b}", &grant, 2);
    assert_eq!(
        cause,
        "新生儿出生一件事；事项11430500XY0000055Q2022000000001；授权00000000-0000-7000-8000-000000000001第2版"
    );
    let long = use_cause(&matter, &"长".repeat(500), &grant, u32::MAX);
    assert_eq!(long.chars().count(), CAUSE_CHARS);
    assert!(long.ends_with('版'));
}

#[test]
fn texts_of_a_registration_are_held_to_their_forms() {
    assert_eq!(SignerId::or_default("").unwrap().as_str(), DEFAULT_SIGNER);
    let key = format!("04{}", "0a".repeat(64));
    assert!(PublicKey::parse(&key).is_ok());
    for bad in [
        key.to_uppercase(),
        key[2..].to_owned(),
        format!("02{}", &key[2..]),
        format!("{key}0"),
    ] {
        assert_eq!(
            PublicKey::parse(&bad).unwrap_err().code(),
            "NOT_A_PUBLIC_KEY"
        );
    }
    for (place, good) in [
        ("ZZMC", true),
        ("KZXX.DJRQ", true),
        ("a.b.c", false),
        ("a.", false),
        ("证照", false),
        ("", false),
    ] {
        assert_eq!(MetadataKey::parse(place).is_ok(), good, "{place}");
    }
}
