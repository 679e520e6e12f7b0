//! What is searched for.

use crate::text::{BREAK, folded};

/// A property with few values, by which results are counted and narrowed.
pub type Facet = &'static str;

/// One thing to be found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    /// Its name, unique in the index. Of equals in rank the first by name comes first.
    pub key: String,
    /// What it is called.
    pub title: String,
    /// What its parts are called.
    pub parts: Vec<String>,
    /// Everything else that is said of it.
    pub rest: Vec<String>,
    /// Names of others by which it is looked for too, such as its owner's: few in all, each of many documents.
    pub names: Vec<String>,
    /// Its values, at most one of each facet.
    pub facets: Vec<(Facet, String)>,
}

/// The same as it is compared: one text, the title first, then the parts, then the names, then the rest.
#[derive(Clone, Debug)]
pub(crate) struct Folded {
    pub(crate) key: String,
    pub(crate) text: String,
    /// Where the title ends in the text, where the parts do, and where the names do; each with its break.
    pub(crate) title_end: usize,
    pub(crate) parts_end: usize,
    pub(crate) names_end: usize,
    pub(crate) facets: Vec<(Facet, String)>,
}

impl Folded {
    pub(crate) fn of(document: Document) -> Self {
        let mut text = String::new();
        let push = |text: &mut String, part: &str| {
            text.push_str(&folded(part));
            text.push(BREAK);
        };
        push(&mut text, &document.title);
        let title_end = text.len();
        for part in &document.parts {
            push(&mut text, part);
        }
        let parts_end = text.len();
        for name in &document.names {
            push(&mut text, name);
        }
        let names_end = text.len();
        for part in &document.rest {
            push(&mut text, part);
        }
        Self {
            key: document.key,
            text,
            title_end,
            parts_end,
            names_end,
            facets: document.facets,
        }
    }

    /// The title with its break.
    pub(crate) fn title(&self) -> &str {
        self.text.get(..self.title_end).unwrap_or_default()
    }

    /// The names of others.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let names = self.text.get(self.parts_end..self.names_end);
        let each = names.unwrap_or_default().split(BREAK);
        each.filter(|name| !name.is_empty())
    }

    /// Characters of the title.
    pub(crate) fn title_length(&self) -> u8 {
        u8::try_from(self.title().chars().count() - 1).unwrap_or(u8::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_has_the_title_then_the_parts_then_the_names_then_the_rest() {
        let folded = Folded::of(Document {
            key: "resources/1".to_owned(),
            title: "婚姻登记 Ａ".to_owned(),
            parts: vec!["姓名".to_owned(), "日期".to_owned()],
            rest: vec!["结婚".to_owned()],
            names: vec!["民政局".to_owned(), String::new()],
            facets: Vec::new(),
        });
        let text = "婚姻登记 a\u{1}姓名\u{1}日期\u{1}民政局\u{1}\u{1}结婚\u{1}";
        assert_eq!(folded.text, text);
        assert_eq!(folded.title(), "婚姻登记 a\u{1}");
        assert_eq!(folded.title_length(), 6);
        assert!(folded.text[..folded.parts_end].ends_with("日期\u{1}"));
        assert_eq!(folded.names().collect::<Vec<_>>(), ["民政局"]);
    }
}
