//! Columns with Chinese text: a wide character takes two places.

/// The text, filled up with blanks to a width.
pub(crate) fn pad(text: &str, width: usize) -> String {
    let fill = width.saturating_sub(places(text));
    format!("{text}{}", " ".repeat(fill))
}

fn places(text: &str) -> usize {
    text.chars().map(|c| if is_wide(c) { 2 } else { 1 }).sum()
}

fn is_wide(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{115F}' | '\u{2E80}'..='\u{A4CF}' | '\u{AC00}'..='\u{D7A3}'
        | '\u{F900}'..='\u{FAFF}' | '\u{FE30}'..='\u{FE4F}' | '\u{FF00}'..='\u{FF60}' | '\u{FFE0}'..='\u{FFE6}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_characters_take_two_places() {
        assert_eq!(pad("民政", 6), "民政  ");
        assert_eq!(pad("abc", 2), "abc");
    }
}
