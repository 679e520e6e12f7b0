//! What a mask lets out, case by case and against decoding, dropping and encoding again.

mod differential;
mod generate;
mod reference;

use prost_reflect::prost_types::field_descriptor_proto::{Label, Type};
use prost_reflect::prost_types::{
    DescriptorProto, FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet,
};
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor, Value};

use super::*;

/// A person with a name, a nested address and a list of numbers.
fn person() -> MessageDescriptor {
    let field =
        |name: &str, number, label: Label, kind: Type, of: Option<&str>| FieldDescriptorProto {
            name: Some(name.to_owned()),
            number: Some(number),
            label: Some(label.into()),
            r#type: Some(kind.into()),
            type_name: of.map(str::to_owned),
            ..FieldDescriptorProto::default()
        };
    let message = |name: &str, field: Vec<FieldDescriptorProto>| DescriptorProto {
        name: Some(name.to_owned()),
        field,
        ..DescriptorProto::default()
    };
    let file = FileDescriptorProto {
        name: Some("t.proto".to_owned()),
        syntax: Some("proto3".to_owned()),
        message_type: vec![
            message(
                "Person",
                vec![
                    field("name", 1, Label::Optional, Type::String, None),
                    field(
                        "address",
                        2,
                        Label::Optional,
                        Type::Message,
                        Some(".Address"),
                    ),
                    field("marks", 3, Label::Repeated, Type::Int32, None),
                    field(
                        "former",
                        4,
                        Label::Repeated,
                        Type::Message,
                        Some(".Address"),
                    ),
                ],
            ),
            message(
                "Address",
                vec![
                    field("city", 1, Label::Optional, Type::String, None),
                    field("street", 2, Label::Optional, Type::String, None),
                ],
            ),
        ],
        ..FileDescriptorProto::default()
    };
    let set = FileDescriptorSet { file: vec![file] };
    let pool = DescriptorPool::from_file_descriptor_set(set).unwrap();
    pool.get_message_by_name("Person").unwrap()
}

fn mask(paths: &[&str]) -> Mask {
    let paths: Vec<FieldPath> = paths.iter().map(|p| FieldPath::parse(p).unwrap()).collect();
    Mask::compile(&person(), &paths).unwrap()
}

fn cut(mask: &Mask, bytes: &[u8]) -> Result<Vec<u8>, Malformed> {
    let mut out = Vec::new();
    mask.apply(bytes, &mut out).map(|()| out)
}

#[test]
fn a_field_in_a_field_leaves_without_its_neighbours() {
    // name "A"; address { city "B", street "C" }
    let whole = [0x0a, 1, b'A', 0x12, 6, 0x0a, 1, b'B', 0x12, 1, b'C'];
    let released = cut(&mask(&["address.city"]), &whole).unwrap();
    assert_eq!(released, [0x12, 3, 0x0a, 1, b'B']);
    assert_eq!(cut(&mask(&["name", "address"]), &whole).unwrap(), whole);
    assert!(cut(&mask(&[]), &whole).unwrap().is_empty());
}

#[test]
fn a_length_that_shrinks_over_a_byte_is_written_anew() {
    let message = person();
    let address = message.get_field_by_name("address").unwrap();
    let inner = address.kind().as_message().unwrap().clone();
    for length in [100, 127, 128, 200, 20_000] {
        let mut place = DynamicMessage::new(inner.clone());
        place.set_field_by_name("city", Value::String("C".to_owned()));
        place.set_field_by_name("street", Value::String("S".repeat(length)));
        let mut whole = DynamicMessage::new(message.clone());
        whole.set_field(&address, Value::Message(place.clone()));
        let released = cut(
            &mask(&["address.city"]),
            &prost_reflect::prost::Message::encode_to_vec(&whole),
        );
        assert_eq!(released.unwrap(), [0x12, 3, 0x0a, 1, b'C'], "{length}");
    }
}

#[test]
fn what_is_unknown_or_of_another_kind_stays_behind() {
    let everything = mask(&["name", "address", "marks", "former"]);
    for (what, bytes) in [
        ("an unknown number", vec![0x7a, 1, b'X']),
        ("an unknown number inside", vec![0x12, 3, 0x1a, 1, b'X']),
        ("a number where a text is known", vec![0x08, 5]),
        ("an unknown group", vec![0x7b, 0x08, 1, 0x7c]),
    ] {
        let released = cut(&everything, &bytes).unwrap();
        assert!(
            released.is_empty() || released == [0x12, 0],
            "{what}: {released:?}"
        );
    }
    // A repeated number is known in both forms.
    for bytes in [vec![0x18, 1, 0x18, 2], vec![0x1a, 2, 1, 2]] {
        assert_eq!(cut(&everything, &bytes).unwrap(), bytes);
    }
}

#[test]
fn a_long_chain_of_types_is_compiled() {
    const TYPES: usize = 20_000;
    let message = |number: usize| DescriptorProto {
        name: Some(format!("M{number}")),
        field: (number + 1 < TYPES)
            .then(|| FieldDescriptorProto {
                name: Some("f".to_owned()),
                number: Some(1),
                label: Some(Label::Optional.into()),
                r#type: Some(Type::Message.into()),
                type_name: Some(format!(".M{}", number + 1)),
                ..FieldDescriptorProto::default()
            })
            .into_iter()
            .collect(),
        ..DescriptorProto::default()
    };
    let file = FileDescriptorProto {
        name: Some("t.proto".to_owned()),
        syntax: Some("proto3".to_owned()),
        message_type: (0..TYPES).map(message).collect(),
        ..FileDescriptorProto::default()
    };
    let set = FileDescriptorSet { file: vec![file] };
    let pool = DescriptorPool::from_file_descriptor_set(set).unwrap();
    let first = pool.get_message_by_name("M0").unwrap();
    let mask = Mask::compile(&first, [&FieldPath::parse("f").unwrap()]).unwrap();
    assert_eq!(mask.nodes.len(), TYPES);
}

#[test]
fn bytes_that_are_no_message_are_named() {
    let everything = mask(&["name", "address", "marks"]);
    for (bytes, fault) in [
        (vec![0x0a, 5, b'A'], Malformed::Truncated),
        (vec![0x80], Malformed::Truncated),
        (vec![0x12, 2, 0x0a, 9], Malformed::Truncated),
        (vec![0x00], Malformed::Key),
        (vec![0x0e], Malformed::Key),
        (vec![0xff; 11], Malformed::Key),
        (vec![0x0c], Malformed::Group),
        (vec![0x7b, 0x84, 1], Malformed::Group),
        (vec![0x7b, 0x08, 1], Malformed::Group),
        (
            vec![
                0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1,
            ],
            Malformed::Truncated,
        ),
    ] {
        assert_eq!(cut(&everything, &bytes), Err(fault), "{bytes:x?}");
    }
    assert_eq!(cut(&everything, &[0x7b; 200]), Err(Malformed::TooDeep));
}

#[test]
fn a_path_that_leads_nowhere_says_where_it_ends() {
    for (path, expected) in [
        ("names", "Person has no field names"),
        ("address.town", "Address has no field town"),
        ("name.first", "a plain value has no field first"),
    ] {
        let path = FieldPath::parse(path).unwrap();
        let refused = Mask::compile(&person(), [&path]).unwrap_err().to_string();
        assert!(refused.contains(expected), "{refused}");
    }
    for text in ["", ".", "a..b", "a b", "1a", "a.", &"a.".repeat(16)] {
        assert!(FieldPath::parse(text).is_err(), "{text:?}");
    }
}
