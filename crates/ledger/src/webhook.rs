//! Messages that are brought to a receiver, signed as Standard Webhooks 1.0 asks (`v1a`, Ed25519).
//!
//! Signed is `{id}.{timestamp}.{body}`. A receiver checks the signature over the bytes as they came, refuses a timestamp
//! more than five minutes off, and remembers ids. Five minutes of ids keep what somebody else plays back from being done
//! twice. The sender itself brings a message again for as long as it tries, under the same id and with a new timestamp, so
//! ids are kept for that long at least (`give_up_s`).

use std::fmt;

use base64::prelude::{BASE64_STANDARD, Engine};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

/// What the text of a public key begins with.
const PUBLIC: &str = "whpk_";
/// What a signature of this kind begins with.
const VERSION: &str = "v1a";
/// How far a timestamp may be off, in seconds.
pub const TOLERANCE_S: i64 = 300;
/// Signatures that a header may hold: keys that follow each other.
const SIGNATURES: usize = 16;

/// The key by which messages are signed. It is none of the log's.
pub struct WebhookSigner(SigningKey);

/// The public half.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookVerifier(VerifyingKey);

/// What came with a message beside its body.
#[derive(Clone, Copy, Debug)]
pub struct WebhookHeaders<'a> {
    /// `webhook-id`: the same for each attempt to bring it.
    pub id: &'a str,
    /// `webhook-timestamp`: of this attempt, in seconds since 1970.
    pub timestamp: &'a str,
    /// `webhook-signature`: one or several, separated by blanks.
    pub signature: &'a str,
}

/// Why a message is not to be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WebhookError {
    /// Not `whpk_` and the base64 of a good Ed25519 key.
    #[error("the public key is not whpk_ and the base64 of an Ed25519 key")]
    Key,
    /// An id that would shift what is signed, or no number.
    #[error("webhook-id or webhook-timestamp is missing or not what it should be")]
    Headers,
    /// Older or younger than the tolerance.
    #[error("webhook-timestamp is more than five minutes off: it may be a replay")]
    Timestamp,
    /// No signature fits.
    #[error(
        "no v1a signature in webhook-signature fits: another key, or another id, timestamp or body was signed"
    )]
    Signature,
}

impl WebhookSigner {
    /// The key that belongs to a seed.
    #[must_use]
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self(SigningKey::from_bytes(&seed))
    }

    /// The public key as text.
    #[must_use]
    pub fn public_key(&self) -> String {
        let key = self.0.verifying_key();
        format!("{PUBLIC}{}", BASE64_STANDARD.encode(key.as_bytes()))
    }

    /// The signature header of a message.
    #[must_use]
    pub fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        let signature = self.0.sign(&signed(id, &timestamp.to_string(), body));
        format!("{VERSION},{}", BASE64_STANDARD.encode(signature.to_bytes()))
    }
}

impl fmt::Debug for WebhookSigner {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "WebhookSigner({})", self.public_key())
    }
}

impl WebhookVerifier {
    /// Reads a public key.
    ///
    /// # Errors
    /// [`WebhookError::Key`], also for one under which anything would verify.
    pub fn parse(text: &str) -> Result<Self, WebhookError> {
        let decoded = text.trim().strip_prefix(PUBLIC);
        let decoded = decoded.and_then(|base64| BASE64_STANDARD.decode(base64).ok());
        let bytes: Option<[u8; 32]> = decoded.and_then(|bytes| bytes.try_into().ok());
        let key = bytes.and_then(|bytes| VerifyingKey::from_bytes(&bytes).ok());
        key.filter(|key| !key.is_weak())
            .map(Self)
            .ok_or(WebhookError::Key)
    }

    /// Checks a message at a moment, in seconds since 1970. Whether its id came before, the receiver must look up.
    ///
    /// # Errors
    /// Why it is not to be believed.
    pub fn verify(
        &self,
        headers: &WebhookHeaders<'_>,
        body: &[u8],
        now: i64,
    ) -> Result<(), WebhookError> {
        let WebhookHeaders {
            id,
            timestamp,
            signature,
        } = *headers;
        // A point in the id would let one message be read as another.
        if id.is_empty() || id.contains('.') {
            return Err(WebhookError::Headers);
        }
        let at: i64 = timestamp.parse().map_err(|_| WebhookError::Headers)?;
        if now.abs_diff(at) > TOLERANCE_S.unsigned_abs() {
            return Err(WebhookError::Timestamp);
        }
        let signed = signed(id, timestamp, body);
        let mut given = signature.split(' ').take(SIGNATURES);
        let fits = |text: &str| {
            let base64 = text.strip_prefix(VERSION)?.strip_prefix(',')?;
            let bytes = BASE64_STANDARD.decode(base64).ok()?;
            let signature = Signature::from_slice(&bytes).ok()?;
            self.0.verify_strict(&signed, &signature).ok()
        };
        if given.any(|text| fits(text).is_some()) {
            return Ok(());
        }
        Err(WebhookError::Signature)
    }
}

fn signed(id: &str, timestamp: &str, body: &[u8]) -> Vec<u8> {
    [id.as_bytes(), b".", timestamp.as_bytes(), b".", body].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = b"{\"name\":\"sharing.grant.revoked\"}";
    const AT: i64 = 1_654_056_000;

    fn verified(headers: &WebhookHeaders<'_>, body: &[u8], now: i64) -> Result<(), WebhookError> {
        let key = WebhookSigner::from_seed([7; 32]).public_key();
        WebhookVerifier::parse(&key)
            .unwrap()
            .verify(headers, body, now)
    }

    fn headers<'a>(id: &'a str, timestamp: &'a str, signature: &'a str) -> WebhookHeaders<'a> {
        WebhookHeaders {
            id,
            timestamp,
            signature,
        }
    }

    #[test]
    fn a_message_is_believed_as_it_was_signed_and_no_other() {
        use WebhookError::{Headers, Signature};
        let signature = WebhookSigner::from_seed([7; 32]).sign("a_1", AT, BODY);
        let (at, later) = (AT.to_string(), (AT + 1).to_string());
        let good = headers("a_1", &at, &signature);
        assert_eq!(verified(&good, BODY, AT), Ok(()));
        let rotated = format!("v1,AAAA v1a,AAAA {signature}");
        assert_eq!(verified(&headers("a_1", &at, &rotated), BODY, AT), Ok(()));
        assert_eq!(
            verified(&good, &BODY[1..], AT),
            Err(Signature),
            "another body"
        );
        let other = WebhookSigner::from_seed([8; 32]).sign("a_1", AT, BODY);
        for (case, headers, told) in [
            ("another id", headers("a_2", &at, &signature), Signature),
            (
                "another time",
                headers("a_1", &later, &signature),
                Signature,
            ),
            ("another key", headers("a_1", &at, &other), Signature),
            ("no signature", headers("a_1", &at, ""), Signature),
            ("no id", headers("", &at, &signature), Headers),
            (
                "an id that shifts",
                headers("a.1", &at, &signature),
                Headers,
            ),
            ("no time", headers("a_1", "soon", &signature), Headers),
        ] {
            assert_eq!(verified(&headers, BODY, AT), Err(told), "{case}");
        }
    }

    #[test]
    fn a_message_is_believed_for_five_minutes_either_way() {
        let signature = WebhookSigner::from_seed([7; 32]).sign("a_1", AT, BODY);
        let at = AT.to_string();
        let good = headers("a_1", &at, &signature);
        for (now, wanted) in [
            (AT + TOLERANCE_S, Ok(())),
            (AT - TOLERANCE_S, Ok(())),
            (AT + TOLERANCE_S + 1, Err(WebhookError::Timestamp)),
            (AT - TOLERANCE_S - 1, Err(WebhookError::Timestamp)),
            (i64::MIN, Err(WebhookError::Timestamp)),
        ] {
            assert_eq!(verified(&good, BODY, now), wanted, "{now}");
        }
    }

    #[test]
    fn keys_are_read_in_one_spelling() {
        let key = WebhookSigner::from_seed([7; 32]).public_key();
        assert!(key.starts_with("whpk_") && WebhookVerifier::parse(&key).is_ok());
        let weak = format!("whpk_{}", BASE64_STANDARD.encode([0; 32]));
        for bad in [
            "",
            "whpk_",
            "whpk_AAAA",
            key.trim_start_matches("whpk_"),
            weak.as_str(),
        ] {
            assert_eq!(WebhookVerifier::parse(bad), Err(WebhookError::Key), "{bad}");
        }
    }
}
