//! Text as people type it, made clean once at the door.
//!
//! Clerks paste codes out of spreadsheets and chat windows: with full-width digits, ideographic
//! spaces and byte-order marks around them. [`clean`] repairs exactly that. Everything else (a
//! space in the middle, a look-alike letter) is left in place, so that the identifier's own rule
//! refuses it and names the position in what the user typed.

/// Text without surrounding spaces and with half-width forms; remembers what was cut off.
///
/// One character of the typed text is one character here, so positions can be mapped back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cleaned {
    text: String,
    cut: usize,
}

impl Cleaned {
    /// The clean text; may be empty.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The number of characters that were cut off in front.
    #[must_use]
    pub fn cut(&self) -> usize {
        self.cut
    }

    /// The same text with ASCII letters in upper case, for identifiers whose rule says so.
    #[must_use]
    pub fn upper(mut self) -> Self {
        self.text.make_ascii_uppercase();
        self
    }
}

/// Trims surrounding spaces and turns full-width ASCII (U+FF01–U+FF5E) into half-width.
///
/// Spaces are Unicode white space (among them U+3000 and the no-break space), the byte-order mark
/// and the zero-width characters U+200B–U+200D and U+2060.
#[must_use]
pub fn clean(typed: &str) -> Cleaned {
    let from_first = typed.trim_start_matches(is_space);
    let trimmed = from_first.trim_end_matches(is_space);
    let cut_bytes = typed.len() - from_first.len();
    let cut = typed
        .char_indices()
        .take_while(|(at, _)| *at < cut_bytes)
        .count();
    Cleaned {
        text: trimmed.chars().map(half_width).collect(),
        cut,
    }
}

fn is_space(character: char) -> bool {
    let invisible = matches!(character, '\u{FEFF}' | '\u{200B}'..='\u{200D}' | '\u{2060}');
    character.is_whitespace() || invisible
}

fn half_width(character: char) -> char {
    // The full-width forms repeat printable ASCII in its order, at a constant distance.
    const DISTANCE: u32 = 0xFF01 - 0x21;
    if matches!(character, '\u{FF01}'..='\u{FF5E}') {
        char::from_u32(u32::from(character) - DISTANCE).unwrap_or(character)
    } else {
        character
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn trims_every_kind_of_surrounding_space() {
        let cleaned = clean("\u{FEFF}\u{3000} \t\u{A0}A 1\u{200B}\u{2060}\r\n");
        assert_eq!(cleaned.as_str(), "A 1");
        assert_eq!(cleaned.cut(), 5);
    }

    #[test]
    fn turns_full_width_into_half_width_and_keeps_case_until_asked() {
        let cleaned = clean("９１４３ａＺ－／");
        assert_eq!(cleaned.as_str(), "9143aZ-/");
        assert_eq!(cleaned.upper().as_str(), "9143AZ-/");
    }

    #[test]
    fn leaves_what_is_not_a_space_or_a_full_width_form() {
        assert_eq!(clean("五〇Ⅹ\u{301}").as_str(), "五〇Ⅹ\u{301}");
        assert_eq!(clean(" \u{3000}").as_str(), "");
    }

    proptest! {
        #[test]
        fn cleaning_twice_is_cleaning_once(typed in any::<String>()) {
            let once = clean(&typed);
            let twice = clean(once.as_str());
            prop_assert_eq!(once.as_str(), twice.as_str());
            prop_assert_eq!(twice.cut(), 0);
        }
    }
}
