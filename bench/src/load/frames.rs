//! Counts the messages of an answer without reading them.

/// The bytes in front of a message: a flag and its length.
const PREFIX: usize = 5;

/// Follows the frames of one answer across the chunks in which they come.
#[derive(Debug, Default)]
pub(super) struct Frames {
    prefix: [u8; PREFIX],
    seen: usize,
    missing: usize,
    messages: u64,
    bytes: u64,
}

impl Frames {
    /// Takes the next chunk. None when a message is marked as compressed: nobody asked for that.
    pub(super) fn take(&mut self, mut chunk: &[u8]) -> Option<()> {
        self.bytes += u64::try_from(chunk.len()).ok()?;
        while !chunk.is_empty() {
            if self.missing > 0 {
                let now = self.missing.min(chunk.len());
                chunk = chunk.get(now..)?;
                self.missing -= now;
                continue;
            }
            let now = (PREFIX - self.seen).min(chunk.len());
            let (head, rest) = chunk.split_at_checked(now)?;
            self.prefix
                .get_mut(self.seen..self.seen + now)?
                .copy_from_slice(head);
            self.seen += now;
            chunk = rest;
            if self.seen == PREFIX {
                let [flag, length @ ..] = self.prefix;
                if flag != 0 {
                    return None;
                }
                self.seen = 0;
                self.missing = usize::try_from(u32::from_be_bytes(length)).ok()?;
                self.messages += 1;
            }
        }
        Some(())
    }

    /// How many messages came; none when the last is not whole, or there was not one.
    pub(super) fn whole(&self) -> Option<u64> {
        (self.seen == 0 && self.missing == 0 && self.messages > 0).then_some(self.messages)
    }

    /// How many bytes came, prefixes included.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &[u8] = b"\0\0\0\0\x03abc\0\0\0\0\0";

    #[test]
    fn messages_are_counted_wherever_the_chunks_are_cut() {
        for cut in 0..=TWO.len() {
            let (first, second) = TWO.split_at(cut);
            let mut frames = Frames::default();
            frames.take(first).unwrap();
            frames.take(second).unwrap();
            assert_eq!((frames.whole(), frames.bytes()), (Some(2), 13), "{cut}");
        }
    }

    #[test]
    fn half_a_message_none_and_a_compressed_one_are_no_answer() {
        for cut in [0, 1, 5, 7, 9] {
            let mut frames = Frames::default();
            frames.take(&TWO[..cut]).unwrap();
            assert_eq!(frames.whole(), None, "{cut}");
        }
        assert!(Frames::default().take(b"\x01\0\0\0\0").is_none());
    }
}
