//! Pairs of neighbouring characters.

/// Two characters that follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Gram(u64);

impl Gram {
    pub(crate) fn new(first: char, second: char) -> Self {
        Self(u64::from(u32::from(first)) << 32 | u64::from(u32::from(second)))
    }
}

/// The pairs of a text, in its order, repeated ones included.
pub(crate) fn pairs(text: &str) -> impl Iterator<Item = (char, char)> {
    text.chars().zip(text.chars().skip(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_one_pair_fewer_than_characters() {
        let all: Vec<_> = pairs("婚姻登记").collect();
        assert_eq!(all, [('婚', '姻'), ('姻', '登'), ('登', '记')]);
        assert_eq!(pairs("婚").count() + pairs("").count(), 0);
    }

    #[test]
    fn different_pairs_are_different_grams() {
        let all = [
            ('a', 'b'),
            ('b', 'a'),
            ('婚', '姻'),
            ('𠀀', '婚'),
            ('婚', '𠀀'),
        ];
        let grams: std::collections::HashSet<_> = all
            .iter()
            .map(|(first, second)| Gram::new(*first, *second))
            .collect();
        assert_eq!(grams.len(), all.len());
    }
}
