//! The best of a set, in an order that is the same on every gateway.

use std::cmp::Ordering;

use roaring::RoaringBitmap;

use crate::index::{Index, Order};

/// A document with what it is ordered by.
type Ranked = (Order, u32);

impl Index {
    /// The documents at the places `skip..skip + take` of a set's order: by the length of the title, then by
    /// name.
    pub(crate) fn best(&self, set: &RoaringBitmap, skip: usize, take: usize) -> Vec<u32> {
        let wanted = skip.saturating_add(take);
        // Twice as many as are wanted, and the better half of them time and again: most of a large set is
        // compared with the worst of these once, and that is all.
        let mut best: Vec<Ranked> = Vec::new();
        let mut worst = Order::MAX;
        for number in set {
            let order = self.order(number);
            if order <= worst {
                best.push((order, number));
                if best.len() >= wanted.saturating_mul(2).max(64) {
                    worst = self.keep(&mut best, wanted).unwrap_or(worst);
                }
            }
        }
        self.keep(&mut best, wanted);
        best.sort_unstable_by(|a, b| self.compare(a, b));
        best.into_iter()
            .skip(skip)
            .map(|(_, number)| number)
            .collect()
    }

    /// Keeps so many of the best, and says what the worst of them is ordered by.
    fn keep(&self, ranked: &mut Vec<Ranked>, wanted: usize) -> Option<Order> {
        let last = wanted.checked_sub(1)?;
        if last >= ranked.len() {
            return None;
        }
        let (_, (order, _), _) = ranked.select_nth_unstable_by(last, |a, b| self.compare(a, b));
        let worst = *order;
        ranked.truncate(wanted);
        Some(worst)
    }

    /// Names that begin with the same 15 bytes are compared whole.
    fn compare(&self, (a, first): &Ranked, (b, second): &Ranked) -> Ordering {
        a.cmp(b)
            .then_with(|| self.key(*first).cmp(&self.key(*second)))
    }
}
