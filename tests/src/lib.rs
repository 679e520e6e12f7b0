//! The test kit: throw-away databases, a gateway in process, the real program as a process.
//!
//! Only departments are simulated (by the sandbox, over the real wire); everything else is the
//! product itself.

pub mod city;
pub mod databases;
pub mod drafts;
pub mod files;
pub mod folder;
pub mod gateway;
pub mod inventory;
pub mod law;
pub mod postgres;
pub mod process;
pub mod tables;
pub mod world;

/// Runs futures at the same time and gives their results in order.
pub async fn together<F: Future>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    futures_util::future::join_all(futures).await
}
