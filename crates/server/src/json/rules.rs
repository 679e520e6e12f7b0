//! Which method a request over HTTP/JSON is for: the rules of `google.api.http` in our proto files.

use http::Method;
use prost_reflect::{
    DescriptorPool, DynamicMessage, ExtensionDescriptor, FieldDescriptor, MethodDescriptor, Value,
};

use super::template::{BadTemplate, Template};

/// The contract that departments implement: it is described here and served elsewhere.
const NOT_SERVED: &str = "shuqiao.provider.v1";

/// All methods that are served over HTTP/JSON.
#[derive(Debug)]
pub(crate) struct Rules {
    rules: Vec<Rule>,
}

/// One way to a method.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    /// The HTTP method.
    pub(crate) verb: Method,
    /// The paths.
    pub(crate) template: Template,
    /// Where the body of the request goes.
    pub(crate) body: Place,
    /// What is called.
    pub(crate) method: MethodDescriptor,
    /// The proto file spells it out; otherwise it is the method's gRPC path.
    pub(crate) is_annotated: bool,
}

/// Where the body of a request goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// There is none: everything stands in path and query.
    None,
    /// It is the request message.
    Whole,
    /// It is this field of the request message; the rest stands in path and query.
    Field(FieldDescriptor),
}

/// What a path and a method lead to.
#[derive(Debug)]
pub(crate) enum Found<'a> {
    /// A method, and what the path says of its request.
    Rule(&'a Rule, Vec<(&'a str, String)>),
    /// The path is known, under these HTTP methods.
    OtherVerbs(Vec<Method>),
    /// Nothing.
    Nothing,
}

/// Our own proto files cannot be served over HTTP/JSON.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BadRules {
    /// The descriptor set cannot be read.
    #[error("the descriptor set cannot be read: {0}")]
    Descriptors(#[from] prost_reflect::DescriptorError),
    /// A template cannot be read.
    #[error(transparent)]
    Template(#[from] BadTemplate),
    /// A rule does not fit its method.
    #[error("the HTTP rule of {0} does not fit its request")]
    Unfit(String),
}

impl Rules {
    /// Reads the rules of all methods. A method without one is reached as `POST` on its gRPC path,
    /// like each other too.
    ///
    /// # Errors
    /// [`BadRules`].
    pub(crate) fn of(pool: &DescriptorPool) -> Result<Self, BadRules> {
        let extension = pool.get_extension_by_name("google.api.http");
        let mut rules = Vec::new();
        let served = |name: &str| name.starts_with("shuqiao.") && name != NOT_SERVED;
        for service in pool.services().filter(|s| served(s.package_name())) {
            // One body is one message: a method that takes several stays with gRPC.
            for method in service.methods().filter(|m| !m.is_client_streaming()) {
                if let Some(rule) = extension.as_ref().and_then(|http| annotated(&method, http)) {
                    rules.push(Rule::of(&method, &rule)?);
                }
                rules.push(Rule {
                    verb: Method::POST,
                    template: Template::parse(&path_of(&method))?,
                    body: Place::Whole,
                    method,
                    is_annotated: false,
                });
            }
        }
        Ok(Self { rules })
    }

    /// What a request is for.
    pub(crate) fn find(&self, verb: &Method, path: &str) -> Found<'_> {
        let mut others = Vec::new();
        for rule in &self.rules {
            let Some(variables) = rule.template.fit(path) else {
                continue;
            };
            if rule.verb == verb {
                return Found::Rule(rule, variables);
            }
            others.push(rule.verb.clone());
        }
        if others.is_empty() {
            Found::Nothing
        } else {
            Found::OtherVerbs(others)
        }
    }

    /// The rules that the proto files spell out, and one `POST` for each method without any.
    pub(crate) fn described(&self) -> impl Iterator<Item = &Rule> {
        self.rules
            .iter()
            .filter(|rule| rule.is_annotated || !self.has_annotated(&rule.method))
    }

    fn has_annotated(&self, method: &MethodDescriptor) -> bool {
        let mut rules = self.rules.iter();
        rules.any(|rule| rule.is_annotated && rule.method == *method)
    }
}

impl Rule {
    fn of(method: &MethodDescriptor, rule: &DynamicMessage) -> Result<Self, BadRules> {
        let unfit = || BadRules::Unfit(method.full_name().to_owned());
        let text = |name: &str| {
            rule.get_field_by_name(name)
                .and_then(|value| value.as_str().map(str::to_owned))
                .filter(|text| !text.is_empty())
        };
        let verbs = [
            ("get", Method::GET),
            ("post", Method::POST),
            ("put", Method::PUT),
            ("patch", Method::PATCH),
            ("delete", Method::DELETE),
        ];
        let (verb, path) = verbs
            .into_iter()
            .find_map(|(name, verb)| Some((verb, text(name)?)))
            .ok_or_else(unfit)?;
        let body = match text("body").as_deref() {
            None => Place::None,
            Some("*") => Place::Whole,
            Some(name) => {
                let field = method.input().get_field_by_name(name).ok_or_else(unfit)?;
                if field.is_list() || field.kind().as_message().is_none() {
                    return Err(unfit());
                }
                Place::Field(field)
            }
        };
        let template = Template::parse(&path)?;
        let known = template
            .fields()
            .all(|field| super::parameter::field_at(&method.input(), field).is_some());
        if !known {
            return Err(unfit());
        }
        Ok(Self {
            verb,
            template,
            body,
            method: method.clone(),
            is_annotated: true,
        })
    }

    /// The gRPC path of its method.
    pub(crate) fn path(&self) -> String {
        path_of(&self.method)
    }
}

/// The gRPC path of a method.
fn path_of(method: &MethodDescriptor) -> String {
    let service = method.parent_service().full_name();
    format!("/{service}/{}", method.name())
}

fn annotated(method: &MethodDescriptor, http: &ExtensionDescriptor) -> Option<DynamicMessage> {
    let options = method.options();
    if !options.has_extension(http) {
        return None;
    }
    match options.get_extension(http).into_owned() {
        Value::Message(rule) => Some(rule),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> Rules {
        let pool = DescriptorPool::decode(api::DESCRIPTOR_SET).unwrap();
        Rules::of(&pool).unwrap()
    }

    fn method(found: &Found<'_>) -> String {
        match found {
            Found::Rule(rule, _) => rule.method.name().to_owned(),
            Found::OtherVerbs(verbs) => format!("{verbs:?}"),
            Found::Nothing => "nothing".to_owned(),
        }
    }

    #[test]
    fn each_path_leads_to_one_method() {
        let rules = rules();
        for (verb, path, expected) in [
            (Method::POST, "/v1/certificates:lookup", "LookupCertificate"),
            (Method::GET, "/v1/systems/a", "GetSystem"),
            (Method::PATCH, "/v1/systems/a", "UpdateSystem"),
            (Method::GET, "/v1/systems/a/endpoints", "ListEndpoints"),
            (
                Method::POST,
                "/v1/systems/a/endpoints/b:probe",
                "ProbeEndpoint",
            ),
            (Method::DELETE, "/v1/systems/a", "[GET, PATCH]"),
            (Method::GET, "/v1/systems/a:suspend", "[POST]"),
            (Method::GET, "/v1/nothing", "nothing"),
            (
                Method::POST,
                "/shuqiao.exchange.v1.ExchangeService/ReadRows",
                "ReadRows",
            ),
            (
                Method::POST,
                "/shuqiao.provider.v1.RowService/StreamRows",
                "nothing",
            ),
        ] {
            assert_eq!(method(&rules.find(&verb, path)), expected, "{verb} {path}");
        }
    }

    #[test]
    fn every_served_method_is_described_once() {
        let rules = rules();
        let described = rules.described().count();
        let methods = rules.rules.iter().filter(|rule| !rule.is_annotated).count();
        assert_eq!(described, methods);
    }

    #[test]
    fn no_two_rules_take_the_same_path() {
        let rules = rules();
        let mut seen = std::collections::BTreeSet::new();
        for rule in &rules.rules {
            let (path, _) = rule.template.described();
            assert!(seen.insert((rule.verb.to_string(), path.clone())), "{path}");
        }
    }
}
