//! Lines of bounded length, with a running digest of what came before.

use std::io::{self, BufRead, Read};

use sha2::{Digest, Sha256};

/// The longest line that is kept: an entry, its longest proof, its index.
const LINE_BYTES: usize = crate::entry::limits::ENTRY_BYTES + 4096;
const LINE_LIMIT: u64 = LINE_BYTES as u64;

/// A reader of lines that knows where it is.
pub(super) struct Lines<R> {
    input: R,
    before: Sha256,
    /// The current line as read, with its line end, as far as it is kept.
    line: Vec<u8>,
    number: u64,
    whole: bool,
    /// Whether the current line has yet to be digested when the next one is read.
    pending: bool,
    held: bool,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(input: R) -> Self {
        Self {
            input,
            before: Sha256::new(),
            line: Vec::new(),
            number: 0,
            whole: true,
            pending: false,
            held: false,
        }
    }

    /// Goes to the next line; `false` at the end of the input.
    pub(super) fn advance(&mut self) -> io::Result<bool> {
        if std::mem::take(&mut self.held) {
            return Ok(true);
        }
        if self.pending {
            self.before.update(&self.line);
        }
        self.pending = true;
        self.line.clear();
        self.number = self.number.saturating_add(1);
        self.input
            .by_ref()
            .take(LINE_LIMIT)
            .read_until(b'\n', &mut self.line)?;
        self.whole = self.line.ends_with(b"\n");
        if !self.whole && self.line.len() == LINE_BYTES {
            self.skip_rest()?;
        }
        Ok(!self.line.is_empty())
    }

    /// Makes the next [`Lines::advance`] stay where it is.
    pub(super) fn hold(&mut self) {
        self.held = true;
    }

    /// The current line without its line end.
    pub(super) fn text(&self) -> &[u8] {
        self.line.strip_suffix(b"\n").unwrap_or(&self.line)
    }

    /// The current line as read.
    pub(super) fn raw(&self) -> &[u8] {
        &self.line
    }

    /// Whether the current line is within the limit and has its line end.
    pub(super) fn is_whole(&self) -> bool {
        self.whole
    }

    /// The number of the current line, from 1.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// SHA-256 of everything before the current line.
    pub(super) fn digest_before(&self) -> [u8; 32] {
        self.before.clone().finalize().into()
    }

    /// Digests an overlong line at once, keeping only its beginning.
    fn skip_rest(&mut self) -> io::Result<()> {
        self.before.update(&self.line);
        self.pending = false;
        loop {
            let available = self.input.fill_buf()?;
            let end = available.iter().position(|byte| *byte == b'\n');
            let rest = end.map_or(available, |end| available.get(..=end).unwrap_or(available));
            self.before.update(rest);
            let length = rest.len();
            self.input.consume(length);
            if end.is_some() || length == 0 {
                return Ok(());
            }
        }
    }
}
