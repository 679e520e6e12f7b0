//! `OpenAPI` documents in YAML, as the JSON that they mean.
//!
//! By the core schema of YAML 1.2, and names of members are text whatever they look like: `200` names a response, and
//! `on` is no truth value. What readers take differently is refused, with its line: members that stand twice, merge
//! keys, tags of others, and aliases that grow without measure.

mod scalar;

use std::borrow::Cow;
use std::collections::HashMap;

use domain::interface::DESCRIPTOR_BYTES;
use saphyr_parser::{Event, Parser, ScalarStyle, Span, Tag};
use scalar::{core_type, scalar};
use serde_json::{Map, Value};

/// Values within values; readers of JSON take few more.
const DEPTH: usize = 100;

/// Reads one document.
///
/// # Errors
/// In one sentence, with the line.
pub(super) fn to_json(text: &str) -> Result<Value, String> {
    let mut reading = Reading::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| format!("it is not YAML: {error}"))?;
        let read = reading.event(event);
        read.map_err(|what| format!("line {}: {what}", line(&span)))?;
    }
    reading
        .whole
        .ok_or_else(|| "it holds no document".to_owned())
}

fn line(span: &Span) -> usize {
    span.start.line()
}

/// What was read so far.
#[derive(Default)]
struct Reading {
    open: Vec<Open>,
    anchored: HashMap<usize, Anchored>,
    /// Bytes and values that stand in the document with its aliases written out.
    size: usize,
    /// The same of the values that are kept for aliases: one within another is kept twice.
    kept: usize,
    documents: usize,
    whole: Option<Value>,
}

/// A collection that has not come to its end.
struct Open {
    anchor: usize,
    /// The size before it.
    before: usize,
    of: Collection,
}

enum Collection {
    List(Vec<Value>),
    Object {
        members: Map<String, Value>,
        /// The name whose value comes next.
        name: Option<String>,
    },
}

/// A value that aliases stand for.
struct Anchored {
    value: Value,
    size: usize,
}

impl Reading {
    fn event(&mut self, event: Event<'_>) -> Result<(), String> {
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err("a second document begins; give one".to_owned());
                }
                Ok(())
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.grow(text.len())?;
                if self.is_name_next() {
                    return self.name(&text, style);
                }
                let tag = core_type(tag.as_ref())?;
                let value = if self.is_text() {
                    Value::String(text.into_owned())
                } else {
                    scalar(&text, style, tag)?
                };
                let size = value.as_str().map_or(0, str::len);
                self.anchor(anchor, &value, size + 1)?;
                self.put(value)
            }
            Event::SequenceStart(anchor, tag) => {
                self.begin(anchor, tag.as_ref(), Collection::List(Vec::new()))
            }
            Event::MappingStart(anchor, tag) => {
                let of = Collection::Object {
                    members: Map::new(),
                    name: None,
                };
                self.begin(anchor, tag.as_ref(), of)
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            Event::Alias(anchor) => {
                if self.is_name_next() {
                    return Err("an alias cannot be the name of a member".to_owned());
                }
                let known = self.anchored.get(&anchor);
                let size = known.map(|known| known.size);
                // One within itself is not complete yet.
                let size = size.ok_or("an alias stands for what it lies in")?;
                // Before anything is copied.
                self.grow(size)?;
                let known = self.anchored.get(&anchor);
                let value = known.map_or(Value::Null, |known| known.value.clone());
                self.put(value)
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
        }
    }

    /// What is this large is refused by the gateway in any case.
    fn grow(&mut self, size: usize) -> Result<(), String> {
        self.size = self.size.saturating_add(size).saturating_add(1);
        if self.size > DESCRIPTOR_BYTES {
            let text = "with its aliases written out the document is larger than the";
            return Err(format!("{text} {DESCRIPTOR_BYTES} bytes that are taken"));
        }
        Ok(())
    }

    fn begin(
        &mut self,
        anchor: usize,
        tag: Option<&Cow<'_, Tag>>,
        of: Collection,
    ) -> Result<(), String> {
        if self.is_name_next() {
            return Err("the name of a member is text, and no list or object".to_owned());
        }
        let word = match of {
            Collection::List(_) => "seq",
            Collection::Object { .. } => "map",
        };
        if core_type(tag)?.is_some_and(|tag| tag != word) {
            return Err("the tag is of another kind than the value".to_owned());
        }
        if self.open.len() >= DEPTH {
            return Err(format!("values lie more than {DEPTH} deep in each other"));
        }
        let before = self.size;
        self.grow(0)?;
        self.open.push(Open { anchor, before, of });
        Ok(())
    }

    fn end(&mut self) -> Result<(), String> {
        let Some(open) = self.open.pop() else {
            return Ok(());
        };
        let value = match open.of {
            Collection::List(elements) => Value::Array(elements),
            Collection::Object { members, .. } => Value::Object(members),
        };
        self.anchor(open.anchor, &value, self.size - open.before)?;
        self.put(value)
    }

    fn anchor(&mut self, anchor: usize, value: &Value, size: usize) -> Result<(), String> {
        // None has this number.
        if anchor == 0 {
            return Ok(());
        }
        // Before anything is copied.
        self.kept = self.kept.saturating_add(size);
        if self.kept > DESCRIPTOR_BYTES {
            let text = "what its anchors stand for, each written out, is larger than the";
            return Err(format!("{text} {DESCRIPTOR_BYTES} bytes that are taken"));
        }
        let value = value.clone();
        self.anchored.insert(anchor, Anchored { value, size });
        Ok(())
    }

    fn put(&mut self, value: Value) -> Result<(), String> {
        match self.open.last_mut().map(|open| &mut open.of) {
            None => self.whole = Some(value),
            Some(Collection::List(elements)) => elements.push(value),
            Some(Collection::Object { members, name }) => {
                let name = name.take().ok_or("a value stands without a name")?;
                members.insert(name, value);
            }
        }
        Ok(())
    }

    fn is_name_next(&self) -> bool {
        let open = self.open.last().map(|open| &open.of);
        matches!(open, Some(Collection::Object { name: None, .. }))
    }

    fn name(&mut self, text: &str, style: ScalarStyle) -> Result<(), String> {
        if text == "<<" && style == ScalarStyle::Plain {
            let what = "a merge key (<<) is none of YAML 1.2; write out what it brings";
            return Err(what.to_owned());
        }
        if let Some(Collection::Object { members, name }) =
            self.open.last_mut().map(|open| &mut open.of)
        {
            if members.contains_key(text) {
                return Err(format!("{text:?} stands twice in one object"));
            }
            *name = Some(text.to_owned());
        }
        Ok(())
    }

    /// Whether the next value is the version of something, which is text though it may look like a number.
    fn is_text(&self) -> bool {
        let name = |open: &Open| match &open.of {
            Collection::Object { name, .. } => name.clone(),
            Collection::List(_) => None,
        };
        let way: Option<Vec<String>> = self.open.iter().map(name).collect();
        let way = way.unwrap_or_default();
        let way: Vec<&str> = way.iter().map(String::as_str).collect();
        matches!(way.as_slice(), ["openapi"] | ["info", "version"])
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_document_is_read_as_openapi_means_it() {
        let document = "\
# A comment.
openapi: 3.1
info: {title: 参保信息, version: 1.0}
paths:
  /persons/{id}:
    get:
      responses:
        200: &good
          description: |
            one
            person
          content: {application/json: {schema: {type: object, required: [yes, no, on]}}}
        \"404\": {description: ~}
        default: *good
on: {1.5: x, ~: y, true: z}
";
        let good = json!({
            "description": "one\nperson\n",
            "content": {"application/json": {"schema": {"type": "object", "required": ["yes", "no", "on"]}}},
        });
        assert_eq!(
            to_json(document).unwrap(),
            json!({
                "openapi": "3.1",
                "info": {"title": "参保信息", "version": "1.0"},
                "paths": {"/persons/{id}": {"get": {"responses": {
                    "200": good, "404": {"description": null}, "default": good,
                }}}},
                "on": {"1.5": "x", "~": "y", "true": "z"},
            })
        );
    }

    #[test]
    fn what_readers_take_differently_is_refused_with_its_line() {
        let deep = "[".repeat(200);
        for (document, expected) in [
            (
                "a: 1\nb: 2\na: 3",
                "line 3: \"a\" stands twice in one object",
            ),
            (
                "200: 1\n'200': 2",
                "line 2: \"200\" stands twice in one object",
            ),
            ("a: &x {b: 1}\nc:\n  <<: *x", "line 3: a merge key"),
            ("a: !python/object x", "line 1: the tag"),
            ("a: !!binary x", "line 1: the tag"),
            ("a: !!int x", "line 1: the tag"),
            ("a: !!map []", "line 1: the tag"),
            ("a: .inf", "line 1: .inf is no number"),
            ("? [a]\n: b", "line 1: the name of a member"),
            ("a: &x y\n*x : b", "line 2: an alias cannot be"),
            ("a: &x [*x]", "line 1: an alias stands for what it lies in"),
            ("a: 1\n---\nb: 2", "line 2: a second document"),
            ("a: *x", "it is not YAML"),
            ("a: [", "it is not YAML"),
            ("", "it holds no document"),
            (&deep, "line 1: values lie more than 100 deep"),
        ] {
            let told = to_json(document).unwrap_err();
            assert!(told.starts_with(expected), "{document}: {told}");
        }
    }

    #[test]
    fn aliases_are_written_out_as_far_as_a_document_may_be_large() {
        let bomb = (1..40).fold("a0: &a0 xxxxxxxxx\n".to_owned(), |all, n| {
            let of = n - 1;
            format!("{all}a{n}: &a{n} [*a{of},*a{of},*a{of},*a{of}]\n")
        });
        let told = to_json(&bomb).unwrap_err();
        assert!(told.contains("aliases written out"), "{told}");
        // What is kept for aliases counts though none stands for it.
        let nested = |anchors: usize| {
            let begin = (0..anchors).fold(String::new(), |all, n| format!("{all}&a{n} ["));
            let end = "]".repeat(anchors);
            let elements = "0,".repeat(DESCRIPTOR_BYTES / 4);
            to_json(&format!("{begin}{elements}{end}"))
        };
        assert!(nested(1).is_ok());
        let told = nested(3).unwrap_err();
        assert!(told.contains("what its anchors stand for"), "{told}");
        let text = |length: usize| format!("a: {}", "x".repeat(length));
        // The object, its name and the text, each with one for itself.
        let most = DESCRIPTOR_BYTES - 4;
        assert!(to_json(&text(most)).is_ok());
        assert!(to_json(&text(most + 1)).is_err());
    }
}
