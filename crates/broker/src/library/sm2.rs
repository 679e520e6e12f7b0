//! SM2 as libraries use it: signatures over SM3 (GB/T 32918.2) and encryption in the order C1C3C2
//! (GB/T 32918.4). The published algorithms, not a certified product.

use ::sm2::dsa::signature::Verifier as _;
use ::sm2::dsa::{Signature, VerifyingKey};
use ::sm2::pke::{DecryptingKey, Mode};
use domain::library::Signer;

/// The key of a signer; none when the point does not lie on the curve.
pub(super) fn verifying_key(signer: &Signer) -> Option<VerifyingKey> {
    let point = unhex(signer.public_key.as_str())?;
    VerifyingKey::from_sec1_bytes(signer.identifier.as_str(), &point).ok()
}

/// Whether a signature, r and s in 128 hexadecimal digits, holds for a text.
pub(super) fn verify(signer: &Signer, text: &[u8], signature: &str) -> bool {
    let parsed = unhex(signature).and_then(|bytes| Signature::from_slice(&bytes).ok());
    match (verifying_key(signer), parsed) {
        (Some(key), Some(signature)) => key.verify(text, &signature).is_ok(),
        _ => false,
    }
}

/// The gateway's own key at a library.
pub(super) struct OwnKey(DecryptingKey);

impl OwnKey {
    /// The private number in 64 hexadecimal digits.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let number = unhex(text)?;
        let key = DecryptingKey::from_slice(&number).ok()?;
        let number = *key.as_nonzero_scalar();
        Some(Self(DecryptingKey::new_with_mode(number, Mode::C1C3C2)))
    }

    /// What was encrypted to it; none when it was not, or was changed.
    pub(super) fn open(&self, locked: &[u8]) -> Option<Vec<u8>> {
        self.0.decrypt(locked).ok()
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |b: u8| {
        char::from(b)
            .to_digit(16)
            .and_then(|d| u8::try_from(d).ok())
    };
    let mut bytes = Vec::with_capacity(text.len() / 2);
    for pair in text.as_bytes().chunks(2) {
        let [high, low] = pair else { return None };
        bytes.push(digit(*high)? << 4 | digit(*low)?);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use domain::library::{KeyId, PublicKey, SignerId};
    use domain::subject::hex;
    use sm3::{Digest as _, Sm3};

    use super::*;

    fn signer(public_key: &str, identifier: &str) -> Signer {
        Signer {
            key_id: KeyId::parse("k").unwrap(),
            public_key: PublicKey::parse(public_key).unwrap(),
            identifier: SignerId::parse(identifier).unwrap(),
        }
    }

    // GB/T 32918.5, A.2: the key, the message and the signature of the recommended curve.
    const KEY: &str = "04\
        09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020\
        ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13";
    const SIGNATURE: &str = "\
        f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3\
        b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa";

    #[test]
    fn the_signature_of_the_standard_holds_and_no_other() {
        let own = signer(KEY, "1234567812345678");
        assert!(verify(&own, b"message digest", SIGNATURE));
        assert!(!verify(&own, b"message digesu", SIGNATURE));
        assert!(!verify(
            &signer(KEY, "1234567812345679"),
            b"message digest",
            SIGNATURE
        ));
        let swapped = [&SIGNATURE[64..], &SIGNATURE[..64]].concat();
        for bad in [
            &swapped,
            &SIGNATURE[..126],
            &"0".repeat(128),
            &"f".repeat(128),
            "",
        ] {
            assert!(!verify(&own, b"message digest", bad), "{bad}");
        }
    }

    #[test]
    fn the_digest_of_the_standard_is_ours() {
        // GB/T 32905, A.1.
        assert_eq!(
            hex(&Sm3::digest(b"abc")),
            "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
        );
    }

    #[test]
    fn the_message_of_the_standard_is_decrypted_and_a_changed_one_is_not() {
        // GB/T 32918.5, C.2, put in the order C1C3C2.
        let key = "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8";
        let locked = "04\
            04ebfc718e8d1798620432268e77feb6415e2ede0e073c0f4f640ecd2e149a73\
            e858f9d81e5430a57b36daab8f950a3c64e6ee6a63094d99283aff767e124df0\
            59983c18f809e262923c53aec295d30383b54e39d609d160afcb1908d0bd8766\
            21886ca989ca9c7d58087307ca93092d651efa";
        let own = OwnKey::parse(key).unwrap();
        let bytes = unhex(locked).unwrap();
        assert_eq!(own.open(&bytes).unwrap(), b"encryption standard");
        for place in [1, 70, bytes.len() - 1] {
            let mut changed = bytes.clone();
            changed[place] ^= 1;
            assert_eq!(own.open(&changed), None, "{place}");
        }
        for short in [0, 1, 64, 65, 96] {
            assert_eq!(own.open(&bytes[..short]), None, "{short}");
        }
        assert!(OwnKey::parse("00").is_none() && OwnKey::parse(&"0".repeat(64)).is_none());
    }

    #[test]
    fn a_point_off_the_curve_is_no_key() {
        let mut off = KEY.to_owned();
        off.replace_range(129..130, "4");
        assert!(verifying_key(&signer(&off, "a")).is_none());
    }
}
