//! Random descriptors, and random bytes of their messages: any order, repetitions, both forms of
//! repeated numbers, oneofs set several times, unknown fields and groups in between.

use prost_reflect::prost_types::field_descriptor_proto::{Label, Type};
use prost_reflect::prost_types::{
    DescriptorProto, EnumDescriptorProto, EnumValueDescriptorProto, FieldDescriptorProto,
    FileDescriptorProto, FileDescriptorSet, MessageOptions, OneofDescriptorProto,
};
use prost_reflect::{DescriptorPool, FieldDescriptor, Kind, MessageDescriptor};

/// `SplitMix64`: the same numbers for the same seed.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % sides
    }

    fn byte(&mut self) -> u8 {
        u8::try_from(self.roll(256)).unwrap()
    }

    fn one_in(&mut self, sides: u64) -> bool {
        self.roll(sides) == 0
    }
}

const SCALARS: [Type; 15] = [
    Type::Double,
    Type::Float,
    Type::Int64,
    Type::Uint64,
    Type::Int32,
    Type::Fixed64,
    Type::Fixed32,
    Type::Bool,
    Type::String,
    Type::Bytes,
    Type::Uint32,
    Type::Sfixed32,
    Type::Sfixed64,
    Type::Sint32,
    Type::Sint64,
];

/// Three message types that refer to each other, in proto2 or proto3.
pub(super) fn schema(dice: &mut Dice) -> MessageDescriptor {
    let proto2 = dice.one_in(2);
    let messages: Vec<DescriptorProto> = (0..3).map(|n| message(dice, n, proto2)).collect();
    let value = |name: &str, number| EnumValueDescriptorProto {
        name: Some(name.to_owned()),
        number: Some(number),
        ..EnumValueDescriptorProto::default()
    };
    let file = FileDescriptorProto {
        name: Some("random.proto".to_owned()),
        syntax: Some(if proto2 { "proto2" } else { "proto3" }.to_owned()),
        message_type: messages,
        enum_type: vec![EnumDescriptorProto {
            name: Some("E".to_owned()),
            value: vec![value("E_NONE", 0), value("E_ONE", 1), value("E_TWO", 2)],
            ..EnumDescriptorProto::default()
        }],
        ..FileDescriptorProto::default()
    };
    let pool = DescriptorPool::from_file_descriptor_set(FileDescriptorSet { file: vec![file] });
    pool.unwrap().get_message_by_name("M0").unwrap()
}

fn message(dice: &mut Dice, place: u64, proto2: bool) -> DescriptorProto {
    let mut made = DescriptorProto {
        name: Some(format!("M{place}")),
        ..DescriptorProto::default()
    };
    let oneofs = dice.roll(3);
    for number in 0..oneofs {
        made.oneof_decl.push(OneofDescriptorProto {
            name: Some(format!("o{number}")),
            ..OneofDescriptorProto::default()
        });
    }
    let mut number = 0;
    // Two members each, so that no oneof stands empty.
    for oneof in 0..oneofs {
        for _ in 0..2 + dice.roll(2) {
            number += 1 + dice.roll(9);
            let mut field = plain(dice, number, proto2);
            field.oneof_index = Some(i32::try_from(oneof).unwrap());
            field.label = Some(Label::Optional.into());
            made.field.push(field);
        }
    }
    for _ in 0..=dice.roll(7) {
        number += 1 + dice.roll(40);
        if dice.one_in(5) {
            let field = map(dice, number, &mut made, place);
            made.field.push(field);
        } else {
            let mut field = plain(dice, number, proto2);
            let label = if dice.one_in(3) {
                Label::Repeated
            } else {
                Label::Optional
            };
            field.label = Some(label.into());
            made.field.push(field);
        }
    }
    made
}

fn plain(dice: &mut Dice, number: u64, proto2: bool) -> FieldDescriptorProto {
    let (kind, of) = match dice.roll(6) {
        0 | 1 => (Type::Message, Some(format!(".M{}", dice.roll(3)))),
        2 if proto2 => (Type::Group, Some(format!(".M{}", dice.roll(3)))),
        3 => (Type::Enum, Some(".E".to_owned())),
        _ => (SCALARS[usize::try_from(dice.roll(15)).unwrap()], None),
    };
    FieldDescriptorProto {
        name: Some(format!("f{number}")),
        number: Some(i32::try_from(number).unwrap()),
        r#type: Some(kind.into()),
        type_name: of,
        ..FieldDescriptorProto::default()
    }
}

fn map(
    dice: &mut Dice,
    number: u64,
    owner: &mut DescriptorProto,
    place: u64,
) -> FieldDescriptorProto {
    let entry = format!("F{number}Entry");
    let mut value = plain(dice, 2, false);
    value.name = Some("value".to_owned());
    let key = FieldDescriptorProto {
        name: Some("key".to_owned()),
        number: Some(1),
        r#type: Some(
            if dice.one_in(2) {
                Type::String
            } else {
                Type::Int32
            }
            .into(),
        ),
        ..FieldDescriptorProto::default()
    };
    let labelled = |mut field: FieldDescriptorProto| {
        field.label = Some(Label::Optional.into());
        field
    };
    owner.nested_type.push(DescriptorProto {
        name: Some(entry.clone()),
        field: vec![labelled(key), labelled(value)],
        options: Some(MessageOptions {
            map_entry: Some(true),
            ..MessageOptions::default()
        }),
        ..DescriptorProto::default()
    });
    FieldDescriptorProto {
        name: Some(format!("f{number}")),
        number: Some(i32::try_from(number).unwrap()),
        label: Some(Label::Repeated.into()),
        r#type: Some(Type::Message.into()),
        type_name: Some(format!(".M{place}.{entry}")),
        ..FieldDescriptorProto::default()
    }
}

/// Bytes of a message of this type.
pub(super) fn bytes(dice: &mut Dice, message: &MessageDescriptor, depth: u32) -> Vec<u8> {
    let fields: Vec<FieldDescriptor> = message.fields().collect();
    let mut out = Vec::new();
    let mut sent = Vec::new();
    for _ in 0..dice.roll(if depth > 4 { 2 } else { 7 }) {
        if dice.one_in(6) {
            unknown(dice, message, &mut out);
            continue;
        }
        let field = &fields[usize::try_from(dice.roll(fields.len() as u64)).unwrap()];
        let single =
            matches!(field.kind(), Kind::Message(_)) && !field.is_list() && !field.is_map();
        // Readers join the pieces of a single message; no writer sends it in pieces.
        if single && (sent.contains(&field.number()) || depth > 4) {
            continue;
        }
        sent.push(field.number());
        emit(dice, field, depth, &mut out);
    }
    out
}

fn emit(dice: &mut Dice, field: &FieldDescriptor, depth: u32, out: &mut Vec<u8>) {
    let number = field.number();
    if let Kind::Message(inner) = field.kind() {
        let body = bytes(dice, &inner, depth + 1);
        if field.is_group() {
            key(out, number, 3);
            out.extend(body);
            key(out, number, 4);
        } else {
            key(out, number, 2);
            varint(out, body.len() as u64);
            out.extend(body);
        }
        return;
    }
    let wire_type = scalar_wire_type(&field.kind());
    if field.is_list() && wire_type != 2 && dice.one_in(2) {
        let mut packed = Vec::new();
        for _ in 0..dice.roll(4) {
            scalar(dice, &field.kind(), &mut packed);
        }
        key(out, number, 2);
        varint(out, packed.len() as u64);
        out.extend(packed);
    } else {
        key(out, number, wire_type);
        scalar(dice, &field.kind(), out);
    }
}

fn unknown(dice: &mut Dice, message: &MessageDescriptor, out: &mut Vec<u8>) {
    let number = 500 + u32::try_from(dice.roll(3)).unwrap();
    assert!(message.get_field(number).is_none());
    match dice.roll(4) {
        0 => {
            key(out, number, 0);
            varint(out, dice.roll(u64::MAX));
        }
        1 => {
            key(out, number, 2);
            out.extend([2, b'?', b'!']);
        }
        2 => {
            key(out, number, 3);
            key(out, 1, 5);
            out.extend([1, 2, 3, 4]);
            key(out, number, 4);
        }
        _ => {
            key(out, number, 1);
            out.extend([0; 8]);
        }
    }
}

fn scalar_wire_type(kind: &Kind) -> u32 {
    match kind {
        Kind::Double | Kind::Fixed64 | Kind::Sfixed64 => 1,
        Kind::Float | Kind::Fixed32 | Kind::Sfixed32 => 5,
        Kind::String | Kind::Bytes => 2,
        _ => 0,
    }
}

fn scalar(dice: &mut Dice, kind: &Kind, out: &mut Vec<u8>) {
    match kind {
        Kind::Double => out.extend(f64::from(dice.byte()).to_le_bytes()),
        Kind::Float => out.extend(f32::from(dice.byte()).to_le_bytes()),
        Kind::Fixed64 | Kind::Sfixed64 => out.extend(dice.roll(u64::MAX).to_le_bytes()),
        Kind::Fixed32 | Kind::Sfixed32 => out.extend(dice.byte().to_le_bytes().repeat(4)),
        Kind::String | Kind::Bytes => {
            let most = if dice.one_in(9) { 200 } else { 5 };
            let length = dice.roll(most);
            varint(out, length);
            out.extend((0..length).map(|_| b'a' + dice.byte() % 26));
        }
        Kind::Bool => varint(out, dice.roll(2)),
        Kind::Enum(_) => varint(out, dice.roll(3)),
        Kind::Int32 | Kind::Uint32 | Kind::Sint32 => varint(out, dice.roll(1 << 31)),
        _ => varint(out, dice.roll(u64::MAX)),
    }
}

fn key(out: &mut Vec<u8>, number: u32, wire_type: u32) {
    varint(out, u64::from(number << 3 | wire_type));
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(u8::try_from(value & 0x7f).unwrap() | 0x80);
        value >>= 7;
    }
    out.push(u8::try_from(value).unwrap());
}
