//! Request signatures of the national sharing platform.
//!
//! A caller of that platform sends `gjgxjhpt_rid` (who asks), `gjgxjhpt_sid` (for which service),
//! `gjgxjhpt_rtime` (when, in milliseconds since 1970) and `gjgxjhpt_sign`, the base64 of
//! HMAC-SHA256 over sid, rid and rtime with the key that both sides hold (source: integration code
//! that provinces published; see docs/adr/0013-http-json.md). It covers neither path nor body, so
//! here it stands beside the TLS client certificate and never in its place.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use jiff::{SignedDuration, Timestamp};
use sha2::Sha256;

use crate::fault::{Cause, Faults};
use crate::subject::hex;

/// The headers, in the order of [`RequestSignature::parse`].
pub const HEADERS: [&str; 4] = [
    "gjgxjhpt_rid",
    "gjgxjhpt_sid",
    "gjgxjhpt_rtime",
    "gjgxjhpt_sign",
];

/// Clocks of replicas differ by less than this.
const SKEW: SignedDuration = SignedDuration::from_mins(1);

/// A signature as it was sent; nothing of it is proved yet.
#[derive(Clone)]
pub struct RequestSignature {
    requester: String,
    signed: String,
    time: Timestamp,
    mac: [u8; 32],
}

impl RequestSignature {
    /// Reads the four headers.
    ///
    /// # Errors
    /// All faults at once: `NOT_AN_ID`, `NOT_A_TIME`, `NOT_A_SIGNATURE`.
    pub fn parse(headers: [Option<&str>; 4]) -> Result<Self, Faults> {
        let [requester, service, time, sign] = headers.map(Option::unwrap_or_default);
        let [rid, sid, rtime, name_of_sign] = HEADERS;
        let mut faults = Faults::default();
        let requester = faults.check(rid, id(requester));
        let service = faults.check(sid, id(service));
        let moment = faults.check(rtime, moment(time));
        let mac = faults.check(name_of_sign, mac(sign));
        let whole = (|| {
            let (requester, service) = (requester?, service?);
            Some(Self {
                signed: format!("{service}{requester}{time}"),
                requester: requester.to_owned(),
                time: moment?,
                mac: mac?,
            })
        })();
        faults.finish(whole)
    }

    /// Who says to have signed; `a-z A-Z 0-9 _ -`, so it can name a file.
    pub fn requester(&self) -> &str {
        &self.requester
    }

    /// Whether it was made within this time before or after now.
    pub fn is_fresh(&self, now: Timestamp, window: SignedDuration) -> bool {
        now.duration_since(self.time).abs() <= window
    }

    /// Whether it was made with this key. Compared in constant time.
    pub fn is_by(&self, key: &[u8]) -> bool {
        let Ok(mut made) = Hmac::<Sha256>::new_from_slice(key) else {
            return false;
        };
        made.update(self.signed.as_bytes());
        made.verify_slice(&self.mac).is_ok()
    }

    /// What tells it from every other: its bytes in hexadecimal, whichever way they were written.
    pub fn nonce(&self) -> String {
        hex(&self.mac)
    }

    /// Until when it must be remembered, so that no clock takes it twice.
    pub fn remembered_until(&self, window: SignedDuration) -> Timestamp {
        let until = self.time.saturating_add(window).ok();
        until
            .and_then(|until| until.saturating_add(SKEW).ok())
            .unwrap_or(Timestamp::MAX)
    }
}

fn id(text: &str) -> Result<&str, Cause> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    if (1..=128).contains(&text.len()) && text.bytes().all(plain) {
        Ok(text)
    } else {
        Err(Cause::new("NOT_AN_ID", "give 1 to 128 of a-z A-Z 0-9 _ -"))
    }
}

fn moment(text: &str) -> Result<Timestamp, Cause> {
    let wrong = || Cause::new("NOT_A_TIME", "give milliseconds since 1970, 13 digits");
    if text.len() != 13 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(wrong());
    }
    let milliseconds = text.parse().map_err(|_| wrong())?;
    Timestamp::from_millisecond(milliseconds).map_err(|_| wrong())
}

fn mac(text: &str) -> Result<[u8; 32], Cause> {
    let wrong = || Cause::new("NOT_A_SIGNATURE", "give the base64 of 32 bytes");
    let bytes = STANDARD.decode(text).map_err(|_| wrong())?;
    bytes.try_into().map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: &str = "1650000000000";

    fn sign(key: &[u8], text: &str) -> String {
        let mut made = Hmac::<Sha256>::new_from_slice(key).unwrap();
        made.update(text.as_bytes());
        STANDARD.encode(made.finalize().into_bytes())
    }

    #[test]
    fn a_signature_is_by_its_key_and_for_its_time() {
        // RFC 4231, test case 2, by other means: key "Jefe".
        let text = sign(b"Jefe", &format!("s_1platform{AT}"));
        let read = |sid, rid| {
            RequestSignature::parse([Some(rid), Some(sid), Some(AT), Some(&text)]).unwrap()
        };
        let signature = read("s_1", "platform");
        assert!(signature.is_by(b"Jefe"));
        assert!(!signature.is_by(b"Jeff") && !signature.is_by(b""));
        assert!(!read("s_2", "platform").is_by(b"Jefe"));
        // Without a separator the same text can be cut elsewhere; the requester's key differs then,
        // and the nonce does not.
        assert_eq!(read("s_1p", "latform").nonce(), signature.nonce());
        let at = Timestamp::from_millisecond(1_650_000_000_000).unwrap();
        let window = SignedDuration::from_mins(10);
        for (seconds, fresh) in [
            (0, true),
            (600, true),
            (601, false),
            (-600, true),
            (-601, false),
        ] {
            let now = at + SignedDuration::from_secs(seconds);
            assert_eq!(signature.is_fresh(now, window), fresh, "{seconds}");
        }
        assert_eq!(
            signature.remembered_until(window),
            at + SignedDuration::from_mins(11)
        );
    }

    #[test]
    fn all_wrong_headers_are_named() {
        let text = sign(b"k", "x");
        let good = ["platform", "s_1", AT, text.as_str()];
        let faults = |index: usize, value: Option<&str>| {
            let mut headers = good.map(Some);
            headers[index] = value;
            let faults = RequestSignature::parse(headers).err().unwrap();
            faults
                .as_slice()
                .iter()
                .map(|fault| fault.field.clone())
                .collect::<Vec<_>>()
        };
        for (index, value) in [
            (0, None),
            (0, Some("../x")),
            (1, Some("")),
            (2, Some("165000000000")),
            (2, Some("-650000000000")),
            (3, Some("abc")),
            (3, Some("!!!!")),
        ] {
            assert_eq!(faults(index, value), [HEADERS[index]], "{value:?}");
        }
        assert_eq!(
            RequestSignature::parse([None; 4])
                .err()
                .unwrap()
                .as_slice()
                .len(),
            4
        );
    }
}
