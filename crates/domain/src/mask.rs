//! The item mask on the wire: which fields of a protobuf message may leave.
//!
//! A [`Mask`] is compiled once from a message's descriptor and the granted paths. Applying it walks
//! the bytes and copies what is granted: nothing is decoded, and what is not granted or not known
//! is not copied. The result is what decoding, dropping and encoding again would give.

mod compile;
mod json;
mod oneof;
mod path;
#[cfg(test)]
mod tests;
mod wire;

pub use path::FieldPath;
pub use wire::Malformed;

/// Messages in messages, as deep as protobuf's own decoders go.
const DEPTH: usize = 100;

/// The granted fields of one message type, ready to be applied. The default lets nothing out.
#[derive(Clone, Debug, Default)]
pub struct Mask {
    /// The root first. Recursive types refer back, so this is an arena and no tree.
    nodes: Vec<Node>,
    /// Where the message is JSON: the granted members.
    json: Option<json::Tree>,
}

/// The granted fields of one message at one place.
#[derive(Clone, Debug, Default)]
struct Node {
    /// By field number, ascending.
    rules: Vec<(u32, Rule)>,
    /// The members of the oneofs of which some are granted and others are not, by field number.
    split: Vec<Member>,
}

/// A member of a split oneof, granted or not.
#[derive(Clone, Copy, Debug)]
struct Member {
    number: u32,
    /// The place of its oneof among the split ones.
    oneof: usize,
    shape: Shape,
}

/// A field that may leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rule {
    shape: Shape,
    /// The field's place among the node's split oneofs.
    split: Option<usize>,
}

/// How a field looks on the wire; anything else under its number is an unknown field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// One value of this wire type, or several fields of it.
    Value(WireType),
    /// A repeated number: each in a field of its own, or packed.
    Packable(WireType),
    /// A message of its own, cut by the node.
    Message(usize),
    /// A group, cut by the node.
    Group(usize),
}

/// The wire types of protobuf's encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum WireType {
    Varint,
    Fixed64,
    Length,
    GroupStart,
    GroupEnd,
    Fixed32,
}

impl Shape {
    fn fits(self, found: WireType) -> bool {
        match self {
            Self::Value(expected) => found == expected,
            Self::Packable(expected) => found == expected || found == WireType::Length,
            Self::Message(_) => found == WireType::Length,
            Self::Group(_) => found == WireType::GroupStart,
        }
    }
}

impl Node {
    fn member(&self, number: u32) -> Option<Member> {
        let place = self
            .split
            .binary_search_by_key(&number, |member| member.number)
            .ok()?;
        self.split.get(place).copied()
    }

    fn rule(&self, number: u32) -> Option<Rule> {
        let place = self
            .rules
            .binary_search_by_key(&number, |(number, _)| *number)
            .ok()?;
        self.rules.get(place).map(|(_, rule)| *rule)
    }
}
