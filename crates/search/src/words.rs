//! The documents that hold a word, and those that meet a term in one word or another.

use std::num::NonZeroUsize;
use std::thread::{self, ScopedJoinHandle};

use memchr::memmem::Finder;
use roaring::{MultiOps as _, RoaringBitmap};

use crate::grams::{Gram, pairs};
use crate::index::{Index, Letters, Sets, Text};
use crate::initials::Run;
use crate::query::Term;
use crate::text::BREAK;

/// How well a term is met: at the beginning of the title, and then by the place of what was found, the typed
/// word before another one.
pub(crate) const CLASSES: usize = 7;

/// Threads that read documents for one query, at most.
const READERS: usize = 4;

/// Documents that are read by one thread alone: fewer cost less than a thread.
const ALONE: usize = if cfg!(test) { 2 } else { 20_000 };

/// The documents that meet a term so well or better, the best class first.
pub(crate) type Classes = [RoaringBitmap; CLASSES];

impl Index {
    /// The documents that meet a term. Only the first of several can stand at the beginning.
    pub(crate) fn meeting(&self, term: &Term, is_first: bool) -> Classes {
        let typed = self.holding(&term.typed);
        let at_once = if is_first {
            self.begun_by(&term.typed)
        } else {
            typed.title.clone()
        };
        let mut other = self.beginning(&term.typed);
        for word in &term.synonyms {
            let sets = self.holding(word);
            other.title |= sets.title;
            other.parts |= sets.parts;
            other.whole |= sets.whole;
        }
        let steps = [
            at_once,
            typed.title,
            other.title,
            typed.parts,
            other.parts,
            typed.whole,
            other.whole,
        ];
        let mut so_far = RoaringBitmap::new();
        steps.map(|step| {
            so_far |= step;
            so_far.clone()
        })
    }

    /// The documents that hold a word.
    fn holding(&self, word: &str) -> Sets {
        let mut characters = word.chars();
        match (characters.next(), characters.next(), characters.next()) {
            (None, ..) => Sets::default(),
            (Some(only), None, _) => self.holding_character(only),
            (Some(first), Some(second), None) => {
                let sets = self.grams.get(&Gram::new(first, second));
                sets.cloned().unwrap_or_default()
            }
            _ => self.holding_text(word),
        }
    }

    /// Every character is followed by another one, or by a break.
    fn holding_character(&self, character: char) -> Sets {
        let followers = self.followers.get(&character).into_iter().flatten();
        let pairs = followers.filter_map(|next| self.grams.get(&Gram::new(character, *next)));
        let all: Vec<&Sets> = pairs.collect();
        Sets {
            title: all.iter().map(|sets| &sets.title).union(),
            parts: all.iter().map(|sets| &sets.parts).union(),
            whole: all.iter().map(|sets| &sets.whole).union(),
        }
    }

    /// Documents that hold all pairs of a text, read for the text itself.
    fn holding_text(&self, text: &str) -> Sets {
        let sets = pairs(text).map(|(first, second)| {
            let sets = self.grams.get(&Gram::new(first, second));
            sets.map(|sets| &sets.whole)
        });
        let Some(candidates) = sets.collect::<Option<Vec<_>>>().and_then(common) else {
            return Sets::default();
        };
        let finder = Finder::new(text);
        self.read_for(candidates, |held| finder.find(held.all.as_bytes()))
    }

    /// Reads documents for something that is found at a place of their texts.
    fn read_for(
        &self,
        candidates: RoaringBitmap,
        found_at: impl Fn(&Text<'_>) -> Option<usize> + Sync,
    ) -> Sets {
        let candidates: Vec<u32> = candidates.into_iter().collect();
        // Beside each other: of many candidates it is memory that one core waits for.
        let cores = thread::available_parallelism()
            .map_or(1, NonZeroUsize::get)
            .min(READERS);
        let share = candidates.len().div_ceil(cores).max(ALONE);
        let read = thread::scope(|scope| {
            let readers: Vec<_> = candidates
                .chunks(share)
                .skip(1)
                .map(|chunk| scope.spawn(|| self.reading(&found_at, chunk)))
                .collect();
            let first = candidates.chunks(share).next().unwrap_or_default();
            let mut read = vec![self.reading(&found_at, first)];
            read.extend(readers.into_iter().map(joined));
            read
        });
        let mut all = Sets::default();
        for sets in read {
            all.title |= sets.title;
            all.parts |= sets.parts;
            all.whole |= sets.whole;
        }
        all
    }

    /// Reads documents, in the order of their numbers.
    fn reading(&self, found_at: impl Fn(&Text<'_>) -> Option<usize>, candidates: &[u32]) -> Sets {
        let (mut title, mut parts, mut whole) = (Vec::new(), Vec::new(), Vec::new());
        for number in candidates {
            let Some(held) = self.text(*number) else {
                continue;
            };
            let Some(at) = found_at(&held) else {
                continue;
            };
            whole.push(*number);
            if at < held.parts_end {
                parts.push(*number);
            }
            if at < held.title_end {
                title.push(*number);
            }
        }
        Sets {
            title: title.into_iter().collect(),
            parts: parts.into_iter().collect(),
            whole: whole.into_iter().collect(),
        }
    }

    /// Documents whose title begins with a word.
    fn begun_by(&self, word: &str) -> RoaringBitmap {
        let mut characters = word.chars();
        let gram = match (characters.next(), characters.next()) {
            (Some(first), Some(second)) => Gram::new(first, second),
            (Some(only), None) => Gram::new(BREAK, only),
            (None, _) => return RoaringBitmap::new(),
        };
        let Some(begun) = self.beginnings.get(&gram) else {
            return RoaringBitmap::new();
        };
        if characters.next().is_none() {
            return begun.clone();
        }
        let begins = |number: &u32| {
            let held = self.text(*number);
            held.is_some_and(|held| held.all.starts_with(word))
        };
        begun.iter().filter(begins).collect()
    }

    /// Documents in whose title, parts or names neighbouring characters begin with these letters.
    fn beginning(&self, word: &str) -> Sets {
        let Some(run) = Run::of(word) else {
            return Sets::default();
        };
        let mut found = self.called(word, &run);
        found.whole |= &found.parts;
        for (name, documents) in &self.names {
            if run.end_in(name).is_some() {
                found.whole |= documents;
            }
        }
        found
    }

    /// Those in whose title or parts they do.
    fn called(&self, word: &str, run: &Run) -> Sets {
        let runs: Vec<Letters> = match *word.as_bytes() {
            [first, second] => vec![[first, second, 0]],
            ref longer => longer.array_windows().copied().collect(),
        };
        let sets = runs.iter().map(|letters| self.initials.get(letters));
        let Some(sets) = sets.collect::<Option<Vec<_>>>() else {
            return Sets::default();
        };
        if let [only] = sets.as_slice() {
            return Sets {
                title: only.title.clone(),
                parts: only.parts.clone(),
                ..Sets::default()
            };
        }
        let candidates = common(sets.into_iter().map(|sets| &sets.parts).collect());
        self.read_for(candidates.unwrap_or_default(), |held| {
            run.end_in(held.called())
        })
    }
}

fn joined<T>(reader: ScopedJoinHandle<'_, T>) -> T {
    reader
        .join()
        .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// What all sets have in common, beginning with the smallest.
fn common(mut sets: Vec<&RoaringBitmap>) -> Option<RoaringBitmap> {
    sets.sort_unstable_by_key(|set| set.len());
    let (first, others) = sets.split_first()?;
    let mut all = RoaringBitmap::clone(first);
    for set in others {
        if all.is_empty() {
            break;
        }
        all &= *set;
    }
    Some(all)
}
