//! The test kit: throw-away databases, a gateway in process, the real program as a process.
//!
//! Only departments are simulated (by the sandbox, over the real wire); everything else is the
//! product itself.

pub mod city;
pub mod databases;
pub mod drafts;
pub mod folder;
pub mod gateway;
pub mod postgres;
pub mod process;
