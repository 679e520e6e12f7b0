//! Lists of states: who holds an identifier checks it alone, and the issuer does not learn who asks.

use std::sync::Arc;
use std::time::Duration;

use domain::caller::Caller;
use domain::fault::Cause;
use domain::name::{CertificateTypeName, RequestId};
use domain::status::{Prefix, shard_digits};
use ledger::entry::Draft;
use ledger::signed_list::{ListError, ListWriter};
use store::StatusList;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};

use crate::exchange::{Place, margin_before};
use crate::failure::Failure;
use crate::gateway::Gateway;
use domain::reason::Reason;

/// Entries read at a time: one piece of a download.
const PAGE: u32 = 1000;
/// A reader who takes no piece for so long gets no more.
const PIECE: Duration = Duration::from_secs(10);

/// The pieces of a list on their way.
pub type StatusPieces = mpsc::Receiver<Result<Vec<u8>, Failure>>;

/// What it takes to find a certificate in a list.
#[derive(Clone, Debug)]
pub struct StatusListInfo {
    /// The list.
    pub list: StatusList,
    /// The most digits of a prefix.
    pub prefix_digits: usize,
    /// The key that lists are signed with.
    pub verifier_key: String,
}

/// Which part of which list is wanted, and until when.
#[derive(Clone, Debug)]
pub struct StatusWish {
    /// The certificate type.
    pub certificate_type: CertificateTypeName,
    /// The first digits of the hashes; none for the whole list.
    pub prefix: Prefix,
    /// The request id.
    pub request_id: RequestId,
    /// When the caller stops waiting.
    pub deadline: Instant,
    /// The place among the requests at work, held until the list has gone out.
    pub place: Option<Place>,
}

impl Gateway {
    /// The list of a certificate type. Any caller: it holds states of certificates that nobody is named
    /// in, and is there to be read by whoever was shown one.
    ///
    /// # Errors
    /// `NOT_FOUND` where no issuer has announced a state of this type; the store.
    pub async fn status_list(&self, kind: &CertificateTypeName) -> Result<StatusListInfo, Failure> {
        let list = self.store.status_list(kind.as_str()).await?;
        let list = list.ok_or_else(|| Failure::not_found(&format!("{kind}/statusList")))?;
        Ok(StatusListInfo {
            prefix_digits: shard_digits(list.entries),
            verifier_key: self.keys.log_signer.verifier_key(),
            list,
        })
    }

    /// Sends a list or a shard of it, signed, a page at a time. That it was read is durable before its
    /// first byte leaves; the prefix is not recorded, it would narrow down whom it was read for.
    ///
    /// # Errors
    /// A prefix that is none or names too few certificates, `NOT_FOUND`, a ledger that cannot record.
    pub async fn download_status_list(
        self: &Arc<Self>,
        caller: &Caller,
        wish: StatusWish,
    ) -> Result<StatusPieces, Failure> {
        let info = self.status_list(&wish.certificate_type).await?;
        check_prefix(&wish.prefix, info.prefix_digits)?;
        let whole = wish.prefix.as_str().is_empty();
        let mut draft = Draft::change("certificate.status_list_read", wish.request_id.as_str())
            .with_fact("actor", caller.principal().to_string())
            .with_fact("certificate_type", wish.certificate_type.as_str())
            .with_fact("whole", whole);
        if let Ok(system) = caller.system() {
            draft = crate::exchange::with_parties(draft, &self.snapshot(), system, None);
        }
        let written = self.recorder.refusal(draft, self.now());
        self.in_time(wish.deadline, written).await?;
        let (pieces, list) = mpsc::channel(2);
        let gateway = Arc::clone(self);
        tokio::spawn(async move {
            let _place = &wish.place;
            let until = margin_before(wish.deadline);
            let written = timeout_at(until, gateway.write_list(&wish, &info.list, &pieces)).await;
            let failure = match written {
                Ok(Ok(())) => return,
                Ok(Err(failure)) => failure,
                Err(_) => Failure::new(
                    Reason::DeadlineExceeded,
                    "the deadline came before the end of the list",
                ),
            };
            // Who went away needs no failure either.
            let _ = timeout(PIECE, pieces.send(Err(failure))).await;
        });
        Ok(list)
    }

    async fn write_list(
        &self,
        wish: &StatusWish,
        list: &StatusList,
        pieces: &mpsc::Sender<Result<Vec<u8>, Failure>>,
    ) -> Result<(), Failure> {
        let mut out = Vec::new();
        // Everything announced before this moment is in it; what is announced meanwhile may be.
        let as_of = format!("{:.6}", self.now());
        let fields = [
            ("certificate_type", wish.certificate_type.as_str()),
            ("salt", list.salt.as_str()),
            ("prefix", wish.prefix.as_str()),
            ("as_of", as_of.as_str()),
        ];
        let signer = &self.keys.log_signer;
        let mut writer = ListWriter::start(signer, &fields, &mut out).map_err(unwritable)?;
        let digits = wish.prefix.as_str();
        let (mut after, before) = (digits.to_owned(), format!("{digits}g"));
        loop {
            let kind = wish.certificate_type.as_str();
            let page = self
                .store
                .statuses_between(kind, &after, &before, PAGE)
                .await?;
            let Some((end, _)) = page.last() else { break };
            after.clone_from(end);
            for (hash, history) in &page {
                let line = [hash, " ", history].concat();
                writer.line(&line, &mut out).map_err(unwritable)?;
            }
            let piece = Ok(std::mem::take(&mut out));
            if !matches!(timeout(PIECE, pieces.send(piece)).await, Ok(Ok(()))) {
                return Ok(());
            }
        }
        writer.finish(&mut out).map_err(unwritable)?;
        let _ = timeout(PIECE, pieces.send(Ok(out))).await;
        Ok(())
    }
}

fn check_prefix(prefix: &Prefix, most: usize) -> Result<(), Failure> {
    if prefix.as_str().len() <= most {
        return Ok(());
    }
    let message = format!("at most {most} digits, or the shard would tell whom it is about");
    Err(Failure::field("prefix", &Cause::new("TOO_LONG", message)))
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "used as a function value in map_err"
)]
fn unwritable(error: ListError) -> Failure {
    let message = format!("the list cannot be written: {error}");
    Failure::new(Reason::Internal, message)
}
