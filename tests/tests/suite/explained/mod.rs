//! Explain over the network: what it tells is what the call hears, and who removes what stands in the way.

mod same;
mod told;
mod ways;
