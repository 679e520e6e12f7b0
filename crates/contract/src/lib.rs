//! What a provider agrees to.
//!
//! [`wire`] reads what providers answer by the contract of `shuqiao.provider.v1`: parsed once, or refused.
//! [`examine()`] tries an endpoint against the whole contract, good and bad, and says what it saw. Nothing here
//! knows a store or a grant: the gateway runs it, and so does an engineer's own machine ([`rehearsal()`], [`Direct`]).

mod answers;
mod cases;
mod direct;
mod examine;
pub mod http_json;
mod line;
mod question;
mod reach;
mod rehearsal;
mod tls;
pub mod wire;

pub use direct::Direct;
pub use examine::{Setting, examine};
pub use reach::{Connected, NoWay, Reach, Shown};
pub use rehearsal::{Entry, Rehearsal, rehearsal};
pub use tls::{client_config, speaking_http2};
