//! The SM2 keys of a library: the one that signs its answers, and the gateway's to which it encrypts.

use domain::subject::hex;
use sm2::dsa::SigningKey;
use sm2::dsa::signature::Signer as _;
use sm2::elliptic_curve::Generate as _;
use sm2::elliptic_curve::common::getrandom::SysRng;
use sm2::pke::{EncryptingKey, Mode};
use sm2::{PublicKey, SecretKey};

/// What the library calls the key that signs.
pub(super) const KEY_ID: &str = "library-2022-1";
/// The identifier of the signer, which is the default one.
const SIGNER: &str = "1234567812345678";

pub(super) struct Keys {
    own: SigningKey,
    /// Somebody else's, for answers that must not be believed.
    other: SigningKey,
    gateway: SecretKey,
}

impl Keys {
    pub(super) fn make() -> Result<Self, String> {
        let secret = || SecretKey::try_generate().map_err(|error| error.to_string());
        let signing = || SigningKey::new(SIGNER, &secret()?).map_err(|error| error.to_string());
        Ok(Self {
            own: signing()?,
            other: signing()?,
            gateway: secret()?,
        })
    }

    /// The public key that signs, uncompressed, in hexadecimal.
    pub(super) fn public_key(&self) -> String {
        hex(&self.own.verifying_key().to_sec1_bytes())
    }

    /// The gateway's private key in hexadecimal.
    pub(super) fn gateway_secret(&self) -> String {
        hex(&self.gateway.to_bytes())
    }

    /// The signature over a text, r and s in hexadecimal.
    pub(super) fn sign(&self, text: &str, as_other: bool) -> String {
        let key = if as_other { &self.other } else { &self.own };
        let signature: sm2::dsa::Signature = key.sign(text.as_bytes());
        hex(&signature.to_bytes())
    }

    /// Data encrypted to the gateway, in the order C1C3C2.
    pub(super) fn lock(&self, data: &[u8]) -> Vec<u8> {
        let public: PublicKey = self.gateway.public_key();
        let key = EncryptingKey::new_with_mode(public, Mode::C1C3C2);
        // Only the system's source of randomness can fail here; an empty text is then refused.
        key.encrypt(&mut SysRng, data).unwrap_or_default()
    }
}
