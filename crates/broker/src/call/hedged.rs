//! Asking a second time when the first answer is slow, at another endpoint.
//!
//! One intent and one outcome cover both questions: they have the same request id and the same
//! receipt, and what one of them brings is released once.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use domain::hedging::Hedging;
use domain::name::EndpointId;
use ledger::receipt::IntentReceipt;
use tokio::time::{Instant, timeout};

use super::outgoing::Outgoing;
use super::{Call, Permitted};
use crate::connections::ProviderFault;
use crate::gateway::Gateway;

/// One question of a call, beside those that went before.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Attempt<'a> {
    /// Where it went is told here.
    pub(super) went_to: Option<&'a OnceLock<EndpointId>>,
    /// Where the one before went: this one goes elsewhere.
    pub(super) not_to: Option<&'a EndpointId>,
}

impl Gateway {
    /// Whether a question may be asked at two endpoints: the provider declared that it changes
    /// nothing, and there are two.
    pub(super) fn may_hedge(&self, permitted: &Permitted) -> bool {
        let provider = &permitted.permit.grant().provider;
        self.snapshot().endpoints(provider).len() > 1
            && permitted.route.method().is_free_of_effects()
    }

    /// Asks, and asks elsewhere too when that takes longer than usual. The first good answer counts;
    /// who is still working on the other is told to stop. `twice` is set when the second question goes
    /// out: whatever becomes of the call, the outcome tells of it.
    pub(super) async fn answer_hedged(
        &self,
        call: &Call,
        permitted: &Permitted,
        intent: &IntentReceipt,
        framed: Bytes,
        twice: &AtomicBool,
    ) -> Result<Vec<u8>, ProviderFault> {
        let provider = &permitted.permit.grant().provider;
        let begun = Instant::now();
        let patience = self.lines.hedging(provider, Hedging::ask);
        let went_to = OnceLock::new();
        let attempt = Attempt {
            went_to: Some(&went_to),
            not_to: None,
        };
        let body = Outgoing::One(Some(framed.clone()));
        let first = self.answer_of(call, permitted, intent, body, None, attempt);
        let mut first = std::pin::pin!(first);
        let answered = match timeout(patience, first.as_mut()).await {
            Ok(answered) => answered,
            Err(_) => match went_to.get() {
                Some(before) if self.lines.hedging(provider, Hedging::ask_again) => {
                    twice.store(true, Ordering::Relaxed);
                    let attempt = Attempt {
                        went_to: None,
                        not_to: Some(before),
                    };
                    let body = Outgoing::One(Some(framed));
                    let second = self.answer_of(call, permitted, intent, body, None, attempt);
                    first_good(first, std::pin::pin!(second)).await
                }
                _ => first.await,
            },
        };
        if answered.is_ok() {
            let took = begun.elapsed();
            self.lines
                .hedging(provider, |hedging| hedging.answered(took));
        }
        answered
    }
}

/// The first of two that is good; when neither is, the fault of the one that was asked first.
async fn first_good<T, E>(
    mut first: impl Future<Output = Result<T, E>> + Unpin,
    mut second: impl Future<Output = Result<T, E>> + Unpin,
) -> Result<T, E> {
    tokio::select! {
        answered = &mut first => match answered {
            Ok(answer) => Ok(answer),
            Err(fault) => second.await.map_err(|_| fault),
        },
        answered = &mut second => match answered {
            Ok(answer) => Ok(answer),
            Err(_) => first.await,
        },
    }
}
