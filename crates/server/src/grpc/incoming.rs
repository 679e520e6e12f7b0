//! What every handler takes from a request.

use broker::{Act, Failure, PageRequest};
use domain::caller::Caller;
use domain::fault::{Cause, FaultCause as _, Faults};
use domain::name::RequestId;
use domain::reason::Reason;
use domain::resource::Unread;
use domain::subject::hex;
use jiff::Timestamp;
use prost::Message;
use sha2::{Digest as _, Sha256};
use tonic::{Request, Status};

use crate::edge::{AtWork, Deadline};
use crate::status::{refused, status_of};

/// A request with its caller, before its message is parsed.
pub(crate) struct Incoming<T> {
    pub(crate) caller: Caller,
    pub(crate) deadline: Deadline,
    /// For work that must reach its end.
    pub(crate) at_work: Option<AtWork>,
    pub(crate) message: T,
}

impl<T: Message> Incoming<T> {
    /// Takes the parts that the edge put beside the message.
    pub(crate) fn of(request: Request<T>) -> Result<Self, Status> {
        let (_, extensions, message) = request.into_parts();
        let caller = extensions.get::<Caller>().cloned();
        let deadline = extensions.get::<Deadline>().copied();
        let caller = caller.ok_or_else(|| {
            refused(
                Reason::TlsCertificateMissing,
                "no TLS client certificate was presented",
            )
        })?;
        let deadline =
            deadline.ok_or_else(|| refused(Reason::DeadlineMissing, "the call has no deadline"))?;
        Ok(Self {
            caller,
            deadline,
            at_work: extensions.get().cloned(),
            message,
        })
    }

    /// The same request with what was found in its message.
    pub(crate) fn carrying<U>(self, message: U) -> Incoming<U> {
        Incoming {
            caller: self.caller,
            deadline: self.deadline,
            at_work: self.at_work,
            message,
        }
    }

    /// The state change that this request asks for.
    pub(crate) fn act<'a>(&'a self, method: &'static str, request_id: &'a RequestId) -> Act<'a> {
        let digest = hex(&Sha256::digest(self.message.encode_to_vec()));
        Act {
            caller: &self.caller,
            request_id,
            method,
            digest: format!("{method} {digest}"),
            validate_only: false,
        }
    }
}

/// Parsing of a message's fields with all faults collected.
#[derive(Default)]
pub(crate) struct Fields(Faults);

impl Fields {
    /// Keeps a good value; notes the fault of a bad one.
    pub(crate) fn take<T>(&mut self, field: &str, parsed: Result<T, Cause>) -> Option<T> {
        self.0.check(field, parsed)
    }

    /// A required name.
    pub(crate) fn name<T>(
        &mut self,
        field: &str,
        text: &str,
        parse: fn(&str) -> Result<T, Cause>,
    ) -> Option<T> {
        self.take(field, parse(text))
    }

    /// A name that may be left out. A bad one is noted, so [`Fields::finish`] refuses the whole.
    pub(crate) fn optional<T>(
        &mut self,
        field: &str,
        text: &str,
        parse: fn(&str) -> Result<T, Cause>,
    ) -> Option<T> {
        if text.trim().is_empty() {
            None
        } else {
            self.take(field, parse(text))
        }
    }

    /// Names of a list, each with its index.
    pub(crate) fn names<T>(
        &mut self,
        field: &str,
        texts: &[String],
        parse: fn(&str) -> Result<T, Cause>,
    ) -> Option<Vec<T>> {
        let parsed: Vec<Option<T>> = texts
            .iter()
            .enumerate()
            .map(|(index, text)| self.take(&format!("{field}[{index}]"), parse(text)))
            .collect();
        parsed.into_iter().collect()
    }

    /// Takes over the faults of a part, under its place in the whole.
    pub(crate) fn within(&mut self, place: &str, part: &Self) {
        for fault in part.0.as_slice() {
            let field = format!("{place}.{}", fault.field);
            self.0.add(&field, &fault.code, fault.message.as_str());
        }
    }

    /// The request id.
    pub(crate) fn request_id(&mut self, text: &str) -> Option<RequestId> {
        self.name("request_id", text, RequestId::parse)
    }

    /// What every step carries: which thing it is about, in the field `name`, and the request id.
    pub(crate) fn step<N>(
        &mut self,
        name: &str,
        request_id: &str,
        parse: fn(&str) -> Result<N, Cause>,
    ) -> Option<(N, RequestId)> {
        let id = self.request_id(request_id);
        let name = self.name("name", name, parse);
        name.zip(id)
    }

    /// The words of the stages that a list is narrowed to, in the field `states`.
    pub(crate) fn states<S: TryFrom<i32>>(
        &mut self,
        wire: &[i32],
        word: fn(S) -> Option<&'static str>,
    ) -> Vec<&'static str> {
        let mut words = Vec::new();
        for (index, state) in wire.iter().enumerate() {
            let word = S::try_from(*state).ok().and_then(word);
            let unknown = || Cause::new("UNKNOWN_STATE", "choose a state of the list");
            words.extend(self.take(&format!("states[{index}]"), word.ok_or_else(unknown)));
        }
        words
    }

    /// A message field that must be there.
    pub(crate) fn message<T>(&mut self, field: &str, message: Option<T>) -> Option<T> {
        self.take(
            field,
            message.ok_or_else(|| Cause::new("REQUIRED", "this part is missing")),
        )
    }

    /// Where to note faults, for a parser that others use too.
    pub(crate) fn faults(&mut self) -> &mut Faults {
        &mut self.0
    }

    /// How many faults were noted.
    pub(crate) fn count(&self) -> usize {
        self.0.as_slice().len()
    }

    /// The fields of an entry that could not be read: `place` is where it stands in the request, and so many faults
    /// were noted before it.
    pub(crate) fn unread(&self, place: &str, before: usize) -> Unread {
        Unread::of(place, self.0.as_slice().get(before..).unwrap_or_default())
    }

    /// The faults, for an answer that carries them in its body.
    pub(crate) fn into_faults(self) -> Faults {
        self.0
    }

    /// Notes a fault.
    pub(crate) fn fault(&mut self, field: &str, cause: &Cause) {
        self.0.add(field, cause.code(), cause.to_string());
    }

    /// The parsed whole, or the status that lists every fault.
    pub(crate) fn finish<T>(self, whole: Option<T>) -> Result<T, Status> {
        self.0
            .finish(whole)
            .map_err(|faults| status_of(Failure::from(faults)))
    }
}

/// The page asked for.
pub(crate) fn page(size: i32, token: &str) -> Result<PageRequest, Status> {
    PageRequest::new(size, token).map_err(|cause| status_of(Failure::field("page_size", &cause)))
}

/// Seconds from the wire; how many are too many is a rule of the city.
pub(crate) fn seconds(wire: i32) -> Result<u32, Cause> {
    u32::try_from(wire).map_err(|_| Cause::new("OUT_OF_RANGE", "give 0 or more"))
}

/// A moment for the wire.
pub(crate) fn wire_time(at: Timestamp) -> prost_types::Timestamp {
    prost_types::Timestamp {
        seconds: at.as_second(),
        nanos: at.subsec_nanosecond(),
    }
}

/// A count for the wire.
pub(crate) fn wire_count(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// A ledger index for the wire.
pub(crate) fn wire_index(index: u64) -> i64 {
    i64::try_from(index).unwrap_or(i64::MAX)
}

/// A moment from the wire. Databases keep microseconds, so a start is named by those.
pub(crate) fn moment(wire: Option<prost_types::Timestamp>) -> Result<Timestamp, Cause> {
    let wire = wire.ok_or_else(|| Cause::new("REQUIRED", "give a moment"))?;
    let micros = wire.nanos - wire.nanos % 1000;
    Timestamp::new(wire.seconds, micros)
        .map_err(|_| Cause::new("OUT_OF_RANGE", "there is no such moment"))
}
