//! What a schema says of the members of an answer, as the mask of JSON walks one: by the names of members, with arrays
//! passed through.
//!
//! A document says what it names. Where it says nothing, or says that anything may stand there, nothing is known.

mod kinds;

pub(super) use kinds::{Kind, alike, perhaps_alike};

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde_json::{Map, Value};

use super::document::Document;

/// Schemas within schemas of one look.
const DEPTH: usize = 64;
/// Names that are told of one place.
pub(super) const NAMES: usize = 2_000;

/// What stands for every name of a map.
pub(super) const ANY: &str = "*";

/// Reads the schemas of a document within bounds.
pub(super) struct Reader<'a> {
    document: &'a Document,
    /// What was looked at in this look.
    seen: HashSet<*const Value>,
    /// Something was not looked at, since it lies too deep or is too much.
    gave_up: bool,
}

/// What stands at a place: one of these, whichever it is. Empty where nothing is known.
pub(super) type Place<'a> = Vec<&'a Value>;

/// What is found under a name.
pub(super) enum Member<'a> {
    /// It is described.
    Described(Place<'a>),
    /// It may be there, and nothing is known of it.
    Anything,
    /// It is not described where others are.
    Nowhere,
}

/// What schemas say of the members of an object.
#[derive(Default)]
struct Said<'a> {
    /// Members of the name that was asked for, or of all names.
    members: BTreeMap<&'a str, Place<'a>>,
    speech: Speech,
    /// What is not described may be there all the same.
    more: bool,
    /// Nothing is known whatever else is said.
    unknown: bool,
}

/// How much is said. Of two things that are said of one value, the greater counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Speech {
    /// Nothing.
    #[default]
    Silent,
    /// Something of one kind of values, and nothing of another.
    Vague,
    /// Members, or a plain value that has none.
    Clear,
}

impl<'a> Reader<'a> {
    pub(super) fn of(document: &'a Document) -> Self {
        Self {
            document,
            seen: HashSet::new(),
            gave_up: false,
        }
    }

    /// Whether what was found is not all that is said.
    pub(super) fn gave_up(&self) -> bool {
        self.gave_up
    }

    /// Whether one more schema may be looked at.
    fn may_look(&mut self, depth: usize) -> bool {
        let may = depth > 0 && self.document.spend(1);
        self.gave_up |= !may;
        may
    }

    /// Whether all of so many names may be looked at.
    fn may_walk(&mut self, names: usize) -> bool {
        let may = self.document.spend(names);
        self.gave_up |= !may;
        may
    }

    /// What stands under a name in what stands at a place.
    pub(super) fn member(&mut self, place: &[&'a Value], name: &str) -> Member<'a> {
        self.seen.clear();
        let said = self.one_of(place, Some(name), DEPTH);
        if said.is_open() || said.is_empty() {
            return Member::Anything;
        }
        let found: Place<'a> = said.members.into_values().flatten().collect();
        if found.is_empty() {
            Member::Nowhere
        } else {
            Member::Described(found)
        }
    }

    /// All members that are described at a place, by their names; those of a map under [`ANY`].
    pub(super) fn members(&mut self, place: &[&'a Value]) -> BTreeMap<&'a str, Place<'a>> {
        self.seen.clear();
        self.one_of(place, None, DEPTH).members
    }

    /// What one schema says; `name` is who is asked for, none for everybody.
    fn look(&mut self, schema: &'a Value, name: Option<&str>, depth: usize) -> Said<'a> {
        let object = match schema {
            Value::Bool(false) => return Said::plain(),
            Value::Object(object) => object,
            // `true`, or none at all.
            _ => return Said::default(),
        };
        if !self.may_look(depth) {
            return Said::unknown();
        }
        if !self.seen.insert(std::ptr::from_ref(schema)) {
            // It was counted where it stood first; what refers to itself says nothing new.
            return Said::plain();
        }
        let mut said = Said::default();
        if let Some(reference) = object.get("$ref").and_then(Value::as_str) {
            said.and(match self.document.target(reference) {
                Ok(target) => self.look(target, name, depth - 1),
                Err(_) => Said::unknown(),
            });
            if !self.document.joins_references() {
                return said;
            }
        }
        said.and(self.own(object, name, depth));
        for part in list(object, "allOf") {
            said.and(self.look(part, name, depth - 1));
        }
        for word in ["oneOf", "anyOf"] {
            let kinds: Vec<&Value> = list(object, word).collect();
            said.and(self.one_of(&kinds, name, depth - 1));
        }
        said
    }

    /// What several schemas say, of which one is true.
    fn one_of(&mut self, kinds: &[&'a Value], name: Option<&str>, depth: usize) -> Said<'a> {
        let kinds = kinds.iter().map(|kind| self.look(kind, name, depth));
        Said::either(kinds)
    }

    /// What the words of one schema say, without those that lead to others of the same place.
    fn own(
        &mut self,
        object: &'a Map<String, Value>,
        name: Option<&str>,
        depth: usize,
    ) -> Said<'a> {
        let types = types(object);
        let may_be = |kind| types.is_empty() || types.contains(kind);
        let named = object.get("properties").and_then(Value::as_object);
        let all = named.filter(|_| name.is_none());
        if !self.may_walk(all.map_or(0, Map::len)) {
            return Said::unknown();
        }
        let of_object = may_be("object").then(|| properties(object, name));
        let of_array = may_be("array").then(|| self.one_of(&elements(object), name, depth - 1));
        match (of_object, of_array) {
            (None, None) => Said::plain(),
            (Some(one), Some(other)) if types.is_empty() => {
                // Without a type it is what its words are for, and the others say nothing.
                let mut said = one;
                said.and(other);
                said
            }
            (Some(one), Some(other)) => Said::either([one, other].into_iter()),
            (Some(one), None) | (None, Some(one)) => one,
        }
    }
}

impl<'a> Said<'a> {
    /// Described, and without members.
    fn plain() -> Self {
        Self {
            speech: Speech::Clear,
            ..Self::default()
        }
    }

    fn unknown() -> Self {
        Self {
            unknown: true,
            ..Self::default()
        }
    }

    /// Whether anything may stand under the name.
    fn is_open(&self) -> bool {
        self.unknown || self.speech == Speech::Vague || (self.more && self.members.is_empty())
    }

    /// Whether nothing is said at all.
    fn is_empty(&self) -> bool {
        self.speech == Speech::Silent && !self.more && !self.unknown && self.members.is_empty()
    }

    /// What is said of a value of one of several kinds.
    fn either(kinds: impl Iterator<Item = Self>) -> Self {
        let (mut said, mut count, mut silent) = (Self::default(), 0, 0);
        for one in kinds {
            count += 1;
            silent += usize::from(one.is_empty());
            said.unknown |= one.is_open();
            said.take(one.members);
        }
        said.speech = match count - silent {
            0 => Speech::Silent,
            _ if silent > 0 => Speech::Vague,
            _ => Speech::Clear,
        };
        said
    }

    /// Both are said of one value.
    fn and(&mut self, other: Self) {
        self.speech = self.speech.max(other.speech);
        self.more |= other.more;
        self.unknown |= other.unknown;
        self.take(other.members);
    }

    fn take(&mut self, members: BTreeMap<&'a str, Place<'a>>) {
        for (name, place) in members {
            if self.members.len() < NAMES || self.members.contains_key(name) {
                self.members.entry(name).or_default().extend(place);
            }
        }
    }
}

/// What is said of the members of an object, without those of other schemas.
fn properties<'a>(object: &'a Map<String, Value>, name: Option<&str>) -> Said<'a> {
    let mut said = Said::default();
    let named = object.get("properties").and_then(Value::as_object);
    if let Some(named) = named.filter(|named| !named.is_empty()) {
        said.speech = Speech::Clear;
        let all = named.iter().filter(|_| name.is_none());
        let asked = name.and_then(|name| named.get_key_value(name));
        let found = all.chain(asked).take(NAMES);
        said.members = found.map(|(own, of)| (own.as_str(), vec![of])).collect();
    }
    for word in ["additionalProperties", "unevaluatedProperties"] {
        match (object.get(word), name) {
            (Some(Value::Bool(false)), _) => said.speech = Speech::Clear,
            // A map: whatever the name is, the schema says what it leads to.
            (Some(schema @ Value::Object(_)), name) => {
                said.speech = Speech::Clear;
                if name.is_none() || said.members.is_empty() {
                    said.members.insert(ANY, vec![schema]);
                }
            }
            (Some(Value::Bool(true)), _) => said.more = true,
            _ => {}
        }
    }
    said.more |= is_more_said(object);
    said
}

/// Whether more members may be there by words that are not read: those under a condition, names by a pattern, and kinds
/// that are described elsewhere.
pub(super) fn is_more_said(object: &Map<String, Value>) -> bool {
    let has = |word: &&str| object.contains_key(*word);
    let patterns = object.get("patternProperties").and_then(Value::as_object);
    let conditions = ["then", "else", "dependentSchemas"].iter().any(has);
    let listed = ["oneOf", "anyOf"].iter().any(has);
    let elsewhere = object.contains_key("discriminator") && !listed;
    conditions || elsewhere || patterns.is_some_and(|names| !names.is_empty())
}

/// The schemas of the elements of an array.
pub(super) fn elements(object: &Map<String, Value>) -> Vec<&Value> {
    let items = object.get("items");
    // A list of them is what `prefixItems` was called before.
    let each = items.filter(|items| !items.is_array());
    let first = list(object, "prefixItems").chain(list(object, "items"));
    first.chain(each).collect()
}

/// The types that a schema names. A word that is none says nothing.
fn types(object: &Map<String, Value>) -> BTreeSet<&str> {
    const KNOWN: [&str; 7] = [
        "array", "boolean", "integer", "null", "number", "object", "string",
    ];
    let named = object.get("type");
    let listed = named.and_then(Value::as_array).into_iter().flatten();
    let all = listed.chain(named).filter_map(Value::as_str);
    all.filter(|word| KNOWN.contains(word)).collect()
}

pub(super) fn list<'a>(
    object: &'a Map<String, Value>,
    word: &str,
) -> impl Iterator<Item = &'a Value> {
    let list = object.get(word).and_then(Value::as_array);
    list.into_iter().flatten()
}
