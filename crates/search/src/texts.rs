//! All texts one behind the other: reading many of them reads memory in its order.

use std::ops::Range;

/// Texts that come and go.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    all: String,
    /// Bytes of texts that went.
    gone: usize,
}

/// Where a text lies.
pub(crate) type Span = Range<usize>;

impl Texts {
    pub(crate) fn get(&self, span: &Span) -> &str {
        self.all.get(span.clone()).unwrap_or_default()
    }

    pub(crate) fn push(&mut self, text: &str) -> Span {
        let start = self.all.len();
        self.all.push_str(text);
        start..self.all.len()
    }

    pub(crate) fn remove(&mut self, span: &Span) {
        self.gone = self.gone.saturating_add(span.len());
    }

    /// Moves the texts that are left together, once more have gone than are left.
    pub(crate) fn close_gaps<'a>(&mut self, spans: impl Iterator<Item = &'a mut Span>) {
        if self.gone <= self.all.len() / 2 {
            return;
        }
        let mut closed = Self::default();
        for span in spans {
            *span = closed.push(self.get(span));
        }
        *self = closed;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_stay_what_they_are_when_gaps_are_closed() {
        let mut texts = Texts::default();
        let mut spans: Vec<Span> = ["婚姻", "登记", "不动产", ""]
            .iter()
            .map(|text| texts.push(text))
            .collect();
        texts.close_gaps(spans.iter_mut());
        assert_eq!(texts.all, "婚姻登记不动产");
        for span in spans.drain(..2) {
            texts.remove(&span);
        }
        texts.close_gaps(spans.iter_mut());
        let left: Vec<&str> = spans.iter().map(|span| texts.get(span)).collect();
        assert_eq!((left, texts.all.as_str()), (vec!["不动产", ""], "不动产"));
    }
}
