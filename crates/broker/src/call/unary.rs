//! One message each way.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use domain::reason::Reason;
use http_body_util::BodyExt as _;
use ledger::entry::Fact;
use ledger::receipt::IntentReceipt;
use tokio::sync::oneshot;

use super::answer::{bad_frame, whole};
use super::framing::{self, BadFrame, Gathered, HEAD, only_message};
use super::hedged::Attempt;
use super::outgoing::{Outgoing, Sent};
use super::{Answer, Call, Permitted, Upload, http_json, scope};
use crate::connections::ProviderFault;
use crate::exchange::{Ending, Use};
use crate::failure::Failure;
use crate::gateway::Gateway;
use crate::step::Step;

impl Gateway {
    pub(super) async fn call_unary(
        &self,
        mut call: Call,
        permitted: Permitted,
        body: Upload,
    ) -> Result<Answer, Failure> {
        let framed = read_request(body, &call.used).await?;
        // Reading may have taken its time: what was revoked meanwhile permits nothing.
        self.still_permitted(&call.used, &permitted.permit)
            .map_err(Failure::from)?;
        let asked = self.keys.pseudonyms.digest("asked", &[&framed]);
        let permit = &permitted.permit;
        let intent = self
            .intend(&call.used, permit, scope(&call, Some(asked)))
            .await?;
        let gone = take_gone(&mut call);
        let twice = AtomicBool::new(false);
        let asking = self.ask(&call.used, async {
            if self.may_hedge(&permitted) {
                // Boxed like all that is seldom: most providers have one endpoint.
                let hedged = self.answer_hedged(&call, &permitted, &intent, framed, &twice);
                return Box::pin(hedged).await;
            }
            let body = Outgoing::One(Some(framed));
            let attempt = Attempt::default();
            self.answer_of(&call, &permitted, &intent, body, None, attempt)
                .await
        });
        let answered = tokio::select! {
            answered = asking => answered,
            _ = gone => {
                let facts = how_often(&twice);
                let cancelling = self.cancel(&call.used, &permitted, &intent, facts);
                return Err(Box::pin(cancelling).await);
            }
        };
        let facts = how_often(&twice);
        self.release(&call.used, &permitted, &intent, answered, facts)
            .await
    }

    /// The one message of an answer, cut to the grant and framed.
    pub(super) async fn answer_of(
        &self,
        call: &Call,
        permitted: &Permitted,
        intent: &IntentReceipt,
        body: Outgoing,
        sent: Option<&Mutex<Sent>>,
        attempt: Attempt<'_>,
    ) -> Result<Vec<u8>, ProviderFault> {
        let putting = self.put(call, permitted, intent, body, sent, attempt);
        let (response, asked) = putting.await?;
        let came = match call.target {
            Some(_) => http_json::whole(response).await,
            None => whole(response).await,
        };
        let taken = came.and_then(|body| {
            self.still_trusts(&asked)?;
            // Whoever lost the right to the answer meanwhile does not get it.
            self.still_permitted(&call.used, &permitted.permit)?;
            let message = || only_message(&body).ok();
            self.watching.answer(&permitted.route, message);
            permitted.cut_one(&body)
        });
        match taken {
            Ok(framed) => {
                asked.done();
                Ok(framed)
            }
            Err(fault) => Err(asked.ended(fault)),
        }
    }

    /// Records the outcome, and only then gives the answer away.
    pub(super) async fn release(
        &self,
        used: &Use,
        permitted: &Permitted,
        intent: &IntentReceipt,
        answered: Result<Vec<u8>, ProviderFault>,
        mut facts: Vec<(&'static str, Fact)>,
    ) -> Result<Answer, Failure> {
        self.step(Step::Answered).await;
        let permit = &permitted.permit;
        let framed = match answered {
            Ok(framed) => framed,
            Err(fault) => {
                let (fault, mut ending) = permitted.failed(fault);
                ending.facts.extend(facts);
                let failing = self.fail_as(used, permit, intent, fault, ending);
                return Err(Box::pin(failing).await);
            }
        };
        let message = framed.get(HEAD..).unwrap_or_default();
        facts.push((
            "bytes",
            i64::try_from(message.len()).unwrap_or(i64::MAX).into(),
        ));
        facts.push((
            "digest",
            self.keys.pseudonyms.digest("release", &[message]).into(),
        ));
        let ending = Ending {
            facts,
            ..Ending::bare("delivered")
        };
        let receipt = self.conclude(used, permit, intent, ending).await?;
        Ok(Answer::One(framed.into(), Box::new(receipt)))
    }

    /// Records that the caller went away before it got anything.
    pub(super) async fn cancel(
        &self,
        used: &Use,
        permitted: &Permitted,
        intent: &IntentReceipt,
        facts: Vec<(&'static str, Fact)>,
    ) -> Failure {
        let ending = Ending {
            released: false,
            frees: permitted.route.method().is_free_of_effects(),
            facts,
            ..Ending::bare("cancelled")
        };
        let permit = &permitted.permit;
        match self.conclude(used, permit, intent, ending).await {
            Ok(_) => Failure::new(Reason::DeadlineExceeded, "the caller went away"),
            Err(failure) => failure,
        }
    }
}

/// What the outcome says of how often it was asked.
fn how_often(twice: &AtomicBool) -> Vec<(&'static str, Fact)> {
    let twice = twice.load(Ordering::Relaxed);
    twice
        .then(|| ("asked_twice", true.into()))
        .into_iter()
        .collect()
}

impl Permitted {
    /// What a fault of the provider means for this method. One that may have an effect is not asked
    /// twice under one request id, unless the question certainly did not go out.
    pub(super) fn failed(&self, fault: ProviderFault) -> (ProviderFault, Ending) {
        let mut ending = Ending::failed(&fault);
        if fault.unsent || self.route.method().is_free_of_effects() {
            return (fault, ending);
        }
        ending.frees = false;
        let fault = match fault.reason {
            Reason::ProviderUnavailable | Reason::ProviderTimeout | Reason::ProviderBadAnswer => {
                ending.facts.push(("effect", "unknown".into()));
                let message = format!("{}; whether it acted is not known", fault.message);
                ProviderFault::new(Reason::EffectUnknown, message)
            }
            // The provider's own word, or a right that was lost meanwhile.
            _ => fault,
        };
        (fault, ending)
    }

    /// The one message of a body, cut and framed again.
    fn cut_one(&self, body: &Bytes) -> Result<Vec<u8>, ProviderFault> {
        let message = only_message(body).map_err(bad_frame)?;
        let mut out = Vec::with_capacity(body.len());
        let at = framing::begin(&mut out);
        self.mask
            .apply(&message, &mut out)
            .map_err(|fault| ProviderFault::bad_answer(fault.to_string()))?;
        framing::end(&mut out, at);
        Ok(out)
    }
}

/// The sign that the caller has gone, taken out so that the rest of the call can be lent.
pub(super) fn take_gone(call: &mut Call) -> oneshot::Receiver<()> {
    let (_, closed) = oneshot::channel();
    std::mem::replace(&mut call.gone, closed)
}

/// The consumer's one message with its frame, as it came.
pub(super) async fn read_request(mut body: Upload, used: &Use) -> Result<Bytes, Failure> {
    let reading = async {
        let mut gathered = Gathered::default();
        while let Some(frame) = body.frame().await {
            let frame = frame
                .map_err(|_| Failure::new(Reason::RequestMalformed, "the request broke off"))?;
            let data = frame.into_data().unwrap_or_default();
            gathered.push(data).map_err(consumer_fault)?;
        }
        Ok::<_, Failure>(gathered.finish())
    };
    let framed = tokio::time::timeout_at(used.deadline, reading)
        .await
        .map_err(|_| {
            Failure::new(Reason::DeadlineExceeded, "the request did not come in time")
        })??;
    only_message(&framed).map_err(consumer_fault)?;
    Ok(framed)
}

/// The consumer's messages break gRPC's framing.
pub(super) fn consumer_fault(fault: BadFrame) -> Failure {
    match fault {
        BadFrame::TooLarge => Failure::new(Reason::MessageTooLarge, fault.to_string()),
        BadFrame::Compressed => Failure::new(
            Reason::RequestMalformed,
            "the message is compressed; send it as it is",
        ),
        BadFrame::Broken | BadFrame::NotOne => {
            Failure::new(Reason::RequestMalformed, fault.to_string())
        }
    }
}
