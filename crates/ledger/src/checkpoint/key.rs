//! The two halves of a log's key: signing and verifying notes.

use std::fmt;

use base64::prelude::{BASE64_STANDARD, Engine};
use ed25519_dalek::{SignatureError, Signer, SigningKey, VerifyingKey};
use rand_core::CryptoRngCore;
use signed_note::{Note, StandardVerifier, VerifierList, key_id, new_ed25519_verifier_key};

use super::{Checkpoint, CheckpointError, check_origin};

/// The longest signed note that is read, in bytes.
const MAX_NOTE: usize = 16 * 1024;
/// C2SP signed-note asks verifiers to take at least this many signatures; we take no more.
const MAX_SIGNATURES: usize = 16;
/// The algorithm byte of Ed25519 in a verifier key.
const ED25519: u8 = 1;

/// The signing key of a log.
///
/// A log MUST NOT sign two checkpoints that are inconsistent. This type cannot know; whoever calls
/// [`LogSigner::sign`] signs only what it has computed from recorded entries.
pub struct LogSigner {
    key: SigningKey,
    origin: String,
}

impl LogSigner {
    /// Draws a new key.
    ///
    /// # Errors
    /// When the origin is not 1 to 255 printable ASCII characters without blanks and `+`.
    pub fn generate(rng: &mut impl CryptoRngCore, origin: &str) -> Result<Self, CheckpointError> {
        let mut seed = [0_u8; 32];
        rng.fill_bytes(&mut seed);
        Self::from_seed(seed, origin)
    }

    /// The key that belongs to a seed.
    ///
    /// # Errors
    /// When the origin is not 1 to 255 printable ASCII characters without blanks and `+`.
    pub fn from_seed(seed: [u8; 32], origin: &str) -> Result<Self, CheckpointError> {
        check_origin(origin)?;
        Ok(Self {
            key: SigningKey::from_bytes(&seed),
            origin: origin.to_owned(),
        })
    }

    /// The seed, to be kept secret by the caller.
    #[must_use]
    pub fn seed(&self) -> [u8; 32] {
        self.key.to_bytes()
    }

    /// The log this key speaks for.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The verifier key text (vkey) of C2SP signed-note, to be handed out.
    #[must_use]
    pub fn verifier_key(&self) -> String {
        new_ed25519_verifier_key(&self.origin, &self.key.verifying_key())
    }

    /// Signs a checkpoint. The entries it covers are *published* once others can read this text.
    ///
    /// # Errors
    /// When the checkpoint is of another origin.
    pub fn sign(&self, checkpoint: &Checkpoint) -> Result<String, CheckpointError> {
        if checkpoint.origin != self.origin {
            return Err(CheckpointError::Origin);
        }
        self.sign_text(&checkpoint.text())
    }

    /// Signs any note text. Each kind of text MUST begin so that it cannot be read as another.
    pub(crate) fn sign_text(&self, text: &str) -> Result<String, CheckpointError> {
        let mut note = Note::new(text.as_bytes(), &[]).map_err(|_| CheckpointError::Note)?;
        note.add_sigs(&[&NoteSigner(self)])
            .map_err(|_| CheckpointError::Note)?;
        String::from_utf8(note.to_bytes()).map_err(|_| CheckpointError::Note)
    }
}

impl fmt::Debug for LogSigner {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("LogSigner")
            .field("verifier_key", &self.verifier_key())
            .finish()
    }
}

struct NoteSigner<'s>(&'s LogSigner);

impl signed_note::Signer for NoteSigner<'_> {
    fn name(&self) -> &str {
        &self.0.origin
    }

    fn key_id(&self) -> u32 {
        let public = self.0.key.verifying_key();
        key_id(
            self.name(),
            &[&[ED25519], public.as_bytes().as_slice()].concat(),
        )
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignatureError> {
        Ok(self.0.key.try_sign(message)?.to_vec())
    }
}

/// The public key of a log, as somebody outside trusts it.
#[derive(Clone)]
pub struct LogVerifier {
    verifier: StandardVerifier,
    vkey: String,
}

impl LogVerifier {
    /// Reads a verifier key. Only the one spelling that [`LogSigner::verifier_key`] writes is taken.
    ///
    /// # Errors
    /// When the text is not such a key, its key id is wrong, or the key is one of the few weak ones
    /// under which anything would verify.
    pub fn parse(vkey: &str) -> Result<Self, CheckpointError> {
        let verifier = StandardVerifier::new(vkey).map_err(|_| CheckpointError::Key)?;
        let (origin, key) = split_vkey(vkey).ok_or(CheckpointError::Key)?;
        check_origin(origin)?;
        if key.is_weak() || new_ed25519_verifier_key(origin, &key) != vkey {
            return Err(CheckpointError::Key);
        }
        Ok(Self {
            verifier,
            vkey: vkey.to_owned(),
        })
    }

    /// The log whose key this is.
    #[must_use]
    pub fn origin(&self) -> &str {
        signed_note::Verifier::name(&self.verifier)
    }

    /// The key as text.
    #[must_use]
    pub fn vkey(&self) -> &str {
        &self.vkey
    }

    /// Opens a signed checkpoint: signature, origin and every byte of the text are checked.
    ///
    /// Signatures of other keys (witnesses) are passed over, as C2SP asks; there must be exactly
    /// one of this key.
    ///
    /// # Errors
    /// When it is not a signed checkpoint of this log.
    pub fn open(&self, note: &str) -> Result<Checkpoint, CheckpointError> {
        let checkpoint = Checkpoint::from_text(&self.open_text(note)?)?;
        if checkpoint.origin == self.origin() {
            Ok(checkpoint)
        } else {
            Err(CheckpointError::Origin)
        }
    }

    /// Opens any note signed by this key and returns its text.
    pub(crate) fn open_text(&self, note: &str) -> Result<String, CheckpointError> {
        if note.len() > MAX_NOTE {
            return Err(CheckpointError::Note);
        }
        let parsed = Note::from_bytes(note.as_bytes()).map_err(|_| CheckpointError::Note)?;
        if parsed.to_bytes() != note.as_bytes() {
            return Err(CheckpointError::Note);
        }
        let known = VerifierList::new(vec![Box::new(self.verifier.clone())]);
        let (ours, others) = parsed
            .verify(&known)
            .map_err(|_| CheckpointError::Signature)?;
        let text = std::str::from_utf8(parsed.text()).map_err(|_| CheckpointError::Note)?;
        // Repeated lines are dropped unread by `verify`; counting the lines refuses them.
        let lines = note
            .get(text.len()..)
            .unwrap_or_default()
            .lines()
            .skip(1)
            .count();
        let counted = others.len().checked_add(1);
        if ours.len() != 1 || counted != Some(lines) || lines > MAX_SIGNATURES {
            return Err(CheckpointError::Signature);
        }
        Ok(text.to_owned())
    }
}

impl fmt::Debug for LogVerifier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_tuple("LogVerifier")
            .field(&self.vkey)
            .finish()
    }
}

impl PartialEq for LogVerifier {
    fn eq(&self, other: &Self) -> bool {
        self.vkey == other.vkey
    }
}

impl Eq for LogVerifier {}

fn split_vkey(vkey: &str) -> Option<(&str, VerifyingKey)> {
    let (origin, rest) = vkey.split_once('+')?;
    let (_, base64) = rest.split_once('+')?;
    let bytes = BASE64_STANDARD.decode(base64).ok()?;
    let key: &[u8; 32] = bytes.strip_prefix(&[ED25519])?.try_into().ok()?;
    Some((origin, VerifyingKey::from_bytes(key).ok()?))
}
