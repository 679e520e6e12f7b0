//! Measures the gateway beside what a department would put in its place.
//!
//! [`echo`] is the backend, [`load`] the client, [`contender`] what is compared, [`shape`] how they
//! are called, [`round`] one measurement, [`report`] what comes of many. [`world`] brings a gateway
//! to its first call, [`evidence`] looks at its ledger. [`demo`] calls one that runs already. [`proc`], [`disk`], [`child`] and [`keys`]
//! are what these stand on. How to run it, and what each figure is: `bench/README.md`.

pub mod child;
pub mod contender;
pub mod demo;
pub mod disk;
pub mod echo;
pub mod evidence;
pub mod keys;
pub mod load;
pub mod proc;
pub mod report;
pub mod round;
pub mod shape;
pub mod synthetic;
pub mod tls;
pub mod world;

/// What keeps a measurement from being made, in words for whoever runs it.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// Does a piece of work until it ends or the user interrupts it. Dropped on the way out, its children are
/// asked to end.
///
/// # Errors
/// Those of the work; that it was interrupted.
pub async fn until_interrupted<T>(
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    // The first provider installed is the one for all.
    let _ = rustls::crypto::ring::default_provider().install_default();
    tokio::select! {
        done = work => done,
        _ = tokio::signal::ctrl_c() => Err("interrupted".into()),
    }
}
