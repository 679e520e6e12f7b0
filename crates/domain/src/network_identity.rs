//! Network identity codes 网络身份码: what a person shows instead of an identity number. Never printed.

use std::fmt;

use crate::fault::Cause;

/// The longest code, in bytes. Assumed: no form of it is published.
const MOST: usize = 512;

/// A code as a consumer gave it. It stands for a person as long as it is good, so it has no `Display`,
/// its `Debug` shows nothing, and only a keyed hash of it is ever kept.
#[derive(Clone, PartialEq, Eq)]
pub struct NetworkCode(String);

impl NetworkCode {
    /// Parses the code: 1 to 512 printable ASCII characters without a blank.
    ///
    /// # Errors
    /// `NOT_A_NETWORK_IDENTITY`; never the code.
    pub fn parse(text: &str) -> Result<Self, Cause> {
        let text = text.trim();
        if (1..=MOST).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic()) {
            return Ok(Self(text.to_owned()));
        }
        let message = "a network identity code takes 1 to 512 printable ASCII characters";
        Err(Cause::new("NOT_A_NETWORK_IDENTITY", message))
    }

    /// The code, for the resolver and for nobody else.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for NetworkCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NetworkCode(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_taken_by_its_characters_and_is_not_printed() {
        for (text, good) in [
            ("WH.0a1b-2c_3d", true),
            (" WH ", true),
            (&"x".repeat(512), true),
            (&"x".repeat(513), false),
            ("", false),
            ("a b", false),
            ("网号", false),
            ("a\u{7}", false),
        ] {
            let parsed = NetworkCode::parse(text);
            assert_eq!(parsed.is_ok(), good, "{text}");
            let said = format!("{parsed:?}");
            assert!(!said.contains("0a1b"), "{said}");
        }
    }
}
