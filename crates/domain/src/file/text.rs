//! Whether bytes that come in pieces are UTF-8 text.

use serde::{Deserialize, Serialize};

/// A check that goes on from piece to piece, wherever a character was cut.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextCheck {
    /// The beginning of a character whose rest has not come yet, at most three bytes.
    tail: Vec<u8>,
    /// Something was no UTF-8, or a zero byte, which no text file holds.
    bad: bool,
}

impl TextCheck {
    /// Takes the next piece.
    pub fn add(&mut self, mut bytes: &[u8]) {
        if bytes.contains(&0) {
            self.bad = true;
        }
        while let (false, false, Some((first, rest))) =
            (self.bad, self.tail.is_empty(), bytes.split_first())
        {
            self.tail.push(*first);
            bytes = rest;
            match std::str::from_utf8(&self.tail) {
                Ok(_) => self.tail.clear(),
                // Of four bytes at most a character is whole or wrong.
                Err(error) => self.bad = error.error_len().is_some(),
            }
        }
        if self.bad {
            return;
        }
        if let Err(error) = std::str::from_utf8(bytes) {
            self.bad = error.error_len().is_some();
            let rest = bytes.get(error.valid_up_to()..).unwrap_or_default();
            self.tail = if self.bad { Vec::new() } else { rest.to_vec() };
        }
    }

    /// Whether everything that came is whole, well-formed text.
    pub fn is_text(&self) -> bool {
        !self.bad && self.tail.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn whole(bytes: &[u8]) -> bool {
        std::str::from_utf8(bytes).is_ok() && !bytes.contains(&0)
    }

    #[test]
    fn a_character_may_be_cut_anywhere() {
        let text = "统一,😀\n".as_bytes();
        for cut in 0..=text.len() {
            let mut check = TextCheck::default();
            check.add(&text[..cut]);
            check.add(&[]);
            check.add(&text[cut..]);
            assert!(check.is_text(), "{cut}");
        }
        let mut half = TextCheck::default();
        half.add(&text[..1]);
        assert!(!half.is_text());
    }

    proptest! {
        #[test]
        fn pieces_say_what_the_whole_says(
            text in "\\PC{0,12}",
            noise in prop::collection::vec(any::<u8>(), 0..3),
            cuts in prop::collection::vec(0..64_usize, 0..5),
        ) {
            let mut bytes = text.into_bytes();
            bytes.extend(noise);
            let mut places: Vec<usize> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).collect();
            places.extend([0, bytes.len()]);
            places.sort_unstable();
            let mut check = TextCheck::default();
            for pair in places.windows(2) {
                check.add(&bytes[pair[0]..pair[1]]);
            }
            prop_assert_eq!(check.is_text(), whole(&bytes));
        }
    }
}
