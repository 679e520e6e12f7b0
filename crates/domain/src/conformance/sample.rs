//! What an endpoint is asked about: records that its department keeps for tests.
//!
//! A run has no legal basis to look at anybody, so whom it names cannot be alive: an organisation, or a citizen
//! born before 1906 (assumed: no register holds a living person as old).

use std::sync::Arc;

use crate::drift::Shape;
use crate::endpoint::{Endpoint, Protocol};
use crate::fault::Faults;
use crate::interface::{Interface, Method, MethodPath};
use crate::item::{DataType, ItemKey};
use crate::mask::FieldPath;
use crate::name::{InterfaceId, ResourceName};
use crate::operation::Operation;
use crate::resource::{Resource, ResourceState, ShareMode};
use crate::subject::Subject;
use crate::watch::{CERTIFICATES, ROWS};

use super::named::may_be_alive;
use super::question::{ONLY_SAMPLES, question};

/// What a department gives of one resource, as it came.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The resource.
    pub resource: ResourceName,
    /// Who holds a certificate there.
    pub holder: Option<Subject>,
    /// Who holds none.
    pub absent_holder: Option<Subject>,
    /// Of a table with personal data: the item that holds the code of the holder.
    pub holder_item: Option<ItemKey>,
    /// Questions to its own methods.
    pub calls: Vec<SampleCall>,
}

/// Questions to one method, as they came.
#[derive(Clone)]
pub struct SampleCall {
    /// The method as the interface calls it.
    pub method: String,
    /// A question that is answered with a record.
    pub found: SampleQuestion,
    /// A question about what is not there.
    pub absent: SampleQuestion,
}

/// One question: it can hold a person's code, so nothing of it shows.
#[derive(Clone, Default)]
pub struct SampleQuestion {
    /// Messages in the JSON form of protobuf, or the one body.
    pub json: Vec<String>,
    /// Path and query, where the system speaks HTTP and JSON.
    pub path: String,
}

/// What is examined at an endpoint, and what is not.
#[derive(Clone, Debug, Default)]
pub struct Examination {
    /// What is tried.
    pub exams: Vec<Exam>,
    /// Methods that may have an effect and that no sample lets a run call.
    pub untried: Vec<Untried>,
}

/// A method that is not tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Untried {
    /// The resource.
    pub resource: ResourceName,
    /// The method.
    pub method: MethodPath,
}

/// One thing to examine.
#[derive(Clone, Debug)]
pub struct Exam {
    /// The resource.
    pub resource: Arc<Resource>,
    /// By which contract.
    pub trial: Trial,
}

impl Exam {
    /// The method that is tried, where the resource has methods of its own.
    pub fn method(&self) -> Option<String> {
        match &self.trial {
            Trial::Call(call) => Some(call.method.path().as_str().to_owned()),
            Trial::Certificates { .. } | Trial::Rows(_) | Trial::Files => None,
        }
    }

    /// The shape of an answer as far as it may be kept, and under which name.
    pub fn to_keep(&self, shape: &Shape) -> Option<(String, Shape)> {
        let items = || self.resource.items.iter().map(|item| item.key.as_str());
        let (name, places): (_, Vec<&str>) = match &self.trial {
            Trial::Certificates { .. } => (CERTIFICATES.to_owned(), items().collect()),
            Trial::Rows(_) => (ROWS.to_owned(), items().collect()),
            Trial::Call(call) => {
                let places = call.operation.fields.iter().map(|field| &field.path);
                let places = places.chain(&call.operation.structure);
                let places = places.map(FieldPath::as_str).collect();
                (call.method.path().as_str().to_owned(), places)
            }
            Trial::Files => return None,
        };
        Some((name, shape.to_keep(&places)))
    }

    /// Whether a question may be asked more than once.
    pub fn may_repeat(&self) -> bool {
        match &self.trial {
            Trial::Certificates { .. } | Trial::Rows(_) | Trial::Files => true,
            Trial::Call(call) => call.method.is_free_of_effects(),
        }
    }
}

/// By which contract a resource is examined.
#[derive(Clone, Debug)]
pub enum Trial {
    /// Certificates by holder.
    Certificates {
        /// Who holds one.
        found: Subject,
        /// Who holds none.
        absent: Subject,
    },
    /// Rows. A table without personal data may be asked for any of its rows.
    Rows(Option<RowsOf>),
    /// Files that its system brings.
    Files,
    /// One method of the system's own.
    Call(Box<CallTrial>),
}

impl Trial {
    /// Whom its questions name.
    pub fn subjects(&self) -> Vec<&Subject> {
        match self {
            Self::Certificates { found, absent } => vec![found, absent],
            Self::Rows(of) => of.iter().map(|of| &of.found).collect(),
            Self::Files => Vec::new(),
            Self::Call(call) => {
                let asked = std::iter::once(&call.found).chain(&call.absent);
                asked.flat_map(|question| &question.subjects).collect()
            }
        }
    }
}

/// The rows of one holder.
#[derive(Clone, Debug)]
pub struct RowsOf {
    /// The item that holds the code.
    pub item: ItemKey,
    /// Who has rows.
    pub found: Subject,
}

/// The questions to one method.
#[derive(Clone)]
pub struct CallTrial {
    /// The method.
    pub method: Method,
    /// Where the items stand.
    pub operation: Operation,
    /// Answered with a record.
    pub found: Question,
    /// About what is not there.
    pub absent: Option<Question>,
}

/// One question, ready to be sent.
#[derive(Clone, Default)]
pub struct Question {
    /// Messages, or the one body.
    pub messages: Vec<Vec<u8>>,
    /// Path and query, where the system speaks HTTP and JSON.
    pub path: Option<String>,
    /// Whom it names.
    pub subjects: Vec<Subject>,
}

macro_rules! hidden {
    ($($name:ident),*) => {$(
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    )*};
}
hidden!(SampleCall, SampleQuestion, CallTrial, Question);

/// What is to be examined at an endpoint: everything that its system offers there and has not retired.
///
/// # Errors
/// Every fault of the samples at once: what lacks, what names nobody that may be named, what fits no method.
pub fn examination(
    endpoint: &Endpoint,
    resources: &[Arc<Resource>],
    interface: impl Fn(&InterfaceId) -> Option<Arc<Interface>>,
    samples: &[Sample],
) -> Result<Examination, Faults> {
    let mut faults = Faults::default();
    let mut whole = Examination::default();
    // What is still being written may not be served yet.
    let offered = resources.iter().filter(|resource| {
        !matches!(
            resource.state,
            ResourceState::Draft | ResourceState::Retired { .. }
        )
    });
    let mut used = vec![false; samples.len()];
    for resource in offered {
        let sample = samples
            .iter()
            .position(|sample| sample.resource == resource.name);
        let given = sample.and_then(|place| samples.get(place));
        if let Some(mark) = sample.and_then(|place| used.get_mut(place)) {
            *mark = true;
        }
        let at = sample.map_or_else(|| "samples".to_owned(), |place| format!("samples[{place}]"));
        let mut reader = Reader {
            endpoint,
            resource,
            given,
            at,
            faults: &mut faults,
            untried: &mut whole.untried,
        };
        whole.exams.extend(reader.exams(&interface));
    }
    for (place, sample) in samples.iter().enumerate() {
        if used.get(place) == Some(&false) {
            let text = format!(
                "{} is no resource of this system that is in use",
                sample.resource
            );
            faults.add(&format!("samples[{place}].resource"), "NOT_PROVIDED", text);
        }
    }
    faults.finish(Some(whole))
}

struct Reader<'a> {
    endpoint: &'a Endpoint,
    resource: &'a Arc<Resource>,
    given: Option<&'a Sample>,
    at: String,
    faults: &'a mut Faults,
    untried: &'a mut Vec<Untried>,
}

impl Reader<'_> {
    fn exams(&mut self, interface: &impl Fn(&InterfaceId) -> Option<Arc<Interface>>) -> Vec<Exam> {
        let mut trials = Vec::new();
        let modes = &self.resource.share_modes;
        let offers = |mode| modes.contains(&mode) && self.endpoint.serves(mode, self.resource);
        let (api, table) = (offers(ShareMode::Api), offers(ShareMode::Table));
        if api && self.resource.certificate_type.is_some() {
            trials.extend(self.certificates());
        } else if api && let Some(own) = &self.resource.api {
            let spoken = interface(&own.interface);
            let http = self.endpoint.protocol == Protocol::HttpJson;
            // A system can have one endpoint for its gRPC services and one for those of HTTP.
            if let Some(spoken) = spoken.filter(|found| found.descriptors.is_openapi() == http) {
                for operation in &own.operations {
                    if let Some(method) = spoken.descriptors.method(&operation.method) {
                        trials.extend(self.call(&method, operation));
                    }
                }
            }
        }
        if table {
            trials.extend(self.rows());
        }
        if offers(ShareMode::File) {
            trials.push(Trial::Files);
        }
        let resource = self.resource;
        let exam = |trial| Exam {
            resource: Arc::clone(resource),
            trial,
        };
        trials.into_iter().map(exam).collect()
    }

    fn certificates(&mut self) -> Option<Trial> {
        let found = self.given.and_then(|sample| sample.holder.clone());
        let absent = self.given.and_then(|sample| sample.absent_holder.clone());
        let found = self.holder("holder", "who holds a certificate for tests", found);
        let absent = self.holder("absent_holder", "who holds none", absent);
        Some(Trial::Certificates {
            found: found?,
            absent: absent?,
        })
    }

    /// A table with personal data is asked for the rows of one holder; a database is only looked at.
    fn rows(&mut self) -> Option<Trial> {
        let looked_at = matches!(self.endpoint.protocol, Protocol::Sql(_));
        if looked_at || !self.resource.is_personal() {
            return Some(Trial::Rows(None));
        }
        let found = self.given.and_then(|sample| sample.holder.clone());
        let found = self.holder("holder", "who has rows for tests", found);
        let item = self.given.and_then(|sample| sample.holder_item.clone());
        let known = item.filter(|key| {
            let item = self.resource.item(key);
            item.is_some_and(|item| item.data_type == DataType::C)
        });
        if known.is_none() {
            let text = format!(
                "name the item of {} that holds the code of the holder",
                self.resource.name
            );
            self.faults
                .add(&format!("{}.holder_item", self.at), "REQUIRED", text);
        }
        Some(Trial::Rows(Some(RowsOf {
            item: known?,
            found: found?,
        })))
    }

    fn holder(&mut self, field: &str, who: &str, given: Option<Subject>) -> Option<Subject> {
        let at = format!("{}.{field}", self.at);
        let Some(holder) = given else {
            let text = format!("name {who} of {}", self.resource.name);
            self.faults.add(&at, "REQUIRED", text);
            return None;
        };
        if may_be_alive(&holder) {
            self.faults.add(&at, "MAY_BE_ALIVE", ONLY_SAMPLES);
            return None;
        }
        Some(holder)
    }

    fn call(&mut self, method: &Method, operation: &Operation) -> Option<Trial> {
        let path = method.path();
        let named =
            |call: &&SampleCall| MethodPath::parse(&call.method).ok().as_ref() == Some(&path);
        let calls = self.given.map_or(&[][..], |sample| &sample.calls);
        let place = calls.iter().position(|call| named(&call));
        let Some((place, call)) = place.and_then(|place| Some((place, calls.get(place)?))) else {
            if method.is_free_of_effects() {
                let text = format!("give a question for {path} of {}", self.resource.name);
                self.faults
                    .add(&format!("{}.calls", self.at), "REQUIRED", text);
            } else {
                // A method that may have an effect is only called where a department says with what.
                self.untried.push(Untried {
                    resource: self.resource.name.clone(),
                    method: path,
                });
            }
            return None;
        };
        let at = format!("{}.calls[{place}]", self.at);
        let personal = self.resource.is_personal();
        let found = question(method, &call.found, personal);
        let found = self.faults.check(&format!("{at}.found"), found);
        let absent = if call.absent.is_empty() {
            None
        } else {
            let absent = question(method, &call.absent, personal);
            Some(self.faults.check(&format!("{at}.absent"), absent)?)
        };
        if absent.is_none() && !method.is_client_streaming() && method.is_free_of_effects() {
            let text = "give a question about what is not there";
            self.faults.add(&format!("{at}.absent"), "REQUIRED", text);
        }
        let trial = CallTrial {
            method: method.clone(),
            operation: operation.clone(),
            found: found?,
            absent,
        };
        Some(Trial::Call(Box::new(trial)))
    }
}

impl SampleQuestion {
    /// Whether nothing was given.
    pub fn is_empty(&self) -> bool {
        self.json.is_empty() && self.path.is_empty()
    }
}

#[cfg(test)]
mod tests;
