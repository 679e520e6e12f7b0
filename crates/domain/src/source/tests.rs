use super::*;
use crate::test_world::{GRANTED, World, marriages, system_name};

fn column(name: &str) -> Identifier {
    Identifier::parse(name).unwrap()
}

fn source() -> SqlSource {
    let resource = marriages("105001-000001");
    let items = resource.items.iter();
    SqlSource {
        engine: Engine::Postgres,
        database: column("civil_affairs"),
        secret: Some(SecretName::parse("marriage-registry").unwrap()),
        views: vec![View {
            resource: resource.name.clone(),
            schema: None,
            name: column("结婚登记"),
            columns: items.map(|item| (item.key.clone(), column("a"))).collect(),
            key: vec![column("id")],
        }],
    }
}

fn faults(change: impl FnOnce(&mut SqlSource)) -> Vec<(String, String)> {
    let mut source = source();
    change(&mut source);
    let faults = source.faults(&World::good().snapshot(), &system_name("marriage-registry"));
    let named = |fault: &crate::fault::FieldFault| (fault.field.clone(), fault.code.clone());
    faults.as_slice().iter().map(named).collect()
}

#[test]
fn a_name_in_a_database_holds_no_quote_and_no_blank() {
    for good in ["a", "_a1", "结婚登记", "Größe", &"x".repeat(63)] {
        assert!(Identifier::parse(good).is_ok(), "{good}");
    }
    for bad in [
        "",
        "1a",
        "a b",
        "a\"b",
        "a`b",
        "a'b",
        "a;b",
        "a--",
        "a.b",
        "a\0",
        "a\n",
        "$1",
        "?",
        &"x".repeat(64),
        &"结".repeat(22),
    ] {
        assert!(Identifier::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn a_secret_is_named_by_a_file_and_not_by_a_path() {
    assert!(SecretName::parse("marriage-registry").is_ok());
    for bad in ["", "../key", "a/b", ".a", "A", "p@ss", &"x".repeat(41)] {
        let refused = SecretName::parse(bad).unwrap_err();
        assert!(bad.is_empty() || !refused.to_string().contains(bad));
    }
}

#[test]
fn each_bad_field_is_named() {
    type Case = (fn(&mut SqlSource), &'static str, &'static str);
    let cases: [Case; 9] = [
        (
            |s| s.engine = Engine::Sqlite,
            "endpoint.sql.database",
            "NOT_MAIN",
        ),
        (|s| s.secret = None, "endpoint.sql.secret", "REQUIRED"),
        (|s| s.views.clear(), "endpoint.sql.views", "REQUIRED"),
        (
            |s| s.views.push(s.views[0].clone()),
            "endpoint.sql.views[1].resource",
            "DUPLICATE",
        ),
        (
            |s| s.views[0].resource = ResourceName::from_id("105001-000009").unwrap(),
            "endpoint.sql.views[0].resource",
            "NOT_PROVIDED",
        ),
        (
            |s| {
                let key = ItemKey::parse(GRANTED[1]).unwrap();
                s.views[0].columns.remove(&key);
            },
            "endpoint.sql.views[0].columns",
            "REQUIRED",
        ),
        (
            |s| {
                let key = ItemKey::parse("invented").unwrap();
                s.views[0].columns.insert(key, column("b"));
            },
            "endpoint.sql.views[0].columns",
            "UNKNOWN_ITEM",
        ),
        (
            |s| s.views[0].key.clear(),
            "endpoint.sql.views[0].key",
            "REQUIRED",
        ),
        (
            |s| s.views[0].key.push(column("id")),
            "endpoint.sql.views[0].key",
            "DUPLICATE",
        ),
    ];
    assert_eq!(faults(|_| {}), []);
    for (change, field, code) in cases {
        let found = faults(change);
        let wanted = (field.to_owned(), code.to_owned());
        assert!(found.contains(&wanted), "{found:?} {wanted:?}");
    }
}

#[test]
fn numbers_have_their_limits() {
    let many = |count: usize| {
        faults(|s| s.views[0].key = (0..count).map(|n| column(&format!("k{n}"))).collect())
    };
    assert_eq!(
        (many(KEY_COLUMNS).len(), many(KEY_COLUMNS + 1).len()),
        (0, 1)
    );
}

#[test]
fn a_source_is_read_back_as_it_was_written() {
    let text = serde_json::to_string(&source()).unwrap();
    assert_eq!(serde_json::from_str::<SqlSource>(&text).unwrap(), source());
}
