//! Digests of what went through, kept while it goes.

use domain::subject::{PseudonymKey, RunningDigest};
use ledger::entry::Fact;

/// Segments that an outcome lists at most; past that, two neighbours become one.
const SEGMENTS: usize = 64;
/// Bytes of the first segments.
const FIRST_SEGMENT: u64 = 1024 * 1024;

/// Counts and digests messages: all of them together, and in segments, so that a dispute about one
/// part of a long stream does not need the whole.
pub(super) struct Tally {
    key: PseudonymKey,
    all: RunningDigest,
    messages: u64,
    bytes: u64,
    segment: RunningDigest,
    segment_bytes: u64,
    /// How long a segment is now.
    length: u64,
    segments: Vec<String>,
}

impl Tally {
    pub(super) fn new(key: &PseudonymKey) -> Self {
        Self {
            key: key.clone(),
            all: key.running("stream"),
            messages: 0,
            bytes: 0,
            segment: key.running("segment"),
            segment_bytes: 0,
            length: FIRST_SEGMENT,
            segments: Vec::new(),
        }
    }

    /// Takes one message that is about to leave.
    pub(super) fn add(&mut self, message: &[u8]) {
        let length = message.len() as u64;
        self.all.add(message);
        self.segment.add(message);
        self.messages = self.messages.saturating_add(1);
        self.bytes = self.bytes.saturating_add(length);
        self.segment_bytes = self.segment_bytes.saturating_add(length);
        if self.segment_bytes >= self.length {
            self.close_segment();
        }
    }

    /// How many messages there were.
    pub(super) fn messages(&self) -> u64 {
        self.messages
    }

    /// What the outcome says of them.
    pub(super) fn facts(mut self) -> Vec<(&'static str, Fact)> {
        let count = |number: u64| Fact::from(i64::try_from(number).unwrap_or(i64::MAX));
        let mut facts = vec![
            ("messages", count(self.messages)),
            ("bytes", count(self.bytes)),
        ];
        if self.messages > 0 {
            if self.segment_bytes > 0 {
                self.close_segment();
            }
            facts.push(("segment_bytes", count(self.length)));
            facts.push(("segments", self.segments.into()));
            facts.push(("digest", self.all.finish().into()));
        }
        facts
    }

    fn close_segment(&mut self) {
        let closed = std::mem::replace(&mut self.segment, self.key.running("segment"));
        self.segments.push(closed.finish());
        self.segment_bytes = 0;
        if self.segments.len() >= SEGMENTS {
            let join = |pair: &[String]| match pair {
                [one, two] => self
                    .key
                    .digest("segments", &[one.as_bytes(), two.as_bytes()]),
                _ => pair.concat(),
            };
            self.segments = self.segments.chunks(2).map(join).collect();
            self.length = self.length.saturating_mul(2);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(messages: &[Vec<u8>]) -> Vec<(&'static str, Fact)> {
        let mut tally = Tally::new(&PseudonymKey::new([1; 32]));
        for message in messages {
            tally.add(message);
        }
        tally.facts()
    }

    #[test]
    fn a_changed_message_changes_the_whole_and_its_own_segment_only() {
        let sent: Vec<Vec<u8>> = (0..3).map(|n| vec![n; 1024 * 1024]).collect();
        let mut changed = sent.clone();
        changed[1][7] ^= 1;
        let (before, after) = (facts(&sent), facts(&changed));
        let segments =
            |facts: &[(&str, Fact)]| match facts.iter().find(|(key, _)| *key == "segments") {
                Some((_, Fact::List(list))) => list.clone(),
                _ => panic!("no segments"),
            };
        let (one, two) = (segments(&before), segments(&after));
        assert_eq!((one.len(), &one[0], &one[2]), (3, &two[0], &two[2]));
        assert_ne!(one[1], two[1]);
        assert_ne!(before, after);
    }

    #[test]
    fn a_long_stream_has_few_segments() {
        let message = vec![0; 1024 * 1024];
        let mut tally = Tally::new(&PseudonymKey::new([1; 32]));
        (0..300).for_each(|_| tally.add(&message));
        assert_eq!(tally.messages(), 300);
        assert!(tally.segments.len() < SEGMENTS && tally.length > FIRST_SEGMENT);
    }

    #[test]
    fn nothing_sent_has_no_digest() {
        assert_eq!(facts(&[]).len(), 2);
    }
}
