//! Moves by name: each kind of move as the use case takes it, for tests that pick moves at random or one by one.

use broker::OfferedTerms;
use domain::application::{Content, MoveKind, Narrowing};
use domain::name::ApplicationName;
use domain::policy::shaoyang_date;
use domain::reason::Reason;
use kit::databases::Database;
use kit::gateway::act;

use super::cast::{Cast, Tried, Who};

kit::on_each_database!(
    an_application_becomes_a_grant_by_two_people_on_either_side,
    an_offer_of_less_is_what_the_grant_says,
    what_an_entry_agrees_to_at_once_is_granted_with_the_submission,
    of_two_who_answer_at_once_one_wins,
    a_move_under_a_used_request_id_is_made_once,
);

/// Days of a longer time that are asked for.
pub(super) const LONGER: u16 = 5;

impl Cast {
    /// Makes a move of a kind.
    pub(super) async fn make(
        &self,
        kind: MoveKind,
        who: Who,
        name: &ApplicationName,
        etag: &str,
    ) -> Tried {
        let (gateway, request) = (self.gateway(), self.request());
        let act = act(self.caller(who), &request, kind.method());
        let why = || "理由".to_owned();
        match kind {
            MoveKind::Edit => {
                let row = self.read(name).await.value;
                let content = Content::new(row.terms, "改写的场景".to_owned());
                gateway.update_application(&act, name, content, etag).await
            }
            MoveKind::SignOff => gateway.sign_off_application(&act, name, etag).await,
            MoveKind::Submit => gateway.submit_application(&act, name, etag).await,
            // No method makes it.
            MoveKind::AutoApprove => gateway.submit_application(&act, name, etag).await,
            MoveKind::Withdraw => gateway.withdraw_application(&act, name, why(), etag).await,
            MoveKind::RequestMaterial => {
                let missing = vec!["缺职责依据".to_owned(), "缺时限".to_owned()];
                gateway.request_material(&act, name, missing, etag).await
            }
            MoveKind::SupplyMaterial => gateway.supply_material(&act, name, why(), etag).await,
            MoveKind::RequestExtension => {
                gateway
                    .request_extension(&act, name, (LONGER, why()), etag)
                    .await
            }
            MoveKind::ConsentExtension => gateway.consent_extension(&act, name, etag).await,
            MoveKind::DeclineExtension => gateway.decline_extension(&act, name, why(), etag).await,
            MoveKind::NotifyExtension => gateway.notify_extension(&act, name, etag).await,
            MoveKind::Approve => {
                let approved = gateway.approve_application(&act, name, None, etag).await;
                approved.map(|(row, _)| row)
            }
            MoveKind::Offer => {
                let asked = self.read(name).await.value.terms;
                let change = Narrowing {
                    items: asked.items[..1].to_vec(),
                    ..Narrowing::default()
                };
                let offered = OfferedTerms {
                    change,
                    note: why(),
                };
                gateway.offer_terms(&act, name, offered, etag).await
            }
            MoveKind::AcceptOffer => {
                let accepted = gateway.accept_offer(&act, name, etag).await;
                accepted.map(|(row, _)| row)
            }
            MoveKind::DeclineOffer => gateway.decline_offer(&act, name, why(), etag).await,
            MoveKind::WithdrawOffer => gateway.withdraw_offer(&act, name, why(), etag).await,
            MoveKind::Refuse => {
                let why = ("no-duty".to_owned(), String::new(), why());
                gateway.refuse_application(&act, name, why, etag).await
            }
        }
    }

    /// Writes an application and makes these moves, each of which succeeds.
    async fn through(&self, moves: &[(MoveKind, Who)]) -> ApplicationName {
        let today = shaoyang_date(self.gateway().now());
        let name = self.written(self.terms(0, today)).await.value.name;
        for (kind, who) in moves {
            self.make(*kind, *who, &name, "").await.unwrap();
        }
        name
    }
}

const SUBMITTED: [(MoveKind, Who); 2] = [
    (MoveKind::SignOff, Who::Consenter),
    (MoveKind::Submit, Who::Applicant),
];

async fn an_application_becomes_a_grant_by_two_people_on_either_side(database: &Database) {
    let cast = Cast::enter(database).await;
    let name = cast.through(&[]).await;
    let refused = |tried: Tried| tried.unwrap_err();
    let own = refused(
        cast.make(MoveKind::SignOff, Who::Applicant, &name, "")
            .await,
    );
    assert_eq!(
        (own.reason, own.rule),
        (
            Reason::SecondPersonNeeded,
            Some("application.second-person")
        )
    );
    let early = refused(cast.make(MoveKind::Submit, Who::Applicant, &name, "").await);
    assert_eq!(early.reason, Reason::StateConflict);
    assert_eq!(
        early.legal.map(|legal| legal.list()).as_deref(),
        Some("UpdateApplication,SignOffApplication,WithdrawApplication")
    );
    for (kind, who) in SUBMITTED {
        cast.make(kind, who, &name, "").await.unwrap();
    }
    let first = cast
        .make(MoveKind::Approve, Who::Owner, &name, "")
        .await
        .unwrap()
        .value;
    assert_eq!(first.state.as_str(), "submitted");
    let again = refused(cast.make(MoveKind::Approve, Who::Owner, &name, "").await);
    assert_eq!(again.reason, Reason::SecondPersonNeeded);
    cast.make(MoveKind::Approve, Who::Second, &name, "")
        .await
        .unwrap();
    let grants = cast
        .gateway()
        .grants(cast.caller(Who::Owner), &kit::gateway::first_page())
        .await;
    let grants = grants.unwrap().rows;
    let [grant] = grants.as_slice() else {
        panic!("{} grants", grants.len());
    };
    let accounts = grant
        .value
        .approvers
        .iter()
        .map(|by| by.rsplit('/').next().unwrap());
    assert_eq!(accounts.collect::<Vec<_>>(), ["wang", "sun"]);
}

async fn an_offer_of_less_is_what_the_grant_says(database: &Database) {
    let cast = Cast::enter(database).await;
    let name = cast.through(&SUBMITTED).await;
    for (kind, who, state) in [
        (MoveKind::Offer, Who::Owner, "submitted"),
        (MoveKind::Approve, Who::Second, "offered"),
        (MoveKind::DeclineOffer, Who::Consenter, "submitted"),
        (MoveKind::Offer, Who::Second, "submitted"),
        (MoveKind::Approve, Who::Owner, "offered"),
        (MoveKind::AcceptOffer, Who::Applicant, "approved"),
    ] {
        let row = cast.make(kind, who, &name, "").await.unwrap();
        assert_eq!(row.value.state.as_str(), state, "{kind:?}");
    }
    let row = cast.read(&name).await.value;
    let grants = cast
        .gateway()
        .grants(cast.caller(Who::Applicant), &kit::gateway::first_page())
        .await;
    let grant = &grants.unwrap().rows[0].value;
    assert_eq!((grant.terms.items.len(), &grant.terms), (1, row.agreed()));
    assert!(
        row.terms.items.len() > 1,
        "what was asked for stays readable"
    );
    assert_eq!(row.state.answering().unwrap().offers.len(), 2);
}

async fn what_an_entry_agrees_to_at_once_is_granted_with_the_submission(database: &Database) {
    let mut cast = Cast::enter(database).await;
    let mut draft = cast.entries[1].clone();
    draft.name = domain::name::ResourceName::from_id("307009-000078").unwrap();
    draft.title = "提交即同意的登记信息".to_owned();
    draft.state = domain::resource::ResourceState::Draft;
    draft.metadata.auto_approve = true;
    cast.entries[1] = cast.tables.publish(draft).await;
    let today = shaoyang_date(cast.gateway().now());
    let name = cast.written(cast.terms(1, today)).await.value.name;
    cast.make(MoveKind::SignOff, Who::Consenter, &name, "")
        .await
        .unwrap();
    let row = cast
        .make(MoveKind::Submit, Who::Applicant, &name, "")
        .await
        .unwrap();
    assert_eq!(row.value.state.as_str(), "approved");
    let grants = cast
        .gateway()
        .grants(cast.caller(Who::Owner), &kit::gateway::first_page())
        .await;
    let grant = &grants.unwrap().rows[0].value;
    let approvers = grant
        .approvers
        .iter()
        .map(|by| by.rsplit('/').next().unwrap());
    // Who signed the entry off, and who published it.
    assert_eq!(approvers.collect::<Vec<_>>(), ["wang", "li"]);

    // What is shared on conditions is looked at by somebody.
    let mut bound = cast.entries[0].clone();
    bound.name = domain::name::ResourceName::from_id("307009-000079").unwrap();
    bound.title = "有条件而提交即同意".to_owned();
    bound.state = domain::resource::ResourceState::Draft;
    bound.metadata.auto_approve = true;
    let request = cast.request();
    let creating = act(cast.caller(Who::Owner), &request, "CreateResource");
    let refused = cast
        .gateway()
        .create_resource(&creating, bound)
        .await
        .unwrap_err();
    assert_eq!(refused.faults[0].code, "ONLY_UNCONDITIONAL");
}

async fn of_two_who_answer_at_once_one_wins(database: &Database) {
    let cast = Cast::enter(database).await;
    let name = cast.through(&SUBMITTED).await;
    cast.make(MoveKind::Approve, Who::Owner, &name, "")
        .await
        .unwrap();
    let etag = cast.read(&name).await.etag();
    let (approved, refused) = tokio::join!(
        cast.make(MoveKind::Approve, Who::Second, &name, &etag),
        cast.make(MoveKind::Refuse, Who::Owner, &name, &etag),
    );
    let lost = match (approved, refused) {
        (Ok(_), Err(lost)) | (Err(lost), Ok(_)) => lost,
        both => panic!("{both:?}"),
    };
    assert_eq!(lost.reason, Reason::EtagMismatch);
}

async fn a_move_under_a_used_request_id_is_made_once(database: &Database) {
    let cast = Cast::enter(database).await;
    let name = cast.through(&SUBMITTED).await;
    let request = cast.request();
    let approve = async |who: Who| {
        let act = act(cast.caller(who), &request, "ApproveApplication");
        cast.gateway()
            .approve_application(&act, &name, None, "")
            .await
    };
    let (first, _) = approve(Who::Owner).await.unwrap();
    let (again, _) = approve(Who::Owner).await.unwrap();
    assert_eq!(first, again, "a repetition is no second person");
    // The same id of another caller is another request.
    let (row, grant) = approve(Who::Second).await.unwrap();
    assert_eq!(
        (row.value.state.as_str(), grant.is_some()),
        ("approved", true)
    );
}
