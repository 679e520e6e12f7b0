//! What a provider does with a request besides answering it; wrong things included, for tests.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use api::provider::v1::ExchangeTicket;
use tokio::sync::{Semaphore, watch};
use tonic::Status;

use super::stop_signal;

/// How a provider behaves. All but the first three break the contract, over the real wire, so that
/// the gateway's checks can be tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Behaviour {
    /// As the contract says.
    #[default]
    Normal,
    /// As the contract says, after so long.
    Slow(Duration),
    /// Certificates: says that it is still at work, and to come back in ten minutes; rows are not
    /// affected.
    Pending,
    /// Never answers.
    Hang,
    /// Answers `INTERNAL`, with a text that repeats what it was asked.
    Fail,
    /// Rows and files: ends with `UNAVAILABLE` after the first batch or chunk. Certificates: answers `UNAVAILABLE`.
    BreakOff,
    /// Answers under another request id.
    WrongRequestId,
    /// Answers with the certificate of somebody else; rows are not affected.
    SwappedHolder,
    /// Adds an item that the catalogue does not know, and leaves no item of a row out.
    ExtraItems,
    /// Certificates and rows: calls the husband's name, or else the first item, `renamed`; a file is not affected.
    RenamedItem,
    /// Sends every value as a number, whatever its type is; a file of another type.
    MistypedItem,
    /// More certificates than the contract allows; one row more than was asked for; a file that is
    /// larger than the contract allows.
    TooMany,
    /// Certificates and rows: where nothing is there, answers with what is somebody else's.
    NeverNone,
    /// Certificates and rows: answers a request that is no message, or far too large, as if it had asked for nothing.
    TakesAnything,
    /// Works on one request at a time, and refuses those that come meanwhile.
    OneAtATime,
    /// Never frees what it holds for a request whose caller has gone away, until it has nothing left to hold.
    Leaks,
    /// Answers every request, and says to the health check that it does not serve.
    NotServing,
}

/// Requests that a leaking provider works on at once: more than a caller asks at once, fewer than one gives up.
const PLACES: usize = 32;
/// How long one that counts its places works on a request: others meet it, and whoever is hasty gives it up.
const WORK: Duration = Duration::from_millis(20);

/// A request that was received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The request id of its ticket; empty when it had none.
    pub request_id: String,
    /// The intent entry that its ticket names.
    pub intent_index: i64,
}

/// What the calls of one provider share.
#[derive(Debug)]
pub(super) struct Conduct {
    behaviour: watch::Receiver<Behaviour>,
    stopping: watch::Receiver<bool>,
    asked: AtomicU64,
    latest: Mutex<VecDeque<Asked>>,
    /// The one place of [`Behaviour::OneAtATime`].
    alone: Semaphore,
    /// The places of [`Behaviour::Leaks`]; what leaked is never got back.
    leaking: Semaphore,
}

impl Asked {
    /// So many are remembered.
    pub const KEPT: usize = 1024;
}

impl Conduct {
    pub(super) fn new(
        behaviour: watch::Receiver<Behaviour>,
        stopping: watch::Receiver<bool>,
    ) -> Self {
        Self {
            behaviour,
            stopping,
            asked: AtomicU64::new(0),
            latest: Mutex::default(),
            alone: Semaphore::new(1),
            leaking: Semaphore::new(PLACES),
        }
    }

    /// How it behaves now.
    pub(super) fn behaviour(&self) -> Behaviour {
        *self.behaviour.borrow()
    }

    /// Counts a request and waits as long as the present behaviour wants; `asked_for` goes into the
    /// text of [`Behaviour::Fail`].
    pub(super) async fn begin(
        &self,
        ticket: Option<&ExchangeTicket>,
        asked_for: &str,
    ) -> Result<Behaviour, Status> {
        self.remember(ticket);
        let behaviour = self.behaviour();
        let full = |_| Status::resource_exhausted("no place is free");
        let stopping = || Status::unavailable("the provider is stopping");
        let stop = stop_signal(self.stopping.clone());
        match behaviour {
            Behaviour::Slow(delay) => match tokio::time::timeout(delay, stop).await {
                Ok(()) => Err(stopping()),
                Err(_elapsed) => Ok(behaviour),
            },
            Behaviour::Hang => {
                stop.await;
                Err(stopping())
            }
            Behaviour::OneAtATime => {
                let _place = self.alone.try_acquire().map_err(full)?;
                // A stop ends the work too: then the answer is early.
                let _ = tokio::time::timeout(WORK, stop).await;
                Ok(behaviour)
            }
            Behaviour::Leaks => {
                // Given back by hand, so that a request that is dropped meanwhile gives nothing back.
                self.leaking.try_acquire().map_err(full)?.forget();
                let _ = tokio::time::timeout(WORK, stop).await;
                self.leaking.add_permits(1);
                Ok(behaviour)
            }
            Behaviour::Fail => Err(Status::internal(format!("failed at {asked_for}"))),
            _ => Ok(behaviour),
        }
    }

    pub(super) fn asked(&self) -> u64 {
        self.asked.load(Ordering::SeqCst)
    }

    pub(super) fn latest(&self) -> Vec<Asked> {
        self.latest
            .lock()
            .map(|latest| latest.iter().cloned().collect())
            .unwrap_or_default()
    }

    fn remember(&self, ticket: Option<&ExchangeTicket>) {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let asked = Asked {
            request_id: ticket
                .map(|ticket| ticket.request_id.clone())
                .unwrap_or_default(),
            intent_index: ticket.map(|ticket| ticket.intent_index).unwrap_or_default(),
        };
        if let Ok(mut latest) = self.latest.lock() {
            if latest.len() == Asked::KEPT {
                latest.pop_front();
            }
            latest.push_back(asked);
        }
    }
}

impl Behaviour {
    /// The request id to answer under.
    pub(super) fn answer_id(self, ticket: &ExchangeTicket) -> String {
        match self {
            Self::WrongRequestId => "00000000-0000-7000-8000-000000000000".to_owned(),
            _ => ticket.request_id.clone(),
        }
    }
}
