use prost_reflect::prost::Message as _;
use prost_reflect::prost_types::field_descriptor_proto::{Label, Type};
use prost_reflect::prost_types::{
    DescriptorProto, FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet,
};

use super::*;
use crate::interface::{Interface, MethodPath};
use crate::operation::ItemField;
use crate::resource::{Hit, ShareMode, diff, hits};
use crate::snapshot::Contents;
use crate::test_world::{api, grant, insurance, keys, marriages, system_name};

const GET: &str = "/t.Insurance/Get";

/// The path of a service's methods in a difference. Lines here are written without it.
const SERVICE: &str = "api.operations[/t.Insurance/";

/// A line of a difference: field, before, after, whether it breaks a use.
type Line = (&'static str, &'static str, &'static str, bool);
/// Which calls are hit: of some items, or all.
type Struck = (&'static [&'static str], bool);

const NOBODY: Struck = (&[], false);
const ALL: Struck = (&[], true);
const ANOTHER: Line = (
    "api.interface",
    "systems/marriage-registry/interfaces/v1",
    "systems/marriage-registry/interfaces/v2",
    false,
);

fn field(name: &str, number: i32, kind: Type, of: &str) -> FieldDescriptorProto {
    FieldDescriptorProto {
        name: Some(name.to_owned()),
        number: Some(number),
        label: Some(Label::Optional.into()),
        r#type: Some(kind.into()),
        type_name: (!of.is_empty()).then(|| of.to_owned()),
        ..FieldDescriptorProto::default()
    }
}

/// The service of the test world, where a question has questions within it and a person an address, and a note that
/// nobody is given.
fn described(change: impl Fn(&mut FileDescriptorProto)) -> Descriptors {
    let mut set = FileDescriptorSet::decode(insurance().as_bytes()).unwrap();
    let file = &mut set.file[0];
    let home = field("home", 3, Type::Message, ".t.Address");
    file.message_type[0].field.push(home);
    let note = field("note", 4, Type::String, "");
    file.message_type[0].field.push(note);
    let message = |name: &str, field| DescriptorProto {
        name: Some(name.to_owned()),
        field,
        ..DescriptorProto::default()
    };
    let text = |name, number| field(name, number, Type::String, "");
    file.message_type.extend([
        message("Address", vec![text("street", 1), text("town", 2)]),
        message(
            "Question",
            vec![
                text("id", 1),
                field("next", 2, Type::Message, ".t.Question"),
            ],
        ),
    ]);
    for method in &mut file.service[0].method {
        method.input_type = Some(".t.Question".to_owned());
    }
    change(file);
    Descriptors::parse(set.encode_to_vec()).unwrap()
}

fn path(text: &str) -> FieldPath {
    FieldPath::parse(text).unwrap()
}

fn bound(item: &str, place: &str) -> ItemField {
    ItemField {
        item: ItemKey::parse(item).unwrap(),
        path: path(place),
    }
}

/// An entry whose methods give a name, a base, and a home as a whole.
fn entry() -> Resource {
    let mut api = api();
    for operation in &mut api.operations {
        operation.fields.push(bound("home", "home"));
        operation.structure.push(path("count"));
    }
    Resource {
        api: Some(api),
        ..marriages("105001-000001")
    }
}

fn v2() -> InterfaceId {
    InterfaceId::from_id("marriage-registry.v2").unwrap()
}

/// A snapshot with these descriptions of the first interface and of the second.
fn at_hand(first: Option<Descriptors>, second: Option<Descriptors>) -> Snapshot {
    let first = (InterfaceId::from_id("marriage-registry.v1").unwrap(), first);
    let interface = |(name, descriptors): (InterfaceId, Option<Descriptors>)| {
        Some(Interface {
            name,
            system: system_name("marriage-registry"),
            descriptors: descriptors?,
            reflected_from: None,
            document_path: None,
        })
    };
    let both = [first, (v2(), second)];
    Snapshot::new(Contents {
        interfaces: both.into_iter().filter_map(interface).collect(),
        ..Contents::default()
    })
}

/// Holds two versions against each other: the lines must be these, and calls under grants of all items, of one and of
/// another must be hit like this; a use in another way never is.
fn must_tell(named: &str, after: &Resource, snapshot: &Snapshot, lines: &[Line], struck: Struck) {
    let before = entry();
    let mut told = diff(&before, after, snapshot);
    for line in &mut told {
        line.field = line.field.replace(SERVICE, "[");
    }
    let told: Vec<_> = told
        .iter()
        .map(|c| (&*c.field, &*c.before, &*c.after, c.breaking))
        .collect();
    assert_eq!(told, lines, "{named}");
    for held in [&["name", "base", "home"][..], &["name"], &["base"]] {
        let mut one = grant(1, "105001-000001");
        one.terms.items = keys(held);
        one.terms.share_modes = vec![ShareMode::Api];
        let found = hits(&before, after, snapshot, [&one]);
        let (items, whole) = struck;
        let items: Vec<&str> = items.iter().copied().filter(|i| held.contains(i)).collect();
        let expected = (whole || !items.is_empty()).then(|| Hit {
            grant: one.name.clone(),
            consumer: one.terms.consumer.clone(),
            items: keys(&items),
            modes: Vec::new(),
            whole,
        });
        assert_eq!(found, Vec::from_iter(expected), "{named}: {held:?}");
        one.terms.share_modes = vec![ShareMode::Table];
        assert_eq!(hits(&before, after, snapshot, [&one]), [], "{named}");
    }
}

type Binding = (&'static str, fn(&mut Api), &'static [Line], Struck);

const BINDINGS: &[Binding] = &[
    ("nothing", |_| (), &[], NOBODY),
    (
        "the order of operations and of places",
        |api| {
            api.operations.reverse();
            api.operations[0].fields.reverse();
        },
        &[],
        NOBODY,
    ),
    (
        "an item that stands elsewhere",
        |api| api.operations[0].fields[0].path = path("full.name"),
        &[("[Get].fields[name]", "name", "full.name", true)],
        (&["name"], false),
    ),
    (
        "an item that one of two methods gives no more",
        |api| drop(api.operations[1].fields.remove(1)),
        &[("[List].fields[base]", "base", "", true)],
        (&["base"], false),
    ),
    (
        "an item that stands in one more place",
        |api| api.operations[0].fields.push(bound("name", "alias")),
        &[("[Get].fields[name]", "name", "alias, name", false)],
        NOBODY,
    ),
    (
        "an item of which only a part is left",
        |api| api.operations[0].fields[2].path = path("home.street"),
        &[("[Get].fields[home]", "home", "home.street", true)],
        (&["home"], false),
    ),
    (
        "two items that change places",
        |api| {
            api.operations[0].fields[0].path = path("base");
            api.operations[0].fields[1].path = path("name");
        },
        &[
            ("[Get].fields[base]", "base", "name", true),
            ("[Get].fields[name]", "name", "base", true),
        ],
        (&["base", "name"], false),
    ),
    (
        "an item that is bound newly",
        |api| api.operations[0].fields.push(bound("employer", "employer")),
        &[("[Get].fields[employer]", "", "employer", false)],
        NOBODY,
    ),
    (
        "what leaves under every grant, and one that does no more",
        |api| {
            api.operations[0].structure.push(path("page"));
            api.operations[1].structure.clear();
        },
        &[
            ("[Get].structure", "count", "count, page", false),
            ("[List].structure", "count", "", true),
        ],
        ALL,
    ),
    (
        "a method that is gone",
        |api| drop(api.operations.remove(0)),
        &[("[Get]", GET, "", true)],
        ALL,
    ),
    (
        "a new method",
        |api| {
            let mut new = api.operations[0].clone();
            new.method = MethodPath::parse("/t.Insurance/Put").unwrap();
            api.operations.push(new);
        },
        &[("[Put]", "", "/t.Insurance/Put", false)],
        NOBODY,
    ),
];

#[test]
fn each_change_of_a_binding_is_told_by_its_paths_and_hits_who_calls_for_it() {
    for (named, change, lines, struck) in BINDINGS {
        let mut after = entry();
        change(after.api.as_mut().unwrap());
        must_tell(named, &after, &Snapshot::default(), lines, *struck);
    }
}

type Described = (&'static str, fn(&mut FileDescriptorProto), &'static [Line]);

const DESCRIPTIONS: &[Described] = &[
    ("the same", |_| (), &[ANOTHER]),
    (
        "fields, messages and methods that are new",
        |file| {
            let more = |number| field("more", number, Type::String, "");
            for message in &mut file.message_type {
                message.field.push(more(9));
            }
            let mut put = file.service[0].method[0].clone();
            put.name = Some("Put".to_owned());
            file.service[0].method.push(put);
        },
        &[ANOTHER],
    ),
    (
        "a field in which no item stands",
        |file| drop(file.message_type[0].field.pop()),
        &[ANOTHER],
    ),
    (
        "a field of an item that is a whole message",
        |file| {
            file.message_type[1]
                .field
                .retain(|field| field.name() != "town");
        },
        &[
            ANOTHER,
            ("[Get].output[home.town]", "home.town", "", true),
            ("[List].output[home.town]", "home.town", "", true),
        ],
    ),
    (
        "an item of another type",
        |file| file.message_type[0].field[1].set_type(Type::String),
        &[
            ANOTHER,
            ("[Get].output[base]", "int64", "string", true),
            ("[List].output[base]", "int64", "string", true),
        ],
    ),
    (
        "an item of another name",
        |file| file.message_type[0].field[0].name = Some("full_name".to_owned()),
        &[
            ANOTHER,
            ("[Get].output[name]", "name", "full_name", true),
            ("[List].output[name]", "name", "full_name", true),
        ],
    ),
    (
        "an item that is gone",
        |file| drop(file.message_type[0].field.remove(0)),
        &[
            ANOTHER,
            ("[Get].output[name]", "name", "", true),
            ("[List].output[name]", "name", "", true),
        ],
    ),
    (
        "what is sent",
        |file| file.message_type[2].field[0].set_type(Type::Int64),
        &[
            ANOTHER,
            ("[Get].input[id]", "string", "int64", true),
            ("[List].input[id]", "string", "int64", true),
        ],
    ),
    (
        "a stream that becomes one message",
        |file| file.service[0].method[1].server_streaming = Some(false),
        &[
            ANOTHER,
            ("[List].streaming", "server_streaming", "unary", true),
        ],
    ),
];

#[test]
fn another_interface_breaks_calls_where_their_messages_differ() {
    for (named, change, lines) in DESCRIPTIONS {
        let mut after = entry();
        after.api.as_mut().unwrap().interface = v2();
        let snapshot = at_hand(Some(described(|_| ())), Some(described(change)));
        let struck = if lines.len() > 1 { ALL } else { NOBODY };
        must_tell(named, &after, &snapshot, lines, struck);
    }
}

#[test]
fn another_interface_that_cannot_be_compared_breaks_every_call() {
    let document = br#"{"openapi": "3.0.0", "paths": {"/persons": {"get": {}}}}"#;
    let document = || Descriptors::parse_openapi(document.to_vec(), "openapi").unwrap();
    let proto = || described(|_| ());
    let (field, before, is, _) = ANOTHER;
    let mut after = entry();
    after.api.as_mut().unwrap().interface = v2();
    for (named, first, second) in [
        ("neither at hand", None, None),
        ("the first alone", Some(proto()), None),
        ("the second alone", None, Some(proto())),
        ("a document instead", Some(proto()), Some(document())),
    ] {
        let snapshot = at_hand(first, second);
        must_tell(named, &after, &snapshot, &[(field, before, is, true)], ALL);
    }
    after.api = None;
    let gone = [
        (field, before, "", true),
        ("[Get]", GET, "", true),
        ("[List]", "/t.Insurance/List", "", true),
    ];
    must_tell(
        "no methods any more",
        &after,
        &Snapshot::default(),
        &gone,
        ALL,
    );
}

#[test]
fn another_document_breaks_calls_where_what_an_entry_names_differs() {
    let document = |count: &str, needed: bool| {
        let text = format!(
            r#"{{"openapi": "3.0.0", "paths": {{"/persons": {{"get": {{
                "parameters": [{{"in": "query", "name": "id", "required": {needed}}}],
                "responses": {{"200": {{"content": {{"application/json": {{"schema": {{"properties": {{
                    "name": {{"type": "string"}}, "count": {{"type": "{count}"}}}}}}}}}}}}}}}}}}}}}}"#
        );
        Some(Descriptors::parse_openapi(text.into_bytes(), "openapi").unwrap())
    };
    let of = |interface: InterfaceId| {
        let mut entry = entry();
        let api = entry.api.as_mut().unwrap();
        api.interface = interface;
        api.operations.truncate(1);
        api.operations[0].method = MethodPath::parse("GET /persons").unwrap();
        api.operations[0].fields = vec![bound("name", "name")];
        entry
    };
    let at = "api.operations[GET /persons]";
    for (named, after, expected) in [
        ("the same", document("integer", false), vec![]),
        (
            "what leaves under every grant",
            document("string", false),
            vec![format!("{at}.output[count] integer string true")],
        ),
        (
            "what is sent",
            document("integer", true),
            vec![format!("{at}.input[query id] optional required true")],
        ),
    ] {
        let snapshot = at_hand(document("integer", false), after);
        let first = InterfaceId::from_id("marriage-registry.v1").unwrap();
        let changes = diff(&of(first), &of(v2()), &snapshot);
        let told: Vec<String> = changes
            .iter()
            .skip(1)
            .map(|c| format!("{} {} {} {}", c.field, c.before, c.after, c.breaking))
            .collect();
        assert_eq!(told, expected, "{named}");
        assert!(!changes[0].breaking, "{named}");
    }
}

#[test]
fn methods_that_an_entry_has_newly_break_nothing() {
    let after = entry();
    let before = marriages("105001-000001");
    let snapshot = Snapshot::default();
    assert!(
        diff(&before, &after, &snapshot)
            .iter()
            .all(|change| !change.breaking)
    );
    let held = grant(1, "105001-000001");
    assert_eq!(hits(&before, &after, &snapshot, [&held]), []);
}

#[test]
fn an_item_that_is_gone_is_named_once_to_whoever_calls_for_it() {
    let mut before = entry();
    before.items = crate::test_world::insured_items();
    let mut after = before.clone();
    after.items.remove(0);
    for operation in &mut after.api.as_mut().unwrap().operations {
        operation.fields.remove(0);
    }
    let mut held = grant(1, "105001-000001");
    held.terms.items = keys(&["name"]);
    held.terms.share_modes = vec![ShareMode::Api];
    let found = hits(&before, &after, &Snapshot::default(), [&held]);
    assert_eq!((&found[0].items, found[0].whole), (&keys(&["name"]), false));
}

#[test]
fn so_many_differences_of_messages_are_told_and_no_more() {
    for (fields, told) in [
        (drift::CHANGES, drift::CHANGES),
        (drift::CHANGES + 1, drift::CHANGES),
    ] {
        let many = |kind: Type| {
            described(|file| {
                let question = &mut file.message_type[2].field;
                question.extend((0..fields).map(|n| {
                    let number = i32::try_from(n).unwrap() + 10;
                    field(&format!("f{n}"), number, kind, "")
                }));
            })
        };
        let mut after = entry();
        after.api.as_mut().unwrap().interface = v2();
        let snapshot = at_hand(Some(many(Type::String)), Some(many(Type::Bool)));
        let changes = diff(&entry(), &after, &snapshot);
        assert_eq!(changes.len(), told + 1);
    }
}
