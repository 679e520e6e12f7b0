//! What another document changes for whoever calls an operation.

use std::collections::{BTreeSet, HashSet, VecDeque};

use serde_json::Value;

use super::document::Document;
use super::schema::{ANY, Kind, Member, NAMES, Place, Reader, alike, perhaps_alike};
use super::{HttpOperation, short};
use crate::drift::{CHANGES, Change, is_field_name};
use crate::operation::Operation;

/// Members within members.
const DEPTH: usize = 32;
/// What stands for a value that nothing is said of.
const ANYTHING: &str = "anything";
/// What stands for a description that was not looked through to its end.
const TOO_MUCH: &str = "too much to compare";
/// What a body is called among what is sent.
const BODY: &str = "body";
/// The same where what is answered stands beside it.
const SENT_BODY: &str = "request body";
/// Headers that are no parameters, by the rule of `OpenAPI` itself.
const NO_PARAMETERS: [&str; 3] = ["accept", "content-type", "authorization"];

/// An operation as a document describes it.
pub(crate) type Described<'a> = (&'a Document, &'a HttpOperation);

/// What differs in what is sent, and in what is answered at the places of an entry.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    pub(crate) input: Vec<Change>,
    pub(crate) output: Vec<Change>,
}

/// Compares two descriptions of one operation, to find what another version breaks.
pub(crate) fn between(was: Described<'_>, is: Described<'_>, operation: &Operation) -> Changes {
    let [input, output] = compared(was, is, operation, Doubt::Breaks);
    Changes {
        input: input.finish(),
        output: output.finish(),
    }
}

/// Compares what was registered with what is served: where nothing is said any more, or not everything was looked at,
/// nothing is told, and a member that is gone beside the one new of its kind is called otherwise.
pub(super) fn surely_between(
    was: Described<'_>,
    is: Described<'_>,
    operation: &Operation,
) -> Vec<Change> {
    let both = compared(was, is, operation, Doubt::Passes).into_iter();
    let looked_through = both.filter(|one| !one.is_incomplete());
    looked_through.flat_map(|one| one.changes).collect()
}

/// What is sent, and what is answered.
fn compared<'a>(
    was: Described<'a>,
    is: Described<'a>,
    operation: &Operation,
    doubt: Doubt,
) -> [Comparison<'a>; 2] {
    let mut input = Comparison::of(was.0, is.0, doubt);
    input.parameters(was, is);
    input.body(was, is);
    let mut output = Comparison::of(was.0, is.0, doubt);
    output.answer(was, is, operation);
    [input, output]
}

struct Comparison<'a> {
    was: Reader<'a>,
    is: Reader<'a>,
    doubt: Doubt,
    changes: Vec<Change>,
    /// Something lies too deep to be compared.
    too_deep: bool,
}

/// What becomes of what nobody can tell.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Doubt {
    /// It counts as a difference.
    Breaks,
    /// It counts as none.
    Passes,
}

impl Doubt {
    /// Whether a name can be told that no entry names: what is served may be keyed by data, and what the ledger tells
    /// stays.
    fn may_tell(self, name: &str) -> bool {
        match self {
            Self::Breaks => true,
            Self::Passes => is_field_name(&name.replace('-', "_")),
        }
    }
}

/// What was described at a place, and what is.
type Both<'a> = (Place<'a>, Place<'a>);

impl<'a> Comparison<'a> {
    fn of(was: &'a Document, is: &'a Document, doubt: Doubt) -> Self {
        Self {
            was: Reader::of(was),
            is: Reader::of(is),
            doubt,
            changes: Vec::new(),
            too_deep: false,
        }
    }

    /// What differs. What was not looked at counts as a difference: nobody can tell that it is none.
    fn finish(mut self) -> Vec<Change> {
        if self.is_incomplete() {
            self.retyped("", "described", TOO_MUCH);
        }
        self.changes
    }

    fn is_incomplete(&self) -> bool {
        self.too_deep || self.was.gave_up() || self.is.gave_up()
    }

    fn tell(&mut self, change: Change) {
        if self.changes.len() < CHANGES && !self.changes.contains(&change) {
            self.changes.push(change);
        }
    }

    fn retyped(&mut self, path: &str, registered: &str, seen: &str) {
        self.tell(Change::Retyped {
            path: path.to_owned(),
            registered: registered.to_owned(),
            seen: seen.to_owned(),
        });
    }

    fn parameters(&mut self, (was, own): Described<'a>, (is, now): Described<'a>) {
        let (own, now) = (was.parameters(own), is.parameters(now));
        for (&(place, name), before) in &own {
            let path = format!("{place} {}", short(name));
            match now.get(&(place, name)) {
                // What the gateway does not pass on is missed by nobody, and a path has its parameters anyhow.
                None if matches!(place, "header" | "cookie" | "path") => {}
                None => self.tell(Change::Missing { path }),
                Some(after) => {
                    if after.required && !before.required {
                        self.retyped(&path, "optional", "required");
                    }
                    let both = (of(before.schema), of(after.schema));
                    self.is_alike(&both, &path);
                }
            }
        }
        let ignored = |place: &str, name: &str| match place {
            "path" => true,
            "header" => NO_PARAMETERS.contains(&&*name.to_ascii_lowercase()),
            _ => false,
        };
        for (&(place, name), new) in &now {
            if new.required && !own.contains_key(&(place, name)) && !ignored(place, name) {
                let name = if self.doubt.may_tell(name) {
                    short(name)
                } else {
                    "parameter"
                };
                let path = format!("{place} {name} (required)");
                self.tell(Change::Added { path });
            }
        }
    }

    fn body(&mut self, (was, own): Described<'a>, (is, now): Described<'a>) {
        let at = match self.doubt {
            Doubt::Breaks => BODY,
            Doubt::Passes => SENT_BODY,
        };
        let path = at.to_owned();
        match (was.body(own), is.body(now)) {
            (None, Some(now)) if now.required => self.tell(Change::Added { path }),
            (None, _) => {}
            (Some(_), None) => self.tell(Change::Missing { path }),
            (Some(own), Some(now)) => {
                if now.required && !own.required {
                    self.retyped(at, "optional", "required");
                }
                let both = (of(own.schema), of(now.schema));
                if self.is_alike(&both, at) {
                    self.below(both, at, true);
                }
            }
        }
    }

    /// The first difference on the way to each place of an entry, and all below where an item is an object.
    fn answer(&mut self, (was, own): Described<'a>, (is, now): Described<'a>, entry: &Operation) {
        let whole = (of(was.answer(own)), of(is.answer(now)));
        let root = match self.doubt {
            Doubt::Breaks => "",
            Doubt::Passes => entry.method.as_str(),
        };
        if !self.is_alike(&whole, root) {
            return;
        }
        let places = entry.fields.iter().map(|field| &field.path);
        for path in places.chain(&entry.structure) {
            let mut at = Some(whole.clone());
            let mut walked = String::new();
            for step in path.steps() {
                let gap = if walked.is_empty() { "" } else { "." };
                walked = format!("{walked}{gap}{step}");
                at = at.and_then(|both| self.next(&both, step, &walked));
            }
            if let Some(both) = at {
                self.below(both, &walked, false);
            }
        }
    }

    /// What stands under a name on both sides, where it is alike.
    fn next(&mut self, (was, is): &Both<'a>, name: &str, path: &str) -> Option<Both<'a>> {
        // What was not described was not promised.
        let Member::Described(own) = self.was.member(was, name) else {
            return None;
        };
        let now = match self.is.member(is, name) {
            Member::Described(now) => now,
            Member::Anything => Place::new(),
            Member::Nowhere => {
                let seen = self.renamed((was, is), &own);
                let path = path.to_owned();
                self.tell(match seen {
                    Some(other) => {
                        let around = path.strip_suffix(name).unwrap_or_default();
                        let seen = format!("{around}{}", short(other));
                        Change::Renamed { path, seen }
                    }
                    None => Change::Missing { path },
                });
                return None;
            }
        };
        let both = (own, now);
        self.is_alike(&both, path).then_some(both)
    }

    /// The one new name of the same kinds beside a member that is gone. Two versions that are written need no guess.
    fn renamed(&mut self, (was, is): (&Place<'a>, &Place<'a>), own: &Place<'a>) -> Option<&'a str> {
        if self.doubt == Doubt::Breaks {
            return None;
        }
        let known = self.was.members(was);
        let kinds = self.was.kinds(own);
        // Of anything, anything is of the same kind.
        if kinds.is_empty() {
            return None;
        }
        let news = self.is.members(is).into_iter();
        let mut news = news.filter(|(name, place)| {
            let is_new = *name != ANY && !known.contains_key(name);
            is_new && alike(&kinds, &self.is.kinds(place))
        });
        let (found, _) = news.next()?;
        let is_sole = news.next().is_none();
        (is_sole && is_field_name(found)).then_some(found)
    }

    /// Whether values of the same kinds stand on both sides.
    fn is_alike(&mut self, (was, is): &Both<'a>, path: &str) -> bool {
        let (was, is) = (self.was.kinds(was), self.is.kinds(is));
        let is_as_before = match self.doubt {
            Doubt::Breaks => alike(&was, &is),
            Doubt::Passes => is.is_empty() || perhaps_alike(&was, &is),
        };
        if is_as_before {
            return true;
        }
        let told = |kinds: BTreeSet<Kind<'_>>| {
            let kinds: Vec<String> = kinds.iter().map(Kind::to_string).collect();
            kinds.join(" or ")
        };
        let seen = if is.is_empty() {
            ANYTHING.to_owned()
        } else {
            told(is)
        };
        self.retyped(path, &told(was), &seen);
        false
    }

    /// All differences below; what has to be sent newly too, where it is `sent`. Each pair is looked at where it stands
    /// nearest to the top: what holds itself ends there.
    fn below(&mut self, both: Both<'a>, at: &str, sent: bool) {
        let mut known = HashSet::new();
        let mut waiting = VecDeque::from([(both, at.to_owned(), DEPTH)]);
        while let Some((both, at, depth)) = waiting.pop_front() {
            let pair = (self.was.identity(&both.0), self.is.identity(&both.1));
            if !known.insert(pair) || self.changes.len() >= CHANGES {
                continue;
            }
            let own = self.was.members(&both.0);
            self.too_deep |= own.len() >= NAMES;
            if sent && !both.0.is_empty() {
                let needed = self.was.required(&both.0);
                for name in self.is.required(&both.1).difference(&needed) {
                    let path = format!("{at}.{}", short(name));
                    if own.is_empty() {
                        continue;
                    }
                    if !self.doubt.may_tell(name) {
                        let path = format!("{at} (more is required)");
                        self.tell(Change::Added { path });
                    } else if own.contains_key(name) {
                        self.retyped(&path, "optional", "required");
                    } else {
                        let path = format!("{path} (required)");
                        self.tell(Change::Added { path });
                    }
                }
            }
            // The places of an entry are told by whoever wrote it; what lies below them may be keyed by data too.
            for name in own.into_keys() {
                if name != ANY && !self.doubt.may_tell(name) {
                    continue;
                }
                let path = format!("{at}.{}", short(name));
                let next = self.next(&both, name, &path);
                match (next, depth) {
                    (Some(next), 1..) => waiting.push_back((next, path, depth - 1)),
                    (Some(_), 0) => self.too_deep = true,
                    (None, _) => {}
                }
            }
        }
    }
}

fn of(schema: Option<&Value>) -> Place<'_> {
    schema.into_iter().collect()
}
