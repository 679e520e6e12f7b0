//! Time and ids, as parameters: the two places where the outside world is asked for them.

use std::fmt;

use jiff::Timestamp;

/// Tells the time.
pub trait Clock: Send + Sync + fmt::Debug {
    /// The present moment.
    fn now(&self) -> Timestamp;
}

/// Makes ids.
pub trait IdSource: Send + Sync + fmt::Debug {
    /// A new UUID, hyphenated.
    fn uuid(&self) -> String;
    /// Random bytes fit for a secret.
    fn secret(&self) -> [u8; 32];
}

/// The clock of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the wall clock"
    )]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// Ids from the operating system's randomness.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemIds;

impl IdSource for SystemIds {
    #[expect(clippy::disallowed_methods, reason = "the one place that makes ids")]
    fn uuid(&self) -> String {
        uuid::Uuid::now_v7().hyphenated().to_string()
    }

    fn secret(&self) -> [u8; 32] {
        use rand_core::RngCore as _;
        let mut bytes = [0; 32];
        rand_core::OsRng.fill_bytes(&mut bytes);
        bytes
    }
}
