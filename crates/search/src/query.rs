//! What is asked, and what is found.

use crate::document::Facet;
use crate::initials::Run;
use crate::text::folded;

/// The longest query, in characters.
const LONGEST: usize = 100;
/// The most terms of a query.
const MOST_TERMS: usize = 8;
/// The most words that one term is looked for by.
const MOST_WORDS: usize = 8;

/// What is typed: terms with spaces between them, all of which must be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    pub(crate) terms: Vec<Term>,
}

/// One term: as it was typed, and the words that mean the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Term {
    pub(crate) typed: String,
    pub(crate) synonyms: Vec<String>,
}

/// Why a query cannot be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueryError {
    /// More than 100 characters.
    TooLong,
    /// More than 8 terms.
    TooManyTerms,
}

/// Groups of words that mean the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Synonyms(Vec<Vec<String>>);

impl Synonyms {
    /// Takes groups, each of two words or more.
    pub fn new(groups: impl IntoIterator<Item = Vec<String>>) -> Self {
        let fold = |group: Vec<String>| group.iter().map(|word| folded(word)).collect();
        Self(groups.into_iter().map(fold).collect())
    }

    /// The same term in other words: whatever stands in it is replaced, the longest word of a group first.
    fn of(&self, term: &str) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        for group in &self.0 {
            let stands = group
                .iter()
                .filter(|word| !word.is_empty() && term.contains(*word));
            let Some(word) = stands.max_by_key(|word| word.len()) else {
                continue;
            };
            for other in group.iter().filter(|other| *other != word) {
                let same = term.replace(word.as_str(), other);
                // What holds the term is found by the term.
                if !same.contains(term) && !found.contains(&same) && found.len() < MOST_WORDS {
                    found.push(same);
                }
            }
        }
        found
    }
}

impl Query {
    /// Whether nothing is looked for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether few things, which no index holds, meet all terms as entries of an index do: by what is typed or a
    /// synonym anywhere, by initials in their titles.
    #[must_use]
    pub fn is_met_by(&self, title: &str, rest: &[&str]) -> bool {
        let title = folded(title);
        let rest: Vec<String> = rest.iter().map(|text| folded(text)).collect();
        let holds =
            |word: &String| title.contains(word) || rest.iter().any(|text| text.contains(word));
        self.terms.iter().all(|term| {
            let begins = || Run::of(&term.typed)?.end_in(&title);
            holds(&term.typed) || term.synonyms.iter().any(holds) || begins().is_some()
        })
    }

    /// Reads what was typed. An empty query finds everything.
    ///
    /// # Errors
    /// [`QueryError`].
    pub fn parse(typed: &str, synonyms: &Synonyms) -> Result<Self, QueryError> {
        if typed.chars().count() > LONGEST {
            return Err(QueryError::TooLong);
        }
        let text = folded(typed);
        let mut terms: Vec<Term> = Vec::new();
        for typed in text.split(' ').filter(|term| !term.is_empty()) {
            if terms.iter().all(|term| term.typed != typed) {
                terms.push(Term {
                    typed: typed.to_owned(),
                    synonyms: synonyms.of(typed),
                });
            }
        }
        if terms.len() > MOST_TERMS {
            return Err(QueryError::TooManyTerms);
        }
        Ok(Self { terms })
    }
}

/// Documents with one of some values of a facet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// The facet.
    pub facet: Facet,
    /// The values; none lets everything pass.
    pub values: Vec<String>,
}

/// A whole question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    /// What was typed.
    pub query: Query,
    /// What may be seen at all: documents with any of these values. None means everything.
    pub visible: Vec<(Facet, String)>,
    /// What it is narrowed to; each filter must let a document pass.
    pub filters: Vec<Filter>,
    /// The facets to count.
    pub count: Vec<Facet>,
    /// How many of the best are left out.
    pub skip: usize,
    /// How many are wanted then.
    pub take: usize,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// How many there are in all.
    pub total: u64,
    /// The wanted ones, the best first.
    pub hits: Vec<Hit>,
    /// How many there are of each value of the counted facets, the most first. The filter of a facet itself
    /// is not applied to its own counts, so that they say what choosing another value would bring.
    pub facets: Vec<(Facet, Vec<(String, u64)>)>,
}

/// One that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Its name.
    pub key: String,
    /// Where the term stands that was found in the least place.
    pub place: Place,
    /// Whether a word was found in the place of a term: a synonym, or initials.
    pub by_other_word: bool,
}

/// Where something stands in a document, the best place first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// In its title.
    Title,
    /// In what one of its parts is called.
    Parts,
    /// Elsewhere.
    Rest,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn synonyms() -> Synonyms {
        let group = |words: &[&str]| words.iter().map(ToString::to_string).collect();
        Synonyms::new([
            group(&["身份证", "居民身份证", "公民身份"]),
            group(&["社保", "社会保险"]),
        ])
    }

    fn typed(query: &Query) -> Vec<&str> {
        query.terms.iter().map(|term| term.typed.as_str()).collect()
    }

    #[test]
    fn terms_stand_between_spaces_and_are_asked_once() {
        let query = Query::parse(" 婚姻　登记 婚姻 ＡＢ", &synonyms()).unwrap();
        assert_eq!(typed(&query), ["婚姻", "登记", "ab"]);
        assert_eq!(Query::parse(" \t", &synonyms()).unwrap().terms, []);
    }

    #[test]
    fn a_term_is_asked_in_other_words_too() {
        for (term, others) in [
            ("社保", &["社会保险"][..]),
            ("社会保险缴费", &["社保缴费"]),
            // Whoever has a residents' identity card has an identity card: it is found by the shorter word.
            ("身份证", &["公民身份"]),
            ("居民身份证", &["身份证", "公民身份"]),
            ("婚姻", &[]),
        ] {
            let query = Query::parse(term, &synonyms()).unwrap();
            assert_eq!(query.terms[0].synonyms, others, "{term}");
        }
    }

    #[test]
    fn what_no_index_holds_is_met_by_the_same_words() {
        let met = |typed: &str| {
            let query = Query::parse(typed, &synonyms()).unwrap();
            query.is_met_by("社会保险缴费记录", &["核验参保 ＡＢ", "社会保险法"])
        };
        for typed in ["", "缴费", "社保", "ab", "shbx", "缴费 参保", "保险法"] {
            assert!(met(typed), "{typed}");
        }
        for typed in ["婚姻", "缴费 婚姻", "hycb", "记录核验"] {
            assert!(!met(typed), "{typed}");
        }
    }

    #[test]
    fn what_is_too_long_is_refused() {
        let most = "婚".repeat(100);
        assert!(Query::parse(&most, &synonyms()).is_ok());
        let refused = Query::parse(&format!("{most}婚"), &synonyms());
        assert_eq!(refused, Err(QueryError::TooLong));
        let terms = |count: u32| {
            (0..count)
                .map(|n| n.to_string())
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert!(Query::parse(&terms(8), &synonyms()).is_ok());
        assert_eq!(
            Query::parse(&terms(9), &synonyms()),
            Err(QueryError::TooManyTerms)
        );
    }
}
