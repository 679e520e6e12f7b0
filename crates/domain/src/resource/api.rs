//! What a next version changes in how the methods of an entry are called, and in what they give.
//!
//! The gateway passes the provider's bytes through: whoever calls sees each place that moves and each message that is
//! made otherwise.

use std::collections::{BTreeMap, BTreeSet};

use prost_reflect::MethodDescriptor;

use super::{Change, Resource};
use crate::drift::{self, against_description, against_whole_description};
use crate::http_api::{self, Document};
use crate::interface::{Descriptors, Method};
use crate::item::ItemKey;
use crate::mask::FieldPath;
use crate::name::InterfaceId;
use crate::operation::{Api, Operation};
use crate::snapshot::Snapshot;

/// The changes of the API of an entry, and whose calls they break.
#[derive(Debug, Default)]
pub(super) struct ApiChanges {
    /// Field by field.
    pub(super) changes: Vec<Change>,
    /// Items that stand elsewhere in the answers of a method, or nowhere any more.
    pub(super) moved: BTreeSet<ItemKey>,
    /// Every call may fail: a method is gone, or takes or gives something else, or nobody can tell.
    pub(super) whole: bool,
    /// Lines that tell of messages.
    of_messages: usize,
}

/// The descriptions before and after, with the documents where they are such.
struct Both<'a> {
    was: &'a Descriptors,
    is: &'a Descriptors,
    documents: Option<(Document, Document)>,
}

impl<'a> Both<'a> {
    fn of(was: &'a Descriptors, is: &'a Descriptors) -> Option<Self> {
        let documents = was.document().zip(is.document());
        let alike = was.is_openapi() == is.is_openapi();
        alike.then_some(Self { was, is, documents })
    }
}

impl ApiChanges {
    /// Compares the methods of two versions; the descriptions of their interfaces are in the snapshot.
    pub(super) fn between(before: &Resource, after: &Resource, snapshot: &Snapshot) -> Self {
        let mut found = Self::default();
        let both = found.interface(before.api.as_ref(), after.api.as_ref(), snapshot);
        let [was, is] = [before, after].map(|resource| {
            let api = resource.api.as_ref();
            api.map_or(&[][..], |api| api.operations.as_slice())
        });
        for own in was {
            match is.iter().find(|other| other.method == own.method) {
                None => found.breaks_all(&at(own), own.method.as_str(), ""),
                Some(now) => {
                    found.places(own, now);
                    found.structure(own, now);
                    if let Some(both) = &both {
                        found.messages(own, both);
                    }
                }
            }
        }
        for new in is {
            if !was.iter().any(|other| other.method == new.method) {
                found.line(&at(new), "", new.method.as_str(), false);
            }
        }
        found
    }

    /// Another interface, and both descriptions where they can be compared: not those of a gRPC service and of one that
    /// speaks HTTP and JSON.
    fn interface<'a>(
        &mut self,
        before: Option<&Api>,
        after: Option<&Api>,
        snapshot: &'a Snapshot,
    ) -> Option<Both<'a>> {
        let [was, is] = [before, after].map(|api| api.map(|api| &api.interface));
        if was == is {
            return None;
        }
        let [own, now] = [was, is].map(|name| {
            let interface = name.and_then(|name| snapshot.interface(name));
            interface.map(|interface| &interface.descriptors)
        });
        let both = own.zip(now).and_then(|(own, now)| Both::of(own, now));
        let [before, after] = [was, is].map(|name| name.map(InterfaceId::path).unwrap_or_default());
        if was.is_some() && both.is_none() {
            self.breaks_all("api.interface", &before, &after);
        } else {
            self.line("api.interface", &before, &after, false);
        }
        both
    }

    /// Where each item stands in the answer of a method.
    fn places(&mut self, own: &Operation, now: &Operation) {
        let (was, is) = (by_item(own), by_item(now));
        let nowhere = BTreeSet::new();
        for (item, places) in &was {
            let left = is.get(item).unwrap_or(&nowhere);
            let moves = !all_within(places, left);
            let field = format!("{}.fields[{item}]", at(own));
            self.line(&field, &joined(places), &joined(left), moves);
            if moves {
                self.moved.insert((*item).clone());
            }
        }
        for (item, places) in is.iter().filter(|(item, _)| !was.contains_key(*item)) {
            let field = format!("{}.fields[{item}]", at(own));
            self.line(&field, "", &joined(places), false);
        }
    }

    /// What leaves under every grant.
    fn structure(&mut self, own: &Operation, now: &Operation) {
        let [was, is] = [own, now].map(|operation| operation.structure.iter().collect());
        let field = format!("{}.structure", at(own));
        if all_within(&was, &is) {
            self.line(&field, &joined(&was), &joined(&is), false);
        } else {
            self.breaks_all(&field, &joined(&was), &joined(&is));
        }
    }

    /// What a method takes and gives by the one description and by the other.
    fn messages(&mut self, operation: &Operation, both: &Both<'_>) {
        let at = at(operation);
        let method = |descriptors: &Descriptors| descriptors.method(&operation.method);
        let (input, output) = match (method(both.was), method(both.is), &both.documents) {
            (Some(Method::Grpc(own)), Some(Method::Grpc(now)), _) => {
                if streaming(&own) != streaming(&now) {
                    let field = format!("{at}.streaming");
                    self.breaks_all(&field, streaming(&own), streaming(&now));
                }
                // Of what is sent nobody says which fields are used, so each of them counts.
                let input = against_whole_description(&own.input(), &now.input());
                let output = against_description(&own.output(), &now.output(), operation);
                (input, output)
            }
            (Some(Method::Http(own)), Some(Method::Http(now)), Some((was, is))) => {
                let changes = http_api::between((was, &own), (is, &now), operation);
                (changes.input, changes.output)
            }
            _ => return self.breaks_all(&at, operation.method.as_str(), ""),
        };
        for (part, changes) in [("input", input), ("output", output)] {
            for change in changes {
                self.of_messages += 1;
                if self.of_messages <= drift::CHANGES {
                    let field = match change.path() {
                        "" => format!("{at}.{part}"),
                        path => format!("{at}.{part}[{path}]"),
                    };
                    self.breaks_all(&field, change.registered(), change.seen());
                }
            }
        }
    }

    fn breaks_all(&mut self, field: &str, before: &str, after: &str) {
        self.whole = true;
        self.line(field, before, after, true);
    }

    fn line(&mut self, field: &str, before: &str, after: &str, breaking: bool) {
        if before != after {
            self.changes.push(Change {
                field: field.to_owned(),
                before: before.to_owned(),
                after: after.to_owned(),
                breaking,
            });
        }
    }
}

/// The path of a method in a difference.
fn at(operation: &Operation) -> String {
    format!("api.operations[{}]", operation.method)
}

type Places<'a> = BTreeSet<&'a FieldPath>;

fn by_item(operation: &Operation) -> BTreeMap<&ItemKey, Places<'_>> {
    let mut places: BTreeMap<&ItemKey, Places<'_>> = BTreeMap::new();
    for field in &operation.fields {
        places.entry(&field.item).or_default().insert(&field.path);
    }
    places
}

/// Whether each place is still filled: it is named, or what it lies in.
fn all_within(places: &Places<'_>, left: &Places<'_>) -> bool {
    let is_left = |place: &&FieldPath| left.iter().any(|other| other.holds(place));
    places.iter().all(is_left)
}

fn joined(places: &Places<'_>) -> String {
    let places: Vec<&str> = places.iter().map(|place| place.as_str()).collect();
    places.join(", ")
}

fn streaming(method: &MethodDescriptor) -> &'static str {
    match (method.is_client_streaming(), method.is_server_streaming()) {
        (false, false) => "unary",
        (true, false) => "client_streaming",
        (false, true) => "server_streaming",
        (true, true) => "two_way_streaming",
    }
}

#[cfg(test)]
mod tests;
