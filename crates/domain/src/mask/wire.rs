//! Applying a mask: one walk over the bytes.

use super::oneof::Survivors;
use super::{DEPTH, Mask, Node, Rule, Shape, WireType};

/// The bytes are not a protobuf message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// A field or a length goes past the end.
    #[error("a field goes past the end of its message")]
    Truncated,
    /// A number, a field number or a wire type that cannot be.
    #[error("a field's key or length cannot be read")]
    Key,
    /// A group that ends where none began, or does not end.
    #[error("a group does not end where it should")]
    Group,
    /// More than 100 messages in each other.
    #[error("messages are nested deeper than 100")]
    TooDeep,
    /// Of JSON: it is none, has a name twice, or is nested too deep.
    #[error("it is not JSON that has one reading")]
    NotJson,
}

impl Mask {
    /// Appends to `out` what of the message may leave.
    ///
    /// # Errors
    /// [`Malformed`]; `out` then holds a part and must be thrown away.
    pub fn apply(&self, message: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
        match &self.json {
            Some(tree) => tree.apply(message, out),
            None => self.cut(self.node(0), &mut Reader::new(message), None, DEPTH, out),
        }
    }

    fn node(&self, place: usize) -> &Node {
        const NOTHING: &Node = &Node {
            rules: Vec::new(),
            split: Vec::new(),
        };
        // A place always exists; if it did not, nothing would leave.
        self.nodes.get(place).unwrap_or(NOTHING)
    }

    /// Cuts one message, or a group up to its end.
    fn cut(
        &self,
        node: &Node,
        reader: &mut Reader<'_>,
        group: Option<u32>,
        depth: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), Malformed> {
        let depth = depth.checked_sub(1).ok_or(Malformed::TooDeep)?;
        let survivors = Survivors::look(node, reader.clone())?;
        // Where the bytes begin that are to be copied and were not yet.
        let mut run = reader.at;
        loop {
            let start = reader.at;
            if reader.is_at_end() {
                let ended = if group.is_some() {
                    Err(Malformed::Group)
                } else {
                    Ok(())
                };
                out.extend_from_slice(reader.between(run, start));
                return ended;
            }
            let key = reader.key()?;
            if key.wire_type == WireType::GroupEnd {
                out.extend_from_slice(reader.between(run, start));
                return if group == Some(key.number) {
                    Ok(())
                } else {
                    Err(Malformed::Group)
                };
            }
            let rule = node
                .rule(key.number)
                .filter(|rule| rule.shape.fits(key.wire_type))
                .filter(|rule| survivors.lets(rule.split, key.number, start));
            match rule.map(|Rule { shape, .. }| shape) {
                Some(Shape::Value(_) | Shape::Packable(_)) => reader.skip(key, depth)?,
                None => {
                    out.extend_from_slice(reader.between(run, start));
                    reader.skip(key, depth)?;
                    run = reader.at;
                }
                Some(Shape::Message(inner)) => {
                    let length_at = reader.at;
                    let length = reader.length()?;
                    out.extend_from_slice(reader.between(run, length_at));
                    let width = reader.at - length_at;
                    let mut body = Reader::new(reader.take(length)?);
                    let from = out.len();
                    out.resize(from + width, 0);
                    self.cut(self.node(inner), &mut body, None, depth, out)?;
                    write_length(out, from, width);
                    run = reader.at;
                }
                Some(Shape::Group(inner)) => {
                    out.extend_from_slice(reader.between(run, reader.at));
                    self.cut(self.node(inner), reader, Some(key.number), depth, out)?;
                    write_varint(out, u64::from(key.number) << 3 | 4);
                    run = reader.at;
                }
            }
        }
    }
}

/// Writes the length of what follows `from + width` into the gap, and closes what is left of it: a
/// shorter message can have a shorter length.
fn write_length(out: &mut Vec<u8>, from: usize, width: usize) {
    let body = from.saturating_add(width);
    let length = out.len().saturating_sub(body);
    let mut digits = [0; 10];
    let used = varint(length as u64, &mut digits);
    let digits = digits.get(..used).unwrap_or_default();
    out.splice(from..body, digits.iter().copied());
}

fn write_varint(out: &mut Vec<u8>, value: u64) {
    let mut digits = [0; 10];
    let used = varint(value, &mut digits);
    out.extend_from_slice(digits.get(..used).unwrap_or_default());
}

fn varint(mut value: u64, digits: &mut [u8; 10]) -> usize {
    for (place, digit) in digits.iter_mut().enumerate() {
        let low = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            *digit = low;
            return place + 1;
        }
        *digit = low | 0x80;
    }
    digits.len()
}

/// The key of a field.
#[derive(Clone, Copy)]
pub(super) struct Key {
    pub(super) number: u32,
    pub(super) wire_type: WireType,
}

/// Reads fields from the front.
#[derive(Clone)]
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    pub(super) at: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.at >= self.bytes.len()
    }

    fn between(&self, from: usize, until: usize) -> &'a [u8] {
        self.bytes.get(from..until).unwrap_or_default()
    }

    pub(super) fn key(&mut self) -> Result<Key, Malformed> {
        let key = u32::try_from(self.varint()?).map_err(|_| Malformed::Key)?;
        let wire_type = match key & 7 {
            0 => WireType::Varint,
            1 => WireType::Fixed64,
            2 => WireType::Length,
            3 => WireType::GroupStart,
            4 => WireType::GroupEnd,
            5 => WireType::Fixed32,
            _ => return Err(Malformed::Key),
        };
        match key >> 3 {
            0 => Err(Malformed::Key),
            number => Ok(Key { number, wire_type }),
        }
    }

    /// Passes over the value of a field, a group with all that is in it.
    pub(super) fn skip(&mut self, key: Key, depth: usize) -> Result<(), Malformed> {
        match key.wire_type {
            WireType::Varint => self.varint().map(drop),
            WireType::Fixed64 => self.take(8).map(drop),
            WireType::Fixed32 => self.take(4).map(drop),
            WireType::Length => {
                let length = self.length()?;
                self.take(length).map(drop)
            }
            WireType::GroupStart => self.skip_group(key.number, depth),
            WireType::GroupEnd => Err(Malformed::Group),
        }
    }

    fn skip_group(&mut self, number: u32, depth: usize) -> Result<(), Malformed> {
        let depth = depth.checked_sub(1).ok_or(Malformed::TooDeep)?;
        loop {
            if self.is_at_end() {
                return Err(Malformed::Group);
            }
            let key = self.key()?;
            if key.wire_type == WireType::GroupEnd {
                return if key.number == number {
                    Ok(())
                } else {
                    Err(Malformed::Group)
                };
            }
            self.skip(key, depth)?;
        }
    }

    fn length(&mut self) -> Result<usize, Malformed> {
        usize::try_from(self.varint()?).map_err(|_| Malformed::Truncated)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Malformed> {
        let until = self.at.checked_add(length).ok_or(Malformed::Truncated)?;
        let taken = self.bytes.get(self.at..until).ok_or(Malformed::Truncated)?;
        self.at = until;
        Ok(taken)
    }

    fn varint(&mut self) -> Result<u64, Malformed> {
        let mut value = 0;
        for place in 0..10 {
            let byte = *self.bytes.get(self.at).ok_or(Malformed::Truncated)?;
            self.at += 1;
            // The tenth byte has room for one bit.
            if place == 9 && byte > 1 {
                return Err(Malformed::Key);
            }
            value |= u64::from(byte & 0x7f) << (7 * place);
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Malformed::Key)
    }
}
