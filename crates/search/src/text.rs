//! Texts as they are compared: half-width, lower case, single spaces.

/// Stands between the parts of a text; no query holds it, so nothing is found across two parts.
pub(crate) const BREAK: char = '\u{1}';

/// Folds a text for comparing.
pub(crate) fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for char in text.chars() {
        let char = half_width(char);
        if char.is_whitespace() || char.is_control() {
            if !folded.is_empty() && !folded.ends_with(' ') {
                folded.push(' ');
            }
        } else {
            folded.extend(char.to_lowercase());
        }
    }
    folded.truncate(folded.trim_end().len());
    folded
}

/// Full-width forms of ASCII (U+FF01 to U+FF5E) stand 65 248 behind it; the wide space is U+3000.
fn half_width(char: char) -> char {
    match u32::from(char) {
        0x3000 => ' ',
        code @ 0xFF01..=0xFF5E => char::from_u32(code - 0xFEE0).unwrap_or(char),
        _ => char,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_type_in_different_ways_is_the_same() {
        for (typed, same) in [
            ("婚姻登记", "婚姻登记"),
            ("ＡＢＣ１２３", "abc123"),
            ("  社保　 缴费\t记录 ", "社保 缴费 记录"),
            ("（试行）", "(试行)"),
            ("GB/T 36903", "gb/t 36903"),
            ("a\u{1}b", "a b"),
            ("", ""),
        ] {
            assert_eq!(folded(typed), same, "{typed:?}");
            assert_eq!(folded(same), same, "{same:?}");
        }
    }
}
