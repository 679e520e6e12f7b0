//! Initials of pinyin: 婚姻登记 is found by `hydj`.
//!
//! A character with several readings counts under each of them (行 is h and x): which one a word means is not
//! known, and one too many found is better than one missed.

use std::ops::Range;
use std::sync::LazyLock;

use pinyin::{ToPinyin as _, ToPinyinMulti as _};

/// Nearly all characters that are used stand in this block; their letters are looked up once, since texts are read
/// for them by the hundred thousand.
const BLOCK: Range<u32> = 0x4E00..0xA000;

static LETTERS: LazyLock<Vec<u32>> = LazyLock::new(|| {
    let chars = BLOCK.map(|code| char::from_u32(code).map(looked_up));
    chars.map(Option::unwrap_or_default).collect()
});

/// The letters by which a character may begin, one bit for each of a to z; a letter stands for itself.
pub(crate) fn letters(char: char) -> u32 {
    if char.is_ascii_lowercase() {
        return bit(char);
    }
    let place = u32::from(char).wrapping_sub(BLOCK.start);
    let place = usize::try_from(place).unwrap_or(usize::MAX);
    match LETTERS.get(place) {
        Some(letters) => *letters,
        None => looked_up(char),
    }
}

fn looked_up(char: char) -> u32 {
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

/// Letters that neighbouring characters are to begin with.
pub(crate) struct Run {
    /// By letter: at which places of the run it stands, one bit for each.
    places: [u128; 26],
    last: u128,
}

impl Run {
    /// None where it is no run of two to 128 letters: one letter would find nearly everything.
    pub(crate) fn of(wanted: &str) -> Option<Self> {
        if !(2..=128).contains(&wanted.len()) || !wanted.bytes().all(|b| b.is_ascii_lowercase()) {
            return None;
        }
        let (mut places, mut last) = ([0; 26], 0);
        for (place, letter) in (0..128).zip(wanted.bytes()) {
            last = 1 << place;
            if let Some(places) = places.get_mut(usize::from(letter - b'a')) {
                *places |= last;
            }
        }
        Some(Self { places, last })
    }

    /// Where the first of such characters end, in bytes.
    pub(crate) fn end_in(&self, text: &str) -> Option<usize> {
        // One bit for each place of the run up to which the characters behind here fit.
        let mut fitting = 0_u128;
        for (at, char) in text.char_indices() {
            fitting = (fitting << 1 | 1) & self.places_of(letters(char));
            if fitting & self.last != 0 {
                return Some(at + char.len_utf8());
            }
        }
        None
    }

    fn places_of(&self, letters: u32) -> u128 {
        let places =
            places(letters).filter_map(|place| self.places.get(usize::try_from(place).ok()?));
        places.fold(0, |all, places| all | places)
    }
}

/// The letters of a set.
pub(crate) fn each(letters: u32) -> impl Iterator<Item = u8> {
    places(letters).filter_map(|place| u8::try_from(place).ok()?.checked_add(b'a'))
}

/// The places of the bits that are set.
fn places(letters: u32) -> impl Iterator<Item = u32> {
    let rest = |letters: &u32| Some(letters & letters.wrapping_sub(1));
    std::iter::successors(Some(letters), rest)
        .take_while(|letters| *letters != 0)
        .map(u32::trailing_zeros)
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
        for (one, expected) in [('婚', "h"), ('行', "hx"), ('b', "b"), ('1', ""), ('（', "")] {
            let all: String = each(letters(one)).map(char::from).collect();
            for letter in expected.chars() {
                assert!(all.contains(letter), "{one}: {all}");
            }
            assert_eq!(expected.is_empty(), all.is_empty(), "{one}: {all}");
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
            assert_eq!(end_in("婚姻登记信息", wanted).is_some(), found, "{wanted}");
        }
        assert_eq!(end_in("银行账户", "yhzh"), Some(12));
        assert_eq!(end_in("a行b", "axb"), Some(5));
    }

    #[test]
    fn a_run_ends_where_its_first_finding_does() {
        // What fits halfway may begin within what did not fit.
        for (text, wanted, end) in [
            ("登登记", "dj", Some(9)),
            ("登登登记", "ddj", Some(12)),
            ("登记\u{1}登记", "djdj", None),
            ("登\u{1}登记", "dj", Some(10)),
        ] {
            assert_eq!(end_in(text, wanted), end, "{text}");
        }
    }

    #[test]
    fn two_letters_are_the_fewest_of_a_run() {
        let most = "h".repeat(128);
        for (wanted, is_run) in [
            ("h", false),
            ("hy", true),
            ("h1", false),
            ("HY", false),
            (most.as_str(), true),
            (&[most.as_str(), "h"].concat(), false),
        ] {
            assert_eq!(Run::of(wanted).is_some(), is_run, "{wanted}");
        }
        assert_eq!(end_in(&"和".repeat(129), &most), Some(384));
    }

    fn end_in(text: &str, wanted: &str) -> Option<usize> {
        Run::of(wanted)?.end_in(text)
    }
}
