//! Oneofs of which only some members are granted.

use super::wire::{Malformed, Reader};
use super::{DEPTH, Node, WireType};

/// Of each split oneof: the member that was set last, and from where on. Earlier members do not
/// count; the same member again adds to what stands there.
pub(super) struct Survivors(Vec<Option<(u32, usize)>>);

impl Survivors {
    /// Looks through the message once before it is cut; nothing is read where no oneof is split.
    pub(super) fn look(node: &Node, mut reader: Reader<'_>) -> Result<Self, Malformed> {
        let count = node.split.iter().map(|member| member.oneof + 1).max();
        let mut last: Vec<Option<(u32, usize)>> = vec![None; count.unwrap_or_default()];
        while !last.is_empty() && !reader.is_at_end() {
            let start = reader.at;
            let key = reader.key()?;
            if key.wire_type == WireType::GroupEnd {
                // The end of this group; a wrong one is named by the walk that cuts.
                break;
            }
            let member = node
                .member(key.number)
                .filter(|member| member.shape.fits(key.wire_type));
            if let Some(last) = member.and_then(|member| last.get_mut(member.oneof)) {
                let goes_on = last.is_some_and(|(number, _)| number == key.number);
                if !goes_on {
                    *last = Some((key.number, start));
                }
            }
            reader.skip(key, DEPTH)?;
        }
        Ok(Self(last))
    }

    /// Whether the member that begins here counts.
    pub(super) fn lets(&self, split: Option<usize>, number: u32, start: usize) -> bool {
        split.is_none_or(|place| {
            let last = self.0.get(place).copied().flatten();
            last.is_some_and(|(member, since)| member == number && start >= since)
        })
    }
}
