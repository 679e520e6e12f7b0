//! The index: documents, and the sets in which they are.

use std::collections::{BTreeMap, HashMap, HashSet};

use roaring::RoaringBitmap;

use crate::document::{Document, Facet, Folded};
use crate::grams::{Gram, pairs};
use crate::initials::{each, letters};
use crate::text::BREAK;
use crate::texts::{Span, Texts};

/// Documents that can be searched. A million of 120 characters take about a gigabyte.
#[derive(Debug, Default)]
pub struct Index {
    /// By name: the number of each document.
    pub(crate) numbers: BTreeMap<String, u32>,
    documents: Vec<Option<Slot>>,
    texts: Texts,
    /// Numbers of removed documents, for the next ones.
    free: Vec<u32>,
    /// What results are ordered by, beside each other: reading the documents for it would be slow.
    orders: Vec<Order>,
    pub(crate) all: RoaringBitmap,
    pub(crate) grams: HashMap<Gram, Sets>,
    /// The characters that follow a character somewhere, for queries of one.
    pub(crate) followers: HashMap<char, HashSet<char>>,
    /// The first pair of titles, and their first character behind a break.
    pub(crate) beginnings: HashMap<Gram, RoaringBitmap>,
    /// Two and three neighbouring initials of titles and of parts: pairs alone are so frequent that most texts would
    /// be read for a third.
    pub(crate) initials: HashMap<Letters, Spoken>,
    /// The documents of each name of others. They are few, so their initials are read off.
    pub(crate) names: HashMap<String, RoaringBitmap>,
    pub(crate) facets: HashMap<Facet, BTreeMap<String, RoaringBitmap>>,
}

/// The documents that hold something, by place: each set holds the one before it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Sets {
    pub(crate) title: RoaringBitmap,
    pub(crate) parts: RoaringBitmap,
    pub(crate) whole: RoaringBitmap,
}

/// Two letters and a blank, or three.
pub(crate) type Letters = [u8; 3];

/// The documents that hold such initials, by place: the second set holds the first.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Spoken {
    pub(crate) title: RoaringBitmap,
    pub(crate) parts: RoaringBitmap,
}

/// The length of the title, then the first 15 bytes of the name: short titles say most exactly what
/// something is.
pub(crate) type Order = u128;

/// A document in its place.
#[derive(Debug)]
struct Slot {
    key: String,
    span: Span,
    title_end: usize,
    parts_end: usize,
    names_end: usize,
    facets: Vec<(Facet, String)>,
}

/// The text of a document, with where its parts end.
pub(crate) struct Text<'a> {
    pub(crate) all: &'a str,
    pub(crate) title_end: usize,
    pub(crate) parts_end: usize,
}

impl Text<'_> {
    /// The title and the parts, with their breaks.
    pub(crate) fn called(&self) -> &str {
        self.all.get(..self.parts_end).unwrap_or_default()
    }
}

/// Where a pair stands: 0 in the title, 1 in the parts, 2 in the rest.
type Level = u8;

impl Index {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many documents there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// Puts a document in, in the place of the one of its name.
    pub fn put(&mut self, document: Document) {
        self.remove(&document.key);
        let folded = Folded::of(document);
        let number = self.number();
        for (gram, level) in leveled(&folded) {
            let sets = self.grams.entry(gram).or_default();
            sets.whole.insert(number);
            if level <= 1 {
                sets.parts.insert(number);
            }
            if level == 0 {
                sets.title.insert(number);
            }
        }
        for (first, second) in pairs(&folded.text).filter(|(first, _)| *first != BREAK) {
            self.followers.entry(first).or_default().insert(second);
        }
        for gram in first_grams(folded.title()) {
            self.beginnings.entry(gram).or_default().insert(number);
        }
        for (letters, level) in initials_of(&folded) {
            let sets = self.initials.entry(letters).or_default();
            sets.parts.insert(number);
            if level == 0 {
                sets.title.insert(number);
            }
        }
        for name in folded.names() {
            match self.names.get_mut(name) {
                Some(set) => set.insert(number),
                None => self
                    .names
                    .entry(name.to_owned())
                    .or_default()
                    .insert(number),
            };
        }
        for (facet, value) in &folded.facets {
            let values = self.facets.entry(facet).or_default();
            values.entry(value.clone()).or_default().insert(number);
        }
        self.all.insert(number);
        self.numbers.insert(folded.key.clone(), number);
        self.settle(number, folded);
    }

    /// Takes a document out, if it is there.
    pub fn remove(&mut self, key: &str) {
        let Some(number) = self.numbers.remove(key) else {
            return;
        };
        let place = usize::try_from(number).unwrap_or(usize::MAX);
        let Some(slot) = self.documents.get_mut(place).and_then(Option::take) else {
            return;
        };
        let folded = Folded {
            key: slot.key,
            text: self.texts.get(&slot.span).to_owned(),
            title_end: slot.title_end,
            parts_end: slot.parts_end,
            names_end: slot.names_end,
            facets: slot.facets,
        };
        self.texts.remove(&slot.span);
        for (gram, _) in leveled(&folded) {
            if let Some(sets) = self.grams.get_mut(&gram) {
                sets.title.remove(number);
                sets.parts.remove(number);
                sets.whole.remove(number);
                if sets.whole.is_empty() {
                    self.grams.remove(&gram);
                }
            }
        }
        for gram in first_grams(folded.title()) {
            if let Some(set) = self.beginnings.get_mut(&gram) {
                set.remove(number);
            }
        }
        for (letters, _) in initials_of(&folded) {
            if let Some(sets) = self.initials.get_mut(&letters) {
                sets.title.remove(number);
                sets.parts.remove(number);
            }
        }
        for name in folded.names() {
            if let Some(set) = self.names.get_mut(name) {
                set.remove(number);
                if set.is_empty() {
                    self.names.remove(name);
                }
            }
        }
        for (facet, value) in &folded.facets {
            let values = self.facets.get_mut(facet);
            if let Some(set) = values.and_then(|values| values.get_mut(value)) {
                set.remove(number);
            }
        }
        self.all.remove(number);
        self.free.push(number);
        let slots = self.documents.iter_mut().flatten();
        self.texts.close_gaps(slots.map(|slot| &mut slot.span));
    }

    /// The names of the documents that have a value, in the order of their numbers.
    pub fn having(&self, facet: Facet, value: &str) -> Vec<String> {
        let values = self.facets.get(facet);
        let numbers = values.and_then(|values| values.get(value));
        let keys = numbers.into_iter().flatten();
        keys.filter_map(|number| self.key(number))
            .map(str::to_owned)
            .collect()
    }

    /// The name of a document.
    pub(crate) fn key(&self, number: u32) -> Option<&str> {
        self.slot(number).map(|slot| slot.key.as_str())
    }

    /// The text of a document.
    pub(crate) fn text(&self, number: u32) -> Option<Text<'_>> {
        let slot = self.slot(number)?;
        Some(Text {
            all: self.texts.get(&slot.span),
            title_end: slot.title_end,
            parts_end: slot.parts_end,
        })
    }

    /// What a document is ordered by.
    pub(crate) fn order(&self, number: u32) -> Order {
        let place = usize::try_from(number).unwrap_or(usize::MAX);
        self.orders.get(place).copied().unwrap_or(Order::MAX)
    }

    fn slot(&self, number: u32) -> Option<&Slot> {
        let place = usize::try_from(number).ok()?;
        self.documents.get(place)?.as_ref()
    }

    /// A number for the next document.
    fn number(&mut self) -> u32 {
        self.free.pop().unwrap_or_else(|| {
            self.documents.push(None);
            self.orders.push(0);
            // As many documents as have numbers fit into no memory.
            u32::try_from(self.documents.len() - 1).unwrap_or(u32::MAX)
        })
    }

    fn settle(&mut self, number: u32, folded: Folded) {
        let place = usize::try_from(number).unwrap_or(usize::MAX);
        if let Some(order) = self.orders.get_mut(place) {
            *order = order_of(&folded);
        }
        if let Some(slot) = self.documents.get_mut(place) {
            *slot = Some(Slot {
                span: self.texts.push(&folded.text),
                key: folded.key,
                title_end: folded.title_end,
                parts_end: folded.parts_end,
                names_end: folded.names_end,
                facets: folded.facets,
            });
        }
    }
}

/// Each pair of a document once, with the best place in which it stands.
fn leveled(folded: &Folded) -> Vec<(Gram, Level)> {
    let parts = [
        (0..folded.title_end, 0),
        (folded.title_end..folded.parts_end, 1),
        (folded.parts_end..folded.text.len(), 2),
    ];
    let mut all: Vec<(Gram, Level)> = Vec::with_capacity(folded.text.len() / 2);
    for (range, level) in parts {
        let text = folded.text.get(range).unwrap_or_default();
        let pairs = pairs(text).filter(|(first, _)| *first != BREAK);
        all.extend(pairs.map(|(first, second)| (Gram::new(first, second), level)));
    }
    all.sort_unstable();
    all.dedup_by_key(|(gram, _)| *gram);
    all
}

/// Each two and three letters by which neighbouring characters of the title or of a part may begin, once, with the
/// best place in which they stand.
fn initials_of(folded: &Folded) -> Vec<(Letters, Level)> {
    let parts = [
        (0..folded.title_end, 0),
        (folded.title_end..folded.parts_end, 1),
    ];
    let mut all: Vec<(Letters, Level)> = Vec::with_capacity(folded.parts_end);
    for (range, level) in parts {
        let text = folded.text.get(range).unwrap_or_default();
        let mut before = [0; 2];
        for last in text.chars().map(letters) {
            let [first, second] = before;
            for b in each(second) {
                all.extend(each(last).map(|c| ([b, c, 0], level)));
                for a in each(first) {
                    all.extend(each(last).map(|c| ([a, b, c], level)));
                }
            }
            before = [second, last];
        }
    }
    all.sort_unstable();
    all.dedup_by_key(|(letters, _)| *letters);
    all
}

/// By what a title begins: its first pair, and its first character alone.
fn first_grams(title: &str) -> impl Iterator<Item = Gram> {
    let pair = pairs(title).next().filter(|(first, _)| *first != BREAK);
    let both = pair.map(|(first, second)| [Gram::new(first, second), Gram::new(BREAK, first)]);
    both.into_iter().flatten()
}

fn order_of(folded: &Folded) -> Order {
    let mut bytes = [0; 16];
    let all = std::iter::once(folded.title_length()).chain(folded.key.bytes());
    for (to, from) in bytes.iter_mut().zip(all) {
        *to = from;
    }
    Order::from_be_bytes(bytes)
}
