//! Initials of pinyin: 婚姻登记 is found by `hydj`.
//!
//! A character with several readings counts under each of them (行 is h and x): which one a word means is not
//! known, and one too many found is better than one missed.

use pinyin::{ToPinyin as _, ToPinyinMulti as _};

/// The letters by which a character may begin, one bit for each of a to z; a letter stands for itself.
pub(crate) fn letters(char: char) -> u32 {
    if char.is_ascii_lowercase() {
        return bit(char);
    }
    let Some(readings) = char.to_pinyin_multi() else {
        return 0;
    };
    let firsts = readings
        .into_iter()
        .filter_map(|reading| reading.plain().chars().next());
    firsts
        .filter(char::is_ascii_lowercase)
        .map(bit)
        .fold(0, |all, one| all | one)
}

/// The first letters of the usual readings of a text, and its own letters and digits: 婚姻登记 2 is `hydj2`. For
/// making names; to find something, every reading counts.
pub fn initials(text: &str) -> String {
    let first = |char: char| {
        if char.is_ascii_alphanumeric() {
            return Some(char.to_ascii_lowercase());
        }
        char.to_pinyin()?.plain().chars().next()
    };
    let letters = text.chars().filter_map(first);
    letters.filter(char::is_ascii_alphanumeric).collect()
}

/// Whether a text begins, at any of its places, with these letters.
pub(crate) fn begins_somewhere(text: &str, wanted: &str) -> bool {
    let masks: Vec<u32> = text.chars().map(letters).collect();
    let wanted: Vec<u32> = wanted.chars().map(bit).collect();
    let fits = |window: &[u32]| {
        window
            .iter()
            .zip(&wanted)
            .all(|(mask, one)| mask & one != 0)
    };
    !wanted.is_empty() && masks.windows(wanted.len()).any(fits)
}

/// The letters of a set.
pub(crate) fn each(mask: u32) -> impl Iterator<Item = char> {
    ('a'..='z').filter(move |letter| mask & bit(*letter) != 0)
}

fn bit(letter: char) -> u32 {
    let place = u32::from(letter).wrapping_sub(u32::from('a'));
    1_u32.checked_shl(place).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_made_of_usual_readings_letters_and_digits() {
        for (text, expected) in [
            ("婚姻登记系统", "hydjxt"),
            ("“互联网+政务服务” 2.0 平台", "hlwzwfw20pt"),
            ("OA（办公）", "oabg"),
            ("……", ""),
        ] {
            assert_eq!(initials(text), expected, "{text}");
        }
    }

    #[test]
    fn every_reading_of_a_character_counts() {
        for (char, expected) in [('婚', "h"), ('行', "hx"), ('b', "b"), ('1', ""), ('（', "")] {
            let all: String = each(letters(char)).collect();
            for letter in expected.chars() {
                assert!(all.contains(letter), "{char}: {all}");
            }
            assert_eq!(expected.is_empty(), all.is_empty(), "{char}: {all}");
        }
    }

    #[test]
    fn initials_are_found_at_any_place_and_in_one_run() {
        for (wanted, found) in [
            ("hydj", true),
            ("yd", true),
            ("djxx", true),
            ("hdj", false),
            ("hydjxxx", false),
            ("", false),
        ] {
            assert_eq!(begins_somewhere("婚姻登记信息", wanted), found, "{wanted}");
        }
        assert!(begins_somewhere("银行账户", "yhzh") && begins_somewhere("a行b", "axb"));
    }
}
