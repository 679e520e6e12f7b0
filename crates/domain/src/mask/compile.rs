//! From a descriptor and the granted paths to a mask.

use std::collections::{BTreeMap, HashMap};

use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor, OneofDescriptor};

use super::{FieldPath, Mask, Member, Node, Rule, Shape, WireType};
use crate::fault::Cause;

impl Mask {
    /// Compiles the mask that lets exactly these paths of a message out.
    ///
    /// # Errors
    /// `UNKNOWN_FIELD` when a path leads nowhere.
    pub fn compile<'a>(
        message: &MessageDescriptor,
        paths: impl IntoIterator<Item = &'a FieldPath>,
    ) -> Result<Self, Cause> {
        let mut granted = Granted::default();
        for path in paths {
            granted.add(message, path)?;
        }
        let mut compiler = Compiler::default();
        compiler.node(message, &granted);
        compiler.finish();
        Ok(Self {
            nodes: compiler.nodes,
            json: None,
        })
    }
}

/// The granted fields of a message, as a tree of field numbers.
#[derive(Default)]
struct Granted {
    /// The message as a whole: every known field, at any depth.
    whole: bool,
    fields: BTreeMap<u32, Granted>,
}

impl Granted {
    fn add(&mut self, message: &MessageDescriptor, path: &FieldPath) -> Result<(), Cause> {
        let mut place = self;
        let mut at = Some(message.clone());
        for step in path.steps() {
            let field = at
                .as_ref()
                .and_then(|message| message.get_field_by_name(step));
            let Some(field) = field else {
                let message = at
                    .as_ref()
                    .map_or("a plain value", |message| message.full_name());
                let text = format!("{path}: {message} has no field {step}");
                return Err(Cause::new("UNKNOWN_FIELD", text));
            };
            place = place.fields.entry(field.number()).or_default();
            at = message_of(&field);
        }
        place.whole = true;
        Ok(())
    }
}

/// What a path goes on in: the message of a field, for a map that of its entries.
fn message_of(field: &FieldDescriptor) -> Option<MessageDescriptor> {
    field.kind().as_message().cloned()
}

/// Whether something of a field may leave. Of a map nothing does without its keys: a key can name a
/// person as well as a value can.
fn leaves(field: &FieldDescriptor, granted: &Granted) -> bool {
    const KEY: u32 = 1;
    !field.is_map() || granted.whole || granted.fields.contains_key(&KEY)
}

#[derive(Default)]
struct Compiler {
    nodes: Vec<Node>,
    /// Nodes that let a whole message out, by its type: recursive types end here.
    whole: HashMap<String, usize>,
    /// Those that are not written yet. A list and no recursion: types can follow each other in long
    /// chains.
    waiting: Vec<(MessageDescriptor, usize)>,
}

impl Compiler {
    fn node(&mut self, message: &MessageDescriptor, granted: &Granted) -> usize {
        if granted.whole {
            return self.whole(message);
        }
        let place = self.reserve();
        let fields: Vec<(FieldDescriptor, &Granted)> = granted
            .fields
            .iter()
            .filter_map(|(number, inner)| Some((message.get_field(*number)?, inner)))
            .filter(|(field, inner)| leaves(field, inner))
            .collect();
        let split = split_oneofs(message, &granted.fields);
        let mut members: Vec<Member> = split.iter().enumerate().flat_map(members).collect();
        members.sort_by_key(|member| member.number);
        let rules = fields
            .into_iter()
            .map(|(field, inner)| {
                let rule = Rule {
                    shape: self.shape(&field, inner),
                    split: field
                        .containing_oneof()
                        .and_then(|own| split.iter().position(|other| *other == own)),
                };
                (field.number(), rule)
            })
            .collect();
        self.fill(place, rules, members)
    }

    fn whole(&mut self, message: &MessageDescriptor) -> usize {
        if let Some(place) = self.whole.get(message.full_name()) {
            return *place;
        }
        let place = self.reserve();
        self.whole.insert(message.full_name().to_owned(), place);
        self.waiting.push((message.clone(), place));
        place
    }

    fn finish(&mut self) {
        let everything = Granted {
            whole: true,
            fields: BTreeMap::new(),
        };
        while let Some((message, place)) = self.waiting.pop() {
            let rules = message
                .fields()
                .map(|field| {
                    let shape = self.shape(&field, &everything);
                    (field.number(), Rule { shape, split: None })
                })
                .collect();
            self.fill(place, rules, Vec::new());
        }
    }

    fn shape(&mut self, field: &FieldDescriptor, granted: &Granted) -> Shape {
        match field.kind() {
            Kind::Message(message) if field.is_group() => {
                Shape::Group(self.node(&message, granted))
            }
            Kind::Message(message) => Shape::Message(self.node(&message, granted)),
            kind => plain_shape(&kind, field.is_list()),
        }
    }

    fn reserve(&mut self) -> usize {
        self.nodes.push(Node::default());
        self.nodes.len() - 1
    }

    fn fill(&mut self, place: usize, mut rules: Vec<(u32, Rule)>, split: Vec<Member>) -> usize {
        rules.sort_by_key(|(number, _)| *number);
        if let Some(node) = self.nodes.get_mut(place) {
            *node = Node { rules, split };
        }
        place
    }
}

/// The oneofs of which some members are granted and others are not. Of several members on the wire
/// the last one counts, so one that may not leave still takes the place of one that may.
fn split_oneofs(
    message: &MessageDescriptor,
    granted: &BTreeMap<u32, Granted>,
) -> Vec<OneofDescriptor> {
    let is_split = |oneof: &OneofDescriptor| {
        let count = oneof
            .fields()
            .filter(|f| granted.contains_key(&f.number()))
            .count();
        count > 0 && count < oneof.fields().count()
    };
    message.oneofs().filter(is_split).collect()
}

fn members((place, oneof): (usize, &OneofDescriptor)) -> impl Iterator<Item = Member> {
    let member = move |field: FieldDescriptor| Member {
        number: field.number(),
        oneof: place,
        shape: match field.kind() {
            Kind::Message(_) if field.is_group() => Shape::Value(WireType::GroupStart),
            Kind::Message(_) => Shape::Value(WireType::Length),
            kind => plain_shape(&kind, false),
        },
    };
    oneof.fields().map(member).collect::<Vec<_>>().into_iter()
}

fn plain_shape(kind: &Kind, repeated: bool) -> Shape {
    let wire_type = match kind {
        Kind::Double | Kind::Fixed64 | Kind::Sfixed64 => WireType::Fixed64,
        Kind::Float | Kind::Fixed32 | Kind::Sfixed32 => WireType::Fixed32,
        Kind::String | Kind::Bytes | Kind::Message(_) => WireType::Length,
        Kind::Int32
        | Kind::Int64
        | Kind::Uint32
        | Kind::Uint64
        | Kind::Sint32
        | Kind::Sint64
        | Kind::Bool
        | Kind::Enum(_) => WireType::Varint,
    };
    // Readers take a repeated number packed or not, whatever the proto file says.
    if repeated && wire_type != WireType::Length {
        Shape::Packable(wire_type)
    } else {
        Shape::Value(wire_type)
    }
}
