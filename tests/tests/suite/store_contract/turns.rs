//! Gateways that write to one database by turns, stop and start again, against a model of what must
//! come out. Whatever a gateway keeps in memory of the ledger's end must not show.

use std::collections::HashMap;

use kit::databases::Database;
use kit::drafts::{
    all_entries, assert_no_index_skipped, assert_no_use_skipped, change, grant_name,
    granted_intent, noon,
};
use kit::gateway::log_signer;
use ledger::entry::Draft;
use ledger::receipt::IntentReceipt;
use store::Store;
use store::recorder::{RecordError, Recorder};

kit::on_each_database!(
    gateways_that_write_by_turns_agree,
    what_was_not_integrated_is_known_after_a_restart,
);

const CALLER: &str = "systems/yjs-platform";
const REQUESTS: usize = 600;
const GRANTS: usize = 5;

/// Numbers without pattern, the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        usize::try_from(self.0 >> 33).unwrap() % most
    }
}

/// What must be so.
#[derive(Default)]
struct Model {
    size: u64,
    uses: [u64; GRANTS],
    /// The intents that hold a request id, with their receipts.
    held: HashMap<usize, IntentReceipt>,
    concluded: HashMap<usize, bool>,
}

struct Gateway {
    store: Store,
    recorder: Recorder,
}

impl Gateway {
    async fn open(database: &Database) -> Self {
        let store = database.open().await;
        let recorder = Recorder::start(store.clone());
        Self { store, recorder }
    }
}

impl Model {
    async fn intent(&mut self, gateway: &Gateway, request: usize, grant: usize) {
        let draft = granted_intent(request, grant);
        let result = gateway
            .recorder
            .intent(draft, CALLER.to_owned(), noon())
            .await;
        match (self.held.get(&request), result) {
            (Some(held), Err(RecordError::AlreadyUsed { intent })) => {
                assert_eq!(intent, held.index());
            }
            (None, Ok(receipt)) => {
                self.uses[grant] += 1;
                assert_eq!(receipt.index(), self.size);
                assert_eq!(receipt.sequence(), Some(self.uses[grant]));
                self.size += 1;
                self.held.insert(request, receipt);
                self.concluded.insert(request, false);
            }
            (held, result) => panic!("request {request}, held {held:?}: {result:?}"),
        }
    }

    async fn outcome(&mut self, gateway: &Gateway, request: usize, frees: bool) {
        let Some(receipt) = self.held.get(&request) else {
            return;
        };
        if self.concluded.insert(request, true) == Some(true) {
            return;
        }
        let draft = Draft::outcome(receipt).with_fact("released", !frees);
        let outcome = gateway
            .recorder
            .outcome(draft, receipt, frees, noon())
            .await;
        assert_eq!(outcome.unwrap().index(), self.size);
        self.size += 1;
        if frees {
            self.held.remove(&request);
        }
    }

    async fn change(&mut self, gateway: &Gateway, keeps: bool) {
        let mut tx = gateway.store.begin("changing").await.unwrap();
        let index = tx.record(change(1000), noon()).await.unwrap();
        assert_eq!(index, self.size);
        if keeps {
            tx.save().await.unwrap();
            self.size += 1;
        } else {
            tx.forget().await;
        }
    }
}

async fn gateways_that_write_by_turns_agree(database: &Database) {
    let mut dice = Dice(7);
    let mut model = Model::default();
    let mut gateways = [Gateway::open(database).await, Gateway::open(database).await];
    for _ in 0..400 {
        let turn = dice.below(2);
        // Long runs of one gateway, and single steps of the other between them.
        let steps = if turn == 0 { 6 } else { 1 };
        for _ in 0..steps {
            let gateway = &gateways[turn];
            let (request, grant) = (dice.below(REQUESTS), dice.below(GRANTS));
            match dice.below(20) {
                0..=10 => model.intent(gateway, request, grant).await,
                11..=13 => model.outcome(gateway, request, false).await,
                14..=16 => model.outcome(gateway, request, true).await,
                17 => model.change(gateway, request % 3 != 0).await,
                18 => {
                    gateway
                        .store
                        .integrate(&log_signer(1), noon())
                        .await
                        .unwrap();
                }
                _ => gateways[turn] = Gateway::open(database).await,
            }
        }
    }
    let store = &gateways[0].store;
    assert!(model.size > 400, "{}", model.size);
    assert_eq!(assert_no_index_skipped(store).await, model.size);
    for (grant, uses) in model.uses.iter().enumerate() {
        let found = assert_no_use_skipped(store, &grant_name(grant)).await;
        assert_eq!(found, *uses, "grant {grant}");
    }
}

async fn what_was_not_integrated_is_known_after_a_restart(database: &Database) {
    let mut model = Model::default();
    let first = Gateway::open(database).await;
    for request in 0..30 {
        model.intent(&first, request, request % 3).await;
        model.outcome(&first, request, request % 5 == 4).await;
    }
    first.store.close().await;
    let second = Gateway::open(database).await;
    assert_eq!(all_entries(&second.store).await.len(), 60);
    for request in (0..40_usize).rev() {
        model.intent(&second, request, request % 3).await;
    }
    assert_eq!(assert_no_index_skipped(&second.store).await, model.size);
    for grant in 0..3 {
        let found = assert_no_use_skipped(&second.store, &grant_name(grant)).await;
        assert_eq!(found, model.uses[grant]);
    }
}
