//! What a provider agrees to.
//!
//! [`wire`] reads what providers answer by the contract of `shuqiao.provider.v1`: parsed once, or refused.
//! [`examine()`] tries an endpoint against the whole contract, good and bad, and says what it saw. Nothing here
//! knows a store or a grant: the gateway runs it, and an engineer's own machine can.

mod answers;
mod cases;
mod examine;
pub mod http_json;
mod line;
mod question;
mod reach;
mod tls;
pub mod wire;

pub use examine::{Setting, examine};
pub use reach::{Connected, NoWay, Reach, Shown};
pub use tls::{client_config, speaking_http2};
