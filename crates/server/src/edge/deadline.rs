//! Deadlines: every call of ours has one, since every hop behind it needs one.

use std::time::Duration;

use domain::reason::Reason;
use http::HeaderMap;
use tokio::time::Instant;
use tonic::Status;

use crate::status::refused;

/// The longest that a call may take.
const MOST: Duration = Duration::from_mins(1);

/// The longest that a watch may last. It is looked at all the while whether its caller stands.
const MOST_OF_A_WATCH: Duration = Duration::from_mins(30);

/// When the caller stops waiting.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline(Instant);

impl Deadline {
    /// The moment.
    pub(crate) fn at(self) -> Instant {
        self.0
    }

    /// Whether the caller has stopped waiting.
    pub(crate) fn has_passed(self) -> bool {
        Instant::now() >= self.0
    }

    /// Reads `grpc-timeout`. Where it is optional, the longest is taken.
    ///
    /// # Errors
    /// `DEADLINE_MISSING` when there is none or it cannot be read.
    pub(crate) fn of(headers: &HeaderMap, optional: bool, watch: bool) -> Result<Self, Status> {
        let most = if watch { MOST_OF_A_WATCH } else { MOST };
        let given = headers
            .get("grpc-timeout")
            .map(|value| value.to_str().ok().and_then(parse));
        let span = match given {
            Some(Some(span)) => span.min(most),
            None if optional => most,
            None => return Err(refused(Reason::DeadlineMissing, "the call has no deadline")),
            Some(None) => {
                return Err(refused(
                    Reason::DeadlineMissing,
                    "grpc-timeout cannot be read",
                ));
            }
        };
        Ok(Self(Instant::now() + span))
    }
}

/// One to eight digits and a unit, as the gRPC protocol writes it.
fn parse(text: &str) -> Option<Duration> {
    let unit = text.chars().last()?;
    let digits = text.strip_suffix(unit)?;
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let count: u64 = digits.parse().ok()?;
    match unit {
        'H' => Some(Duration::from_secs(count.checked_mul(3600)?)),
        'M' => Some(Duration::from_secs(count.checked_mul(60)?)),
        'S' => Some(Duration::from_secs(count)),
        'm' => Some(Duration::from_millis(count)),
        'u' => Some(Duration::from_micros(count)),
        'n' => Some(Duration::from_nanos(count)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_watch_may_last_for_longer_than_a_call() {
        let headers = HeaderMap::from_iter([(
            http::HeaderName::from_static("grpc-timeout"),
            http::HeaderValue::from_static("1H"),
        )]);
        let now = Instant::now();
        let span = |watch| {
            let deadline = Deadline::of(&headers, false, watch).unwrap();
            deadline.at().duration_since(now).as_secs() / 60
        };
        assert_eq!((span(false), span(true)), (1, 30));
    }

    #[test]
    fn timeouts_are_read_as_grpc_writes_them() {
        for (text, span) in [
            ("5S", Some(Duration::from_secs(5))),
            ("100m", Some(Duration::from_millis(100))),
            ("1H", Some(Duration::from_hours(1))),
            ("", None),
            ("S", None),
            ("5", None),
            ("123456789S", None),
            ("-1S", None),
            ("5秒", None),
        ] {
            assert_eq!(parse(text), span, "{text}");
        }
    }
}
