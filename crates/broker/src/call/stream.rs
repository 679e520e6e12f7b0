//! Several messages from the consumer, from the provider, or from both.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use domain::reason::Reason;
use http::{HeaderMap, Response};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use ledger::entry::Fact;
use ledger::receipt::IntentReceipt;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::answer::{bad_frame, broken_off, status};
use super::asking::{Asked, broke};
use super::digest::Tally;
use super::framing::{self, Messages};
use super::hedged::Attempt;
use super::outgoing::{self, Outgoing, Sent};
use super::unary::{consumer_fault, read_request, take_gone};
use super::{Answer, Call, Permitted, Piece, Upload, scope};
use crate::connections::ProviderFault;
use crate::exchange::{Ending, Receipt, margin_before};
use crate::failure::Failure;
use crate::gateway::Gateway;
use crate::watching::Watching;

/// Pieces under way to a slow consumer; then the provider is made to wait.
const PIECES: usize = 4;

/// How often the right to a stream is asked again while the registry does not change.
const AGAIN: Duration = Duration::from_secs(1);

/// What an exchange of streams carries to its outcome.
struct Streaming {
    call: Call,
    permitted: Permitted,
    intent: IntentReceipt,
    /// What the consumer sent, where it sends several messages.
    sent: Option<Arc<Mutex<Sent>>>,
    /// Dropped with the exchange, which stops the consumer's messages.
    _over: oneshot::Sender<()>,
}

/// Why a stream ended before its end.
enum Broke {
    Provider(ProviderFault),
    ConsumerGone,
}

impl From<ProviderFault> for Broke {
    fn from(fault: ProviderFault) -> Self {
        Self::Provider(fault)
    }
}

impl Gateway {
    pub(super) async fn call_streaming(
        self: Arc<Self>,
        mut call: Call,
        permitted: Permitted,
        body: Upload,
    ) -> Result<Answer, Failure> {
        let method = permitted.route.method();
        let (client, server) = (method.is_client_streaming(), method.is_server_streaming());
        let (staying, over) = oneshot::channel();
        let (outgoing, sent, asked) = if client {
            let sent = Sent::new(Tally::new(&self.keys.pseudonyms));
            let outgoing = Outgoing::stream(body, Arc::clone(&sent), over);
            (outgoing, Some(sent), None)
        } else {
            let framed = read_request(body, &call.used).await?;
            let asked = self.keys.pseudonyms.digest("asked", &[&framed]);
            (Outgoing::One(Some(framed)), None, Some(asked))
        };
        let scope = scope(&call, asked);
        let intent = self.intend(&call.used, &permitted.permit, scope).await?;
        let gone = take_gone(&mut call);
        let streaming = Streaming {
            call,
            permitted,
            intent,
            sent,
            _over: staying,
        };
        if server {
            self.begin_stream(streaming, outgoing, gone).await
        } else {
            self.collect(streaming, outgoing, gone).await
        }
    }

    /// Many messages to the provider, one back.
    async fn collect(
        &self,
        streaming: Streaming,
        outgoing: Outgoing,
        gone: oneshot::Receiver<()>,
    ) -> Result<Answer, Failure> {
        let Streaming {
            call,
            permitted,
            intent,
            ..
        } = &streaming;
        let sent = streaming.sent.as_deref();
        let asking = self.answer_of(call, permitted, intent, outgoing, sent, Attempt::default());
        let answered = tokio::select! {
            biased;
            answered = self.ask(&call.used, asking) => answered,
            _ = gone => {
                let facts = streaming.asked_facts();
                return Err(self.cancel(&call.used, permitted, intent, facts).await);
            }
        };
        if let Some(failure) = streaming.consumer_fault() {
            let facts = streaming.asked_facts();
            self.cancel(&call.used, permitted, intent, facts).await;
            return Err(failure);
        }
        let facts = streaming.asked_facts();
        self.release(&call.used, permitted, intent, answered, facts)
            .await
    }

    /// Asks, and hands the answer's messages on as they come.
    async fn begin_stream(
        self: Arc<Self>,
        streaming: Streaming,
        outgoing: Outgoing,
        gone: oneshot::Receiver<()>,
    ) -> Result<Answer, Failure> {
        let Streaming {
            call,
            permitted,
            intent,
            ..
        } = &streaming;
        let permit = &permitted.permit;
        let sent = streaming.sent.as_deref();
        let asking = self.put(call, permitted, intent, outgoing, sent, Attempt::default());
        let asked = tokio::select! {
            biased;
            asked = self.ask(&call.used, asking) => asked,
            _ = gone => return Err(self.cancel(&call.used, permitted, intent, Vec::new()).await),
        };
        let asked = match asked {
            Ok(asked) => asked,
            Err(fault) => {
                // A consumer that broke off is not the provider's fault.
                let Some(failure) = streaming.consumer_fault() else {
                    let (fault, ending) = permitted.failed(fault);
                    return Err(self
                        .fail_as(&call.used, permit, intent, fault, ending)
                        .await);
                };
                let facts = streaming.asked_facts();
                self.cancel(&call.used, permitted, intent, facts).await;
                return Err(failure);
            }
        };
        let (pieces, answer) = mpsc::channel(PIECES);
        let gateway = Arc::clone(&self);
        // On a task of its own: a consumer that goes away does not stop the outcome entry.
        tokio::spawn(async move { gateway.serve_stream(streaming, asked, pieces).await });
        Ok(Answer::Stream(answer))
    }

    async fn serve_stream(
        &self,
        streaming: Streaming,
        answer: (Response<Incoming>, Asked),
        pieces: mpsc::Sender<Piece>,
    ) {
        let mut tally = Tally::new(&self.keys.pseudonyms);
        let used = &streaming.call.used;
        let passing = self.pass(&streaming, answer, &pieces, &mut tally);
        let ended = match tokio::time::timeout_at(margin_before(used.deadline), passing).await {
            Ok(ended) => ended,
            Err(_) => Err(Broke::Provider(ProviderFault::new(
                Reason::ProviderTimeout,
                "the stream did not end in time",
            ))),
        };
        let last = self.end_stream(&streaming, ended, tally).await;
        // A consumer that went away gets no last part; the ledger has it.
        let _ = tokio::time::timeout_at(used.deadline, pieces.send(Piece::End(last))).await;
    }

    /// Passes messages on until the provider ends, one of the sides breaks off, or the right to
    /// them is lost.
    async fn pass(
        &self,
        streaming: &Streaming,
        (response, mut asked): (Response<Incoming>, Asked),
        pieces: &mpsc::Sender<Piece>,
        tally: &mut Tally,
    ) -> Result<(), Broke> {
        let passing = self.pass_messages(streaming, response, &mut asked, pieces, tally);
        match passing.await {
            Ok(()) => {
                asked.done();
                Ok(())
            }
            Err(Broke::Provider(fault)) if streaming.consumer_fault().is_none() => {
                Err(Broke::Provider(asked.ended(fault)))
            }
            Err(broke) => {
                asked.left();
                Err(broke)
            }
        }
    }

    async fn pass_messages(
        &self,
        streaming: &Streaming,
        response: Response<Incoming>,
        asked: &mut Asked,
        pieces: &mpsc::Sender<Piece>,
        tally: &mut Tally,
    ) -> Result<(), Broke> {
        let mut ended = response.headers().contains_key("grpc-status");
        let mut body = response.into_body();
        let mut messages = Messages::default();
        let (mut seen, mut asked_at) = (self.snapshot(), Instant::now());
        loop {
            let frame = tokio::select! {
                frame = body.frame() => frame,
                () = pieces.closed() => return Err(Broke::ConsumerGone),
            };
            let Some(frame) = frame else { break };
            let frame = frame.map_err(|error| broken_off(&error))?;
            let data = match frame.into_data() {
                Ok(data) => data,
                Err(frame) => {
                    status(frame.trailers_ref().unwrap_or(&HeaderMap::new()))?;
                    ended = true;
                    continue;
                }
            };
            let now = self.snapshot();
            if !Arc::ptr_eq(&now, &seen) || asked_at.elapsed() >= AGAIN {
                // Whoever lost the right to the messages gets no more; a right can end by date too.
                self.still_permitted(&streaming.call.used, &streaming.permitted.permit)?;
                self.still_trusts(asked)?;
                (seen, asked_at) = (now, Instant::now());
            }
            messages.push(&data);
            let watching = &self.watching;
            let piece = cut(
                &streaming.permitted,
                watching,
                &mut messages,
                tally,
                data.len(),
            )?;
            if !piece.is_empty() {
                asked.answering();
            }
            if !piece.is_empty() && pieces.send(Piece::Messages(piece)).await.is_err() {
                return Err(Broke::ConsumerGone);
            }
        }
        messages.finish().map_err(bad_frame)?;
        if ended {
            Ok(())
        } else {
            Err(ProviderFault::bad_answer("the provider's answer has no status").into())
        }
    }

    async fn end_stream(
        &self,
        streaming: &Streaming,
        ended: Result<(), Broke>,
        tally: Tally,
    ) -> Result<Box<Receipt>, Failure> {
        let released = tally.messages() > 0;
        let mut facts = tally.facts();
        facts.extend(streaming.asked_facts());
        let cancelled = |facts| Ending {
            released,
            frees: !released && streaming.permitted.route.method().is_free_of_effects(),
            facts,
            ..Ending::bare("cancelled")
        };
        let (ending, failure) = match ended {
            Ok(()) => {
                let ending = Ending {
                    facts,
                    ..Ending::bare("delivered")
                };
                (ending, None)
            }
            Err(Broke::ConsumerGone) => {
                let gone = Failure::new(Reason::DeadlineExceeded, "the caller went away");
                (cancelled(facts), Some(gone))
            }
            Err(Broke::Provider(_)) if streaming.consumer_fault().is_some() => {
                (cancelled(facts), streaming.consumer_fault())
            }
            Err(Broke::Provider(fault)) => {
                let (fault, mut ending) = streaming.permitted.failed(fault);
                // Messages that left before the fault are disclosure all the same.
                ending.released |= released;
                ending.frees &= !released;
                ending.facts.extend(facts);
                (ending, Some(fault.into()))
            }
        };
        let permit = &streaming.permitted.permit;
        let (used, intent) = (&streaming.call.used, &streaming.intent);
        let receipt = self.conclude(used, permit, intent, ending).await?;
        match failure {
            None => Ok(Box::new(receipt)),
            Some(failure) => Err(failure.recorded(receipt.outcome_index())),
        }
    }
}

impl Streaming {
    /// What the consumer sent, for the outcome. Once taken it is empty.
    fn asked_facts(&self) -> Vec<(&'static str, Fact)> {
        let sent = self.sent.as_ref();
        let tally = sent.and_then(|s| {
            s.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .tally
                .take()
        });
        let facts = tally.map(Tally::facts).unwrap_or_default();
        let as_asked = |(key, fact): (&'static str, Fact)| {
            let key = match key {
                "messages" => "asked_messages",
                "bytes" => "asked_bytes",
                "digest" => "asked_digest",
                _ => return None,
            };
            Some((key, fact))
        };
        facts.into_iter().filter_map(as_asked).collect()
    }

    /// How the consumer broke off while it sent, if it did.
    fn consumer_fault(&self) -> Option<Failure> {
        Some(match broke(self.sent.as_deref()?)? {
            outgoing::Broke::Badly(fault) => consumer_fault(fault),
            outgoing::Broke::Gone => {
                Failure::new(Reason::RequestMalformed, "the request broke off")
            }
        })
    }
}

/// Cuts and counts the messages that are whole by now.
fn cut(
    permitted: &Permitted,
    watching: &Watching,
    messages: &mut Messages,
    tally: &mut Tally,
    room: usize,
) -> Result<Bytes, ProviderFault> {
    let mut out = Vec::with_capacity(room);
    let mut first = true;
    while let Some(message) = messages.next().map_err(bad_frame)? {
        if std::mem::take(&mut first) {
            // One of those that came together says as much as all.
            watching.answer(&permitted.route, || Some(message.clone()));
        }
        let at = framing::begin(&mut out);
        let from = out.len();
        permitted
            .mask
            .apply(&message, &mut out)
            .map_err(|fault| ProviderFault::bad_answer(fault.to_string()))?;
        framing::end(&mut out, at);
        tally.add(out.get(from..).unwrap_or_default());
    }
    Ok(out.into())
}
