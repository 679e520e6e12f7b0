//! Path templates of `google.api.http`, such as `/v1/{name=systems/*}:suspend`.
//!
//! The syntax is that of `google/api/http.proto`, "Path template syntax": literals, `*` for one
//! segment, `**` for the rest, variables over any of them, and a verb behind a colon at the end.

use percent_encoding::percent_decode_str;

/// A template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Template {
    segments: Vec<Segment>,
    verb: Option<String>,
    variables: Vec<Variable>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    Literal(String),
    One,
    Rest,
}

/// A variable and the segments that it covers.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Variable {
    field: String,
    from: usize,
    to: usize,
}

/// A template that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the path template {0} cannot be read")]
pub(crate) struct BadTemplate(String);

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// [`BadTemplate`].
    pub(crate) fn parse(text: &str) -> Result<Self, BadTemplate> {
        let bad = || BadTemplate(text.to_owned());
        let rest = text.strip_prefix('/').ok_or_else(bad)?;
        // A colon within braces would belong to a variable; none of ours has one.
        let (path, verb) = match rest.rsplit_once(':') {
            Some((path, verb)) if !verb.contains(['/', '}']) => (path, Some(verb.to_owned())),
            _ => (rest, None),
        };
        let mut template = Self {
            segments: Vec::new(),
            verb,
            variables: Vec::new(),
        };
        let mut left = path;
        while !left.is_empty() {
            left = template.part(left).ok_or_else(bad)?;
        }
        let rest = template.segments.iter().rev().skip(1);
        if template.segments.is_empty() || rest.clone().any(|segment| *segment == Segment::Rest) {
            return Err(bad());
        }
        Ok(template)
    }

    /// Takes one part off the text: a variable or a plain segment. Gives what is left.
    fn part<'a>(&mut self, text: &'a str) -> Option<&'a str> {
        let from = self.segments.len();
        let (left, variable) = if let Some(inner) = text.strip_prefix('{') {
            let (inner, left) = inner.split_once('}')?;
            let (field, pattern) = inner.split_once('=').unwrap_or((inner, "*"));
            for segment in pattern.split('/') {
                self.segments.push(Segment::parse(segment)?);
            }
            (left, Some(field))
        } else {
            let end = text.find('/').unwrap_or(text.len());
            let (segment, left) = text.split_at(end);
            self.segments.push(Segment::parse(segment)?);
            (left, None)
        };
        if let Some(field) = variable {
            self.variables.push(Variable {
                field: field.to_owned(),
                from,
                to: self.segments.len(),
            });
        }
        match left.strip_prefix('/') {
            Some(left) if !left.is_empty() => Some(left),
            Some(_) => None,
            None => left.is_empty().then_some(left),
        }
    }

    /// The variables of a path that fits, each with its value, percent-decoded; `None` when it does
    /// not fit.
    pub(crate) fn fit<'a>(&'a self, path: &str) -> Option<Vec<(&'a str, String)>> {
        let path = path.strip_prefix('/')?;
        let last = path.rsplit('/').next().unwrap_or_default();
        let path = match (&self.verb, last.rsplit_once(':')) {
            (None, None) => path,
            (Some(verb), Some((_, given))) if verb == given => {
                path.strip_suffix(given)?.strip_suffix(':')?
            }
            _ => return None,
        };
        let parts: Vec<&str> = path.split('/').collect();
        let fits = |(index, segment): (usize, &Segment)| match (segment, parts.get(index)) {
            (Segment::Literal(literal), Some(part)) => literal == part,
            (Segment::One, Some(part)) => !part.is_empty(),
            (Segment::Rest, _) => true,
            (_, None) => false,
        };
        let is_long = self.segments.last() == Some(&Segment::Rest);
        let right_length =
            parts.len() == self.segments.len() || is_long && parts.len() + 1 >= self.segments.len();
        if !right_length || !self.segments.iter().enumerate().all(fits) {
            return None;
        }
        let value = |variable: &'a Variable| {
            let to = if is_long && variable.to == self.segments.len() {
                parts.len()
            } else {
                variable.to
            };
            let decoded: Option<Vec<String>> = parts
                .get(variable.from..to)?
                .iter()
                .map(|part| {
                    let text = percent_decode_str(part).decode_utf8().ok()?;
                    Some(text.into_owned())
                })
                .collect();
            Some((variable.field.as_str(), decoded?.join("/")))
        };
        self.variables.iter().map(value).collect()
    }

    /// The fields that the path gives.
    pub(crate) fn fields(&self) -> impl Iterator<Item = &str> {
        self.variables
            .iter()
            .map(|variable| variable.field.as_str())
    }

    /// The path as `OpenAPI` writes it: each `*` is a parameter of its own. Gives the parameters with
    /// the field that they are a part of, and the pattern of that field.
    pub(crate) fn described(&self) -> (String, Vec<Parameter>) {
        let mut path = String::new();
        let mut parameters: Vec<Parameter> = Vec::new();
        let mut before = "";
        for (index, segment) in self.segments.iter().enumerate() {
            path.push('/');
            if let Segment::Literal(literal) = segment {
                path.push_str(literal);
                before = literal;
                continue;
            }
            // `systems/*` asks for a system: the plural before it names the parameter.
            let name = match before.strip_suffix("ies") {
                Some(stem) => format!("{stem}y"),
                None => before.strip_suffix('s').unwrap_or(before).to_owned(),
            };
            let variable = self
                .variables
                .iter()
                .find(|v| (v.from..v.to).contains(&index));
            path.push('{');
            path.push_str(&name);
            path.push('}');
            parameters.push(Parameter {
                name,
                field: variable.map_or_else(String::new, |v| v.field.clone()),
            });
        }
        if let Some(verb) = &self.verb {
            path.push(':');
            path.push_str(verb);
        }
        (path, parameters)
    }
}

/// A segment of a path that the caller chooses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Parameter {
    /// What it is called.
    pub(crate) name: String,
    /// The field of the request that it is a part of.
    pub(crate) field: String,
}

impl Segment {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "*" => Some(Self::One),
            "**" => Some(Self::Rest),
            _ if text.is_empty() || text.contains(['{', '}', '*', '=', ':']) => None,
            _ => Some(Self::Literal(text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Fit = Option<&'static [(&'static str, &'static str)]>;

    #[test]
    fn paths_fit_their_template_and_no_other() {
        let cases: [(&str, &str, Fit); 16] = [
            ("/v1/systems", "/v1/systems", Some(&[])),
            ("/v1/systems", "/v1/systems/", None),
            ("/v1/systems", "/v1/systems:x", None),
            (
                "/v1/{name=systems/*}",
                "/v1/systems/a",
                Some(&[("name", "systems/a")]),
            ),
            ("/v1/{name=systems/*}", "/v1/systems/", None),
            ("/v1/{name=systems/*}", "/v1/systems/a/b", None),
            ("/v1/{name=systems/*}", "/v1/systems/a:suspend", None),
            (
                "/v1/{name=systems/*}",
                "/v1/systems/a%2Fb%E6%A1%A5",
                Some(&[("name", "systems/a/b桥")]),
            ),
            ("/v1/{name=systems/*}", "/v1/systems/%FF", None),
            (
                "/v1/{name=systems/*}:suspend",
                "/v1/systems/a:suspend",
                Some(&[("name", "systems/a")]),
            ),
            ("/v1/{name=systems/*}:suspend", "/v1/systems/a:resume", None),
            ("/v1/{name=systems/*}:suspend", "/v1/systems/:suspend", None),
            (
                "/v1/{p=a/*/b/*}/c",
                "/v1/a/1/b/2/c",
                Some(&[("p", "a/1/b/2")]),
            ),
            (
                "/v1/{a}/{b=**}",
                "/v1/1/2/3",
                Some(&[("a", "1"), ("b", "2/3")]),
            ),
            ("/v1/{a}/{b=**}", "/v1/1", Some(&[("a", "1"), ("b", "")])),
            ("/v1/{a.b=c/*}", "/v1/c/1", Some(&[("a.b", "c/1")])),
        ];
        for (template, path, expected) in cases {
            let template = Template::parse(template).unwrap();
            let found = template.fit(path);
            let found: Option<Vec<(&str, &str)>> = found.as_ref().map(|found| {
                found
                    .iter()
                    .map(|(field, value)| (*field, value.as_str()))
                    .collect()
            });
            assert_eq!(found.as_deref(), expected, "{template:?} {path}");
        }
    }

    #[test]
    fn what_is_no_template_is_refused() {
        for text in [
            "",
            "v1",
            "/",
            "/v1//x",
            "/v1/{name",
            "/v1/{a=**}/b",
            "/v1/a/",
            "/{a=x*}",
        ] {
            assert!(Template::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn described_paths_name_each_parameter() {
        let template = Template::parse("/v1/{name=systems/*/endpoints/*}:probe").unwrap();
        let (path, parameters) = template.described();
        assert_eq!(path, "/v1/systems/{system}/endpoints/{endpoint}:probe");
        let names: Vec<&str> = parameters.iter().map(|p| p.name.as_str()).collect();
        assert_eq!(names, ["system", "endpoint"]);
        assert!(parameters.iter().all(|parameter| parameter.field == "name"));
    }
}
