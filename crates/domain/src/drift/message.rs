//! Shapes of protobuf messages, read off the wire without decoding a value.

use std::collections::{BTreeSet, VecDeque};

use prost_reflect::prost::bytes::Buf;
use prost_reflect::prost::encoding::{
    DecodeContext, WireType, decode_key, decode_varint, skip_field,
};
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};

use super::{Change, Shape, parent, under};
use crate::operation::Operation;

/// Messages within messages.
const DEPTH: usize = 32;

/// The shape of a message, and where it differs from its description: fields that nobody described, and fields
/// of another kind on the wire.
pub fn shape_of_message(described: &MessageDescriptor, message: &[u8]) -> (Shape, Vec<Change>) {
    let mut walk = Walk::default();
    // What breaks off in the middle was looked at as far as it goes; that it is no message is found elsewhere.
    let _ = walk.message(described, "", message, DEPTH);
    (walk.shape, walk.changes)
}

/// Where a message differs from its description in a way that concerns the items of an operation: a field of another
/// kind, and an item's place that is empty beside a field that nobody described. A new field alone concerns nobody:
/// proto files grow like that.
pub fn against_message(
    described: &MessageDescriptor,
    operation: &Operation,
    message: &[u8],
) -> Vec<Change> {
    let (shape, seen) = shape_of_message(described, message);
    let (added, mut changes): (Vec<Change>, Vec<Change>) = seen
        .into_iter()
        .partition(|change| matches!(change, Change::Added { .. }));
    for path in operation.fields.iter().map(|field| field.path.as_str()) {
        let around = parent(path);
        let there = around.is_empty() || shape.holds(around);
        let new = added.iter().find(|change| parent(change.path()) == around);
        if let (true, false, Some(new)) = (there, shape.holds(path), new) {
            changes.push(Change::Renamed {
                path: path.to_owned(),
                seen: new.path().to_owned(),
            });
        }
    }
    changes
}

/// Where the description of a message, as an endpoint tells it now, differs from the registered one in the fields on
/// the way to the items of an operation, and below where an item is a whole message. Fields are known by their
/// numbers.
pub fn against_description(
    registered: &MessageDescriptor,
    told: &MessageDescriptor,
    operation: &Operation,
) -> Vec<Change> {
    let mut changes = Vec::new();
    let places = operation.fields.iter().map(|field| &field.path);
    for path in places.chain(&operation.structure) {
        for change in follow(registered, told, path.as_str()) {
            if changes.len() < super::CHANGES && !changes.contains(&change) {
                changes.push(change);
            }
        }
    }
    changes
}

/// The same of a message of which nobody says what is used: every registered field, at any depth.
pub fn against_whole_description(
    registered: &MessageDescriptor,
    told: &MessageDescriptor,
) -> Vec<Change> {
    below(registered, told, "")
}

/// The first difference on the way of one path; where it ends at a message, all that are below.
fn follow(registered: &MessageDescriptor, told: &MessageDescriptor, path: &str) -> Vec<Change> {
    let (mut registered, mut told) = (registered.clone(), told.clone());
    let mut walked = String::new();
    for name in path.split('.') {
        let Some(own) = registered.get_field_by_name(name) else {
            return Vec::new();
        };
        let now = match counterpart(&own, &told, &walked) {
            Ok(now) => now,
            Err(change) => return vec![change],
        };
        walked = under(&walked, name);
        match (own.kind(), now.kind()) {
            (Kind::Message(one), Kind::Message(other)) => (registered, told) = (one, other),
            _ => return Vec::new(),
        }
    }
    below(&registered, &told, &walked)
}

/// All differences in the fields of a message and of those within it. Each pair of messages is looked at where it
/// stands nearest to the top: recursive messages end there.
fn below(registered: &MessageDescriptor, told: &MessageDescriptor, at: &str) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut known = BTreeSet::new();
    let mut waiting = VecDeque::from([(registered.clone(), told.clone(), at.to_owned(), DEPTH)]);
    while let Some((registered, told, at, depth)) = waiting.pop_front() {
        let pair = (registered.full_name(), told.full_name());
        if !known.insert((pair.0.to_owned(), pair.1.to_owned())) {
            continue;
        }
        for own in registered.fields() {
            match counterpart(&own, &told, &at) {
                Err(change) if changes.len() < super::CHANGES => changes.push(change),
                Err(_) => return changes,
                Ok(now) => {
                    if let (Kind::Message(one), Kind::Message(other), 1..) =
                        (own.kind(), now.kind(), depth)
                    {
                        waiting.push_back((one, other, under(&at, own.name()), depth - 1));
                    }
                }
            }
        }
    }
    changes
}

/// The field that stands for a registered one in the message that is told, if it is the same.
fn counterpart(
    own: &FieldDescriptor,
    told: &MessageDescriptor,
    around: &str,
) -> Result<FieldDescriptor, Change> {
    let path = under(around, own.name());
    let Some(now) = told.get_field(own.number()) else {
        return Err(Change::Missing { path });
    };
    if now.name() != own.name() {
        let seen = under(around, now.name());
        return Err(Change::Renamed { path, seen });
    }
    if word(&now) != word(own) || now.is_list() != own.is_list() {
        return Err(Change::Retyped {
            path,
            registered: described(own),
            seen: described(&now),
        });
    }
    Ok(now)
}

fn described(field: &FieldDescriptor) -> String {
    let list = if field.is_list() { "repeated " } else { "" };
    format!("{list}{}", word(field))
}

#[derive(Default)]
struct Walk {
    shape: Shape,
    changes: Vec<Change>,
}

/// The message breaks off.
struct Broken;

impl Walk {
    fn message(
        &mut self,
        described: &MessageDescriptor,
        path: &str,
        mut left: &[u8],
        depth: usize,
    ) -> Result<(), Broken> {
        while left.has_remaining() {
            let (number, wire) = decode_key(&mut left).map_err(|_| Broken)?;
            let Some(field) = described.get_field(number) else {
                let added = Change::Added {
                    path: under(path, &format!("#{number}")),
                };
                self.differ(added);
                skip(wire, number, &mut left)?;
                continue;
            };
            let path = under(path, field.name());
            if !fits(&field, wire) {
                self.differ(Change::Retyped {
                    path,
                    registered: word(&field),
                    seen: wire_word(wire).to_owned(),
                });
                skip(wire, number, &mut left)?;
                continue;
            }
            self.shape.note(&path, &word(&field));
            match field.kind() {
                Kind::Message(inner) if wire == WireType::LengthDelimited && depth > 0 => {
                    let length = decode_varint(&mut left).map_err(|_| Broken)?;
                    let length = usize::try_from(length).map_err(|_| Broken)?;
                    let (own, rest) = left.split_at_checked(length).ok_or(Broken)?;
                    left = rest;
                    self.message(&inner, &path, own, depth - 1)?;
                }
                _ => skip(wire, number, &mut left)?,
            }
        }
        Ok(())
    }

    fn differ(&mut self, change: Change) {
        if self.changes.len() < super::CHANGES && !self.changes.contains(&change) {
            self.changes.push(change);
        }
    }
}

fn skip(wire: WireType, number: u32, left: &mut &[u8]) -> Result<(), Broken> {
    skip_field(wire, number, left, DecodeContext::default()).map_err(|_| Broken)
}

/// Whether a field can stand on the wire like this. Numbers of a repeated field may be packed.
fn fits(field: &FieldDescriptor, wire: WireType) -> bool {
    let own = match field.kind() {
        Kind::Double | Kind::Fixed64 | Kind::Sfixed64 => WireType::SixtyFourBit,
        Kind::Float | Kind::Fixed32 | Kind::Sfixed32 => WireType::ThirtyTwoBit,
        Kind::Message(_) if field.is_group() => WireType::StartGroup,
        Kind::String | Kind::Bytes | Kind::Message(_) => WireType::LengthDelimited,
        Kind::Int32
        | Kind::Int64
        | Kind::Uint32
        | Kind::Uint64
        | Kind::Sint32
        | Kind::Sint64
        | Kind::Bool
        | Kind::Enum(_) => WireType::Varint,
    };
    own == wire || (field.is_list() && wire == WireType::LengthDelimited)
}

fn word(field: &FieldDescriptor) -> String {
    match field.kind() {
        Kind::Message(message) => message.full_name().to_owned(),
        Kind::Enum(of) => of.full_name().to_owned(),
        kind => format!("{kind:?}").to_lowercase(),
    }
}

fn wire_word(wire: WireType) -> &'static str {
    match wire {
        WireType::Varint => "a whole number",
        WireType::SixtyFourBit => "64 bits",
        WireType::LengthDelimited => "text, bytes or a message",
        WireType::StartGroup | WireType::EndGroup => "a group",
        WireType::ThirtyTwoBit => "32 bits",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interface::{Method, MethodPath};
    use crate::test_world::insurance;

    fn described() -> MessageDescriptor {
        let path = MethodPath::parse("/t.Insurance/Get").unwrap();
        match insurance().method(&path).unwrap() {
            Method::Grpc(method) => method.output(),
            Method::Http(_) => unreachable!("the test world's service speaks gRPC"),
        }
    }

    /// A field of one byte of text, and a field with a number.
    fn text(number: u8) -> Vec<u8> {
        vec![number << 3 | 2, 1, b'x']
    }

    fn number(number: u8) -> Vec<u8> {
        vec![number << 3, 7]
    }

    #[test]
    fn a_message_as_described_has_its_paths_and_no_change() {
        let described = described();
        let (shape, changes) = shape_of_message(&described, &[text(1), number(2)].concat());
        assert_eq!(
            (shape.kind("name"), shape.kind("base")),
            (Some("string"), Some("int64"))
        );
        assert_eq!(changes, []);
    }

    #[test]
    fn a_field_of_another_kind_and_one_that_nobody_described_are_told() {
        let described = described();
        let (shape, changes) = shape_of_message(&described, &number(1));
        assert!(shape.is_empty());
        let [
            Change::Retyped {
                path, registered, ..
            },
        ] = changes.as_slice()
        else {
            panic!("{changes:?}")
        };
        assert_eq!((path.as_str(), registered.as_str()), ("name", "string"));
        let (_, changes) = shape_of_message(&described, &text(15));
        assert_eq!(
            changes,
            [Change::Added {
                path: "#15".to_owned()
            }]
        );
    }

    #[test]
    fn a_new_field_concerns_an_item_whose_place_is_empty_beside_it() {
        let operation = &crate::test_world::api().operations[0];
        let told = |bytes: &[u8]| {
            let changes = against_message(&described(), operation, bytes);
            let told: Vec<String> = changes.iter().map(ToString::to_string).collect();
            told.join("; ")
        };
        assert_eq!(told(&[text(1), number(2), text(15)].concat()), "");
        assert_eq!(told(&[number(2)].concat()), "");
        assert_eq!(
            told(&[number(2), text(15)].concat()),
            "name seems to be called #15 now"
        );
    }

    #[test]
    fn descriptions_are_compared_by_the_numbers_of_fields() {
        let operation = &crate::test_world::api().operations[0];
        let same = against_description(&described(), &described(), operation);
        assert_eq!(same, []);
        let other = crate::test_world::described_as(&[("full_name", 1), ("base", 3)]);
        let told = against_description(&described(), &other, operation);
        let told: Vec<String> = told.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "name seems to be called full_name now",
                "base is registered and not served"
            ]
        );
    }

    #[test]
    fn bytes_that_are_no_message_end_the_walk() {
        for bytes in [&[0xff_u8][..], &[0x0a, 0x7f, 1], &[0x07]] {
            let (_, changes) = shape_of_message(&described(), bytes);
            assert!(changes.len() <= 1);
        }
    }
}
