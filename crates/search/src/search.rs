//! From a question to what is found.

use roaring::RoaringBitmap;

use crate::document::Facet;
use crate::index::Index;
use crate::query::{Filter, Found, Hit, Place, Query, Search};
use crate::words::{CLASSES, Classes};

impl Index {
    /// Answers a question: how many there are, the best of them, and how many of each value.
    #[must_use]
    pub fn search(&self, search: &Search) -> Found {
        let classes = self.classes(&search.query);
        let matching = classes.as_ref().map_or(&self.all, |classes| {
            let [.., last] = classes;
            last
        });
        let visible = self.visible(&search.visible);
        let seen = matching & &visible;
        let filters: Vec<(Facet, RoaringBitmap)> = search
            .filters
            .iter()
            .filter_map(|filter| self.passing(filter))
            .collect();
        let narrowed = |but: Option<Facet>| {
            let applied = filters.iter().filter(|(facet, _)| Some(*facet) != but);
            applied.fold(seen.clone(), |set, (_, passing)| set & passing)
        };
        let found = narrowed(None);
        Found {
            total: found.len(),
            hits: match &classes {
                Some(classes) => self.ranked(search, classes, &found),
                None => self.in_order(search, &found),
            },
            facets: search
                .count
                .iter()
                .map(|facet| (*facet, self.counts(facet, &narrowed(Some(facet)))))
                .collect(),
        }
    }

    /// The documents that meet all terms, by how well they meet the one that they meet least. None without a
    /// term.
    fn classes(&self, query: &Query) -> Option<Classes> {
        let (first, others) = query.terms.split_first()?;
        let first = self.meeting(first, true);
        let each = others.iter().map(|term| self.meeting(term, false));
        Some(each.fold(first, |mut all, classes| {
            for (set, other) in all.iter_mut().zip(classes) {
                *set &= other;
            }
            all
        }))
    }

    fn visible(&self, values: &[(Facet, String)]) -> RoaringBitmap {
        if values.is_empty() {
            return self.all.clone();
        }
        let mut all = RoaringBitmap::new();
        for (facet, value) in values {
            if let Some(set) = self.facets.get(facet).and_then(|values| values.get(value)) {
                all |= set;
            }
        }
        all
    }

    fn passing(&self, filter: &Filter) -> Option<(Facet, RoaringBitmap)> {
        if filter.values.is_empty() {
            return None;
        }
        let values: Vec<_> = filter
            .values
            .iter()
            .map(|value| (filter.facet, value.clone()))
            .collect();
        Some((filter.facet, self.visible(&values)))
    }

    fn counts(&self, facet: &Facet, set: &RoaringBitmap) -> Vec<(String, u64)> {
        let values = self.facets.get(facet).into_iter().flatten();
        let mut counts: Vec<(String, u64)> = values
            .map(|(value, documents)| (value.clone(), documents.intersection_len(set)))
            .filter(|(_, count)| *count > 0)
            .collect();
        counts.sort_by(|(a, some), (b, others)| others.cmp(some).then_with(|| a.cmp(b)));
        counts
    }

    /// The wanted ones, class by class.
    fn ranked(&self, search: &Search, classes: &Classes, found: &RoaringBitmap) -> Vec<Hit> {
        let (mut skip, mut hits) = (search.skip, Vec::new());
        let mut better = RoaringBitmap::new();
        for (class, set) in (0..CLASSES).zip(classes) {
            let missing = search.take.saturating_sub(hits.len());
            if missing == 0 {
                break;
            }
            let so_far = set & found;
            let here = &so_far - &better;
            better = so_far;
            let count = usize::try_from(here.len()).unwrap_or(usize::MAX);
            if skip >= count {
                skip -= count;
                continue;
            }
            let best = self.best(&here, skip, missing);
            hits.extend(
                best.into_iter()
                    .filter_map(|number| self.hit(number, class)),
            );
            skip = 0;
        }
        hits
    }

    /// Without a term everything is found, in the order of names.
    fn in_order(&self, search: &Search, found: &RoaringBitmap) -> Vec<Hit> {
        let numbers = self
            .numbers
            .values()
            .filter(|number| found.contains(**number));
        let wanted = numbers.skip(search.skip).take(search.take);
        wanted.filter_map(|number| self.hit(*number, 0)).collect()
    }

    fn hit(&self, number: u32, class: usize) -> Option<Hit> {
        let (place, by_other_word) = match class {
            0 | 1 => (Place::Title, false),
            2 => (Place::Title, true),
            3 => (Place::Parts, false),
            4 => (Place::Parts, true),
            5 => (Place::Rest, false),
            _ => (Place::Rest, true),
        };
        Some(Hit {
            key: self.key(number)?.to_owned(),
            place,
            by_other_word,
        })
    }
}
