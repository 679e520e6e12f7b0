//! The steps that all identifiers share, over clean text.

use super::error::{IdError, IdKind, Reason};

/// Which characters an identifier or a part of it is made of, and how to say so.
pub(super) struct Alphabet {
    pub(super) holds: fn(char) -> bool,
    pub(super) name: &'static str,
}

pub(super) const DIGITS: Alphabet = Alphabet {
    holds: is_digit,
    name: "a digit",
};

pub(super) const CAPITALS: Alphabet = Alphabet {
    holds: is_capital_or_digit,
    name: "a digit or a capital letter",
};

/// Refuses empty text.
pub(super) fn not_empty(kind: IdKind, text: &str) -> Result<(), IdError> {
    if text.is_empty() {
        Err(IdError::new(kind, Reason::Empty))
    } else {
        Ok(())
    }
}

/// Refuses the first character outside the alphabet; `start` is the index of `part` in the text.
pub(super) fn only(
    kind: IdKind,
    part: &str,
    start: usize,
    alphabet: &Alphabet,
) -> Result<(), IdError> {
    let Some((index, found)) = part
        .chars()
        .enumerate()
        .find(|(_, c)| !(alphabet.holds)(*c))
    else {
        return Ok(());
    };
    let capital = found.to_ascii_uppercase();
    let error = if found.is_ascii_lowercase() && (alphabet.holds)(capital) {
        IdError::new(kind, Reason::LowerCase).expected(capital)
    } else {
        IdError::new(kind, Reason::Character).expected(alphabet.name)
    };
    Err(error.at(start + index).found(found))
}

/// Refuses text that is not exactly `length` characters; points at the first surplus one.
pub(super) fn exactly(kind: IdKind, text: &str, length: usize) -> Result<(), IdError> {
    let got = text.chars().count();
    if got == length {
        return Ok(());
    }
    let error =
        IdError::new(kind, Reason::Length).expected(format!("{length} characters, not {got}"));
    Err(if got > length {
        error.at(length)
    } else {
        error
    })
}

/// Compares the check character at `index` with the computed one.
pub(super) fn check_character(
    kind: IdKind,
    text: &str,
    index: usize,
    computed: char,
) -> Result<(), IdError> {
    match text.chars().nth(index) {
        Some(found) if found == computed => Ok(()),
        Some(found) => Err(IdError::new(kind, Reason::CheckCharacter)
            .at(index)
            .found(found)
            .expected(computed)),
        None => Err(IdError::new(kind, Reason::Length)),
    }
}

/// The characters `from..to` of ASCII text; empty where the text is shorter.
///
/// Callers have checked alphabet and length, so the empty answer does not occur.
pub(super) fn slice(text: &str, from: usize, to: usize) -> &str {
    text.get(from..to).unwrap_or_default()
}

fn is_digit(character: char) -> bool {
    character.is_ascii_digit()
}

fn is_capital_or_digit(character: char) -> bool {
    character.is_ascii_digit() || character.is_ascii_uppercase()
}
