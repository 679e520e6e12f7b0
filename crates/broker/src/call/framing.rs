//! gRPC's framing of messages: one byte that says compressed or not, four of length, the message.

use bytes::{Buf as _, Bytes, BytesMut};

use super::MESSAGE_BYTES;

/// Bytes before each message.
pub(super) const HEAD: usize = 5;

/// Bytes that are no gRPC messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum BadFrame {
    /// Compressed, though nobody offered to take that.
    #[error("a message is compressed")]
    Compressed,
    /// Longer than [`MESSAGE_BYTES`].
    #[error("a message is larger than {MESSAGE_BYTES} bytes")]
    TooLarge,
    /// The end came within a message.
    #[error("the stream ends within a message")]
    Broken,
    /// Not exactly one message where one belongs.
    #[error("there is not exactly one message")]
    NotOne,
}

/// A body of one message as it comes. Most come in one piece, and that piece is not copied.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    first: Bytes,
    /// All of it, once there is a second piece.
    more: BytesMut,
}

impl Gathered {
    /// Takes the next piece.
    ///
    /// # Errors
    /// [`BadFrame::TooLarge`], as soon as that is announced or comes true.
    pub(super) fn push(&mut self, data: Bytes) -> Result<(), BadFrame> {
        if self.first.is_empty() {
            // What is announced as too large is not waited for.
            length_of(&data)?;
            self.first = data;
        } else {
            if self.more.is_empty() {
                self.more.extend_from_slice(&self.first);
            }
            self.more.extend_from_slice(&data);
        }
        if self.first.len().max(self.more.len()) > HEAD + MESSAGE_BYTES {
            return Err(BadFrame::TooLarge);
        }
        Ok(())
    }

    /// The body.
    pub(super) fn finish(self) -> Bytes {
        if self.more.is_empty() {
            self.first
        } else {
            self.more.freeze()
        }
    }
}

/// Takes bytes as they come and gives whole messages.
#[derive(Debug, Default)]
pub(super) struct Messages {
    kept: BytesMut,
}

impl Messages {
    /// Takes more bytes.
    pub(super) fn push(&mut self, bytes: &Bytes) {
        self.kept.extend_from_slice(bytes);
    }

    /// The next whole message, without its head.
    pub(super) fn next(&mut self) -> Result<Option<Bytes>, BadFrame> {
        let Some(length) = length_of(&self.kept)? else {
            return Ok(None);
        };
        if self.kept.len() < HEAD + length {
            return Ok(None);
        }
        self.kept.advance(HEAD);
        Ok(Some(self.kept.split_to(length).freeze()))
    }

    /// Checks that nothing is left at the end.
    pub(super) fn finish(&self) -> Result<(), BadFrame> {
        if self.kept.is_empty() {
            Ok(())
        } else {
            Err(BadFrame::Broken)
        }
    }
}

/// The length in a message's head, once the head is there.
pub(super) fn length_of(bytes: &[u8]) -> Result<Option<usize>, BadFrame> {
    let Some((head, _)) = bytes.split_first_chunk::<HEAD>() else {
        return Ok(None);
    };
    let [compressed, length @ ..] = *head;
    if compressed != 0 {
        return Err(BadFrame::Compressed);
    }
    let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
    if length > MESSAGE_BYTES {
        Err(BadFrame::TooLarge)
    } else {
        Ok(Some(length))
    }
}

/// The one message of a whole body, without its head.
pub(super) fn only_message(body: &Bytes) -> Result<Bytes, BadFrame> {
    match length_of(body)? {
        Some(length) if body.len() == HEAD + length => Ok(body.slice(HEAD..)),
        Some(length) if body.len() < HEAD + length => Err(BadFrame::Broken),
        _ => Err(BadFrame::NotOne),
    }
}

/// Begins a framed message in a buffer; [`end`] writes its length. Returns where it began.
pub(super) fn begin(out: &mut Vec<u8>) -> usize {
    let at = out.len();
    out.extend_from_slice(&[0; HEAD]);
    at
}

/// Ends the framed message that began at `at`.
pub(super) fn end(out: &mut [u8], at: usize) {
    let length = out.len().saturating_sub(at + HEAD);
    // A cut message is no longer than the one that came, and that one was measured.
    let length = u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes();
    if let Some(head) = out.get_mut(at + 1..at + HEAD) {
        head.copy_from_slice(&length);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framed(message: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        let at = begin(&mut out);
        out.extend_from_slice(message);
        end(&mut out, at);
        out
    }

    #[test]
    fn messages_come_whole_however_the_bytes_come() {
        let sent = [framed(b"one"), framed(b""), framed(&[7; 300])].concat();
        for size in [1, 2, 4, 5, 6, 100, sent.len()] {
            let mut messages = Messages::default();
            let mut found = Vec::new();
            for piece in sent.chunks(size) {
                messages.push(&Bytes::copy_from_slice(piece));
                while let Some(message) = messages.next().unwrap() {
                    found.push(message);
                }
            }
            messages.finish().unwrap();
            assert_eq!(found, [&b"one"[..], b"", &[7; 300]], "{size}");
        }
    }

    #[test]
    fn what_is_no_single_message_is_named() {
        let whole = |bytes: &[u8]| only_message(&Bytes::copy_from_slice(bytes));
        assert_eq!(whole(&framed(b"one")).unwrap(), &b"one"[..]);
        let twice = [framed(b"a"), framed(b"b")].concat();
        for (bytes, fault) in [
            (vec![], BadFrame::NotOne),
            (vec![0, 0], BadFrame::NotOne),
            (twice, BadFrame::NotOne),
            (vec![0, 0, 0, 0, 2, 1], BadFrame::Broken),
            (vec![1, 0, 0, 0, 0], BadFrame::Compressed),
            (vec![0, 0xff, 0, 0, 0], BadFrame::TooLarge),
        ] {
            assert_eq!(whole(&bytes), Err(fault));
        }
    }
}
