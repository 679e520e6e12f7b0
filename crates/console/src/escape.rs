//! Escaping of everything that is printed into a page.

use std::fmt;

use askama::filters::{Escaper, Html};

/// Escapes markup as askama does, and shows characters that would hide or reorder text as
/// `‹U+202E›`. Names and provider texts come from outside; none may look like another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Visible;

impl Escaper for Visible {
    fn write_escaped_str<W: fmt::Write>(&self, mut dest: W, text: &str) -> fmt::Result {
        let mut rest = text;
        while let Some((at, hidden)) = rest.char_indices().find(|(_, c)| hides(*c)) {
            let (plain, tail) = rest.split_at(at);
            Html.write_escaped_str(&mut dest, plain)?;
            write!(dest, "‹U+{:04X}›", u32::from(hidden))?;
            rest = tail.get(hidden.len_utf8()..).unwrap_or_default();
        }
        Html.write_escaped_str(&mut dest, rest)
    }
}

/// Controls, zero-width characters, bidirectional marks, line separators, tags.
fn hides(c: char) -> bool {
    let formats = matches!(c,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{180E}'
        | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
        | '\u{3164}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}');
    formats || c.is_control() && c != '\n'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn escaped(text: &str) -> String {
        let mut out = String::new();
        Visible.write_escaped_str(&mut out, text).unwrap();
        out
    }

    #[test]
    fn markup_quotes_and_hidden_characters_are_made_harmless() {
        for (text, shown) in [
            ("市公安局", "市公安局"),
            ("<script>", "&#60;script&#62;"),
            ("\"' onload=", "&#34;&#39; onload="),
            ("a\u{202E}b", "a‹U+202E›b"),
            ("\u{1B}[31m\0", "‹U+001B›[31m‹U+0000›"),
            ("\u{200B}<\u{FEFF}", "‹U+200B›&#60;‹U+FEFF›"),
            ("\u{E0041}", "‹U+E0041›"),
            ("a\r\nb", "a‹U+000D›\nb"),
        ] {
            assert_eq!(escaped(text), shown, "{text:?}");
        }
    }
}
