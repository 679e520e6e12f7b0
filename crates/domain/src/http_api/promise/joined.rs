//! Promises of one value by several schemas: all of them, or one.

use std::collections::BTreeSet;

use super::{Kind, Members, Names, Promise};
use crate::http_api::schema::NAMES;

impl Promise {
    /// Both are said of one value.
    pub(super) fn and(self, other: Self) -> Self {
        let elements = match (self.elements, other.elements) {
            (Some(one), Some(other)) => Some(Box::new(one.and(*other))),
            (one, other) => one.or(other),
        };
        Self {
            kinds: self.kinds.both(other.kinds),
            elements,
            object: self.object.and(other.object),
            write_only: self.write_only || other.write_only,
        }
    }

    /// One of both is said of a value. What is said of objects concerns only those that may be one.
    pub(super) fn or(self, other: Self) -> Self {
        let each = |kinds: Kind| (self.kinds.has(kinds), other.kinds.has(kinds));
        let object = match each(Kind::Object) {
            (true, true) => self.object.or(other.object),
            (true, false) => self.object,
            (false, _) => other.object,
        };
        let elements = match each(Kind::Array) {
            (true, true) => match (self.elements, other.elements) {
                (Some(one), Some(other)) => Some(Box::new(one.or(*other))),
                _ => None,
            },
            (true, false) => self.elements,
            (false, _) => other.elements,
        };
        Self {
            kinds: self.kinds.either(other.kinds),
            elements,
            object,
            write_only: self.write_only || other.write_only,
        }
    }
}

impl Members {
    fn and(mut self, other: Self) -> Self {
        for (name, promise) in other.of {
            let promise = match self.of.remove(&name) {
                Some(own) => own.and(promise),
                None => promise,
            };
            self.of.insert(name, promise);
        }
        self.required.extend(other.required);
        self.names = match (self.names, other.names) {
            (Names::Open, _) | (_, Names::Open) => Names::Open,
            (Names::Silent, names) | (names, Names::Silent) => names,
            (Names::Described(one), Names::Described(other)) => described(one, other),
        };
        self
    }

    fn or(mut self, mut other: Self) -> Self {
        let all = std::mem::take(&mut self.of).into_iter();
        self.of = all
            .filter_map(|(name, own)| Some((other.of.remove(&name)?, name, own)))
            .map(|(promise, name, own)| (name, own.or(promise)))
            .collect();
        self.required.retain(|name| other.required.contains(name));
        self.names = match (self.names, other.names) {
            (Names::Silent, Names::Silent) => Names::Silent,
            (Names::Described(one), Names::Described(other)) => described(one, other),
            // One of them may have any.
            _ => Names::Open,
        };
        self
    }
}

/// Names that are described by either; too many are as good as any.
pub(super) fn described(mut one: BTreeSet<String>, other: BTreeSet<String>) -> Names {
    one.extend(other);
    if one.len() > NAMES {
        return Names::Open;
    }
    Names::Described(one)
}
