//! The digests of a file, which go on from part to part and over restarts.

use domain::fault::Cause;
use domain::file::{Digest, Digests, Format, Progress, TextCheck};
use domain::subject::hex;
use sha2_kept::Sha256;
use sha2_kept::digest::Digest as _;
use sha2_kept::digest::common::hazmat::SerializableState;
use sm3::Sm3;

/// Digests under way.
#[derive(Clone)]
pub(super) struct Running {
    sha256: Sha256,
    sm3: Sm3,
    text: Option<TextCheck>,
}

impl Running {
    /// Goes on behind what was received.
    ///
    /// # Errors
    /// `STATE_UNREADABLE` for a progress that this version did not write.
    pub(super) fn of(progress: &Progress, format: Format) -> Result<Self, Cause> {
        Ok(Self {
            sha256: state(&progress.sha256)?,
            sm3: state(&progress.sm3)?,
            text: format.is_text().then(|| progress.text.clone()),
        })
    }

    /// Takes the next bytes.
    pub(super) fn add(&mut self, bytes: &[u8]) {
        self.sha256.update(bytes);
        self.sm3.update(bytes);
        if let Some(text) = &mut self.text {
            text.add(bytes);
        }
    }

    /// Writes the state down.
    pub(super) fn write(&self, progress: &mut Progress) {
        progress.sha256 = hex(&self.sha256.serialize());
        progress.sm3 = hex(&self.sm3.serialize());
        progress.text = self.text.clone().unwrap_or_default();
    }

    /// Whether it is text, where it must be.
    pub(super) fn is_text(&self) -> bool {
        self.text.as_ref().is_none_or(TextCheck::is_text)
    }

    /// The digests of everything that was taken.
    ///
    /// # Errors
    /// Never: both have 256 bits.
    pub(super) fn finish(self) -> Result<Digests, Cause> {
        Ok(Digests {
            sha256: Digest::parse(&hex(&self.sha256.finalize()))?,
            sm3: Digest::parse(&hex(&self.sm3.finalize()))?,
        })
    }
}

/// The SHA-256 of one part.
pub(super) fn part_digest(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// A kept state; an empty text is the beginning.
fn state<H: SerializableState + Default>(text: &str) -> Result<H, Cause> {
    if text.is_empty() {
        return Ok(H::default());
    }
    let unreadable = || {
        Cause::new(
            "STATE_UNREADABLE",
            "the digests of the upload are unreadable",
        )
    };
    let bytes = unhex(text).ok_or_else(unreadable)?;
    let bytes = bytes.as_slice().try_into().map_err(|_| unreadable())?;
    H::deserialize(bytes).map_err(|_| unreadable())
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    text.as_bytes().chunks(2).map(byte).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The digests of bytes that came in these pieces, with the state written down in between.
    fn digests(pieces: &[&[u8]], format: Format) -> (Digests, bool) {
        let mut progress = Progress::default();
        for piece in pieces {
            let mut running = Running::of(&progress, format).unwrap();
            running.add(piece);
            running.write(&mut progress);
        }
        let running = Running::of(&progress, format).unwrap();
        (running.clone().finish().unwrap(), running.is_text())
    }

    #[test]
    fn the_digests_are_those_of_the_standards() {
        // FIPS 180-4 and GB/T 32905-2016 give these for "abc".
        let (found, text) = digests(&[b"a", b"", b"bc"], Format::Plain);
        assert_eq!(
            found.sha256.as_str(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(
            found.sm3.as_str(),
            "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
        );
        assert!(text);
    }

    #[test]
    fn a_state_of_another_shape_is_not_taken() {
        for text in ["00", "zz", &"00".repeat(200)] {
            let progress = Progress {
                sha256: text.to_owned(),
                ..Progress::default()
            };
            assert!(Running::of(&progress, Format::Pdf).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_cut_gives_the_same_digests(
            bytes in prop::collection::vec(any::<u8>(), 0..1000),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
        ) {
            let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
            places.extend([0, bytes.len()]);
            places.sort_unstable();
            let pieces: Vec<&[u8]> = places.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
            prop_assert_eq!(digests(&pieces, Format::Csv), digests(&[&bytes], Format::Csv));
        }
    }
}
