//! What nobody publishes yet is asked for, laid on somebody, answered in time or declined by a law.

use api::catalogue::v1 as pb;
use api::catalogue::v1::demand::{Kind, State};
use domain::regime::Rule;
use kit::law::due_today;
use kit::world::answer::refused;
use kit::world::story::{Story, publish};
use kit::world::terms::wire_resource;
use kit::world::{Client, ask, new_id};
use tonic::{Response, Status};

fn need(title: &str) -> pb::Demand {
    pb::Demand {
        kind: Kind::Need.into(),
        title: title.to_owned(),
        description: "办理公租房申请时核验婚姻状况".to_owned(),
        legal_basis: "公共租赁住房管理办法第八条".to_owned(),
        ..pb::Demand::default()
    }
}

async fn create(who: &Client, demand: pb::Demand) -> Result<Response<pb::Demand>, Status> {
    let request = pb::CreateDemandRequest {
        demand: Some(demand),
        request_id: new_id(),
        validate_only: false,
    };
    who.demands().create_demand(ask(request)).await
}

async fn assign(who: &Client, name: &str, owner: &str) -> Result<Response<pb::Demand>, Status> {
    let request = pb::AssignDemandRequest {
        name: name.to_owned(),
        owner: owner.to_owned(),
        request_id: new_id(),
        etag: String::new(),
    };
    who.demands().assign_demand(ask(request)).await
}

async fn meet(who: &Client, name: &str, resource: &str) -> Result<Response<pb::Demand>, Status> {
    let request = pb::MeetDemandRequest {
        name: name.to_owned(),
        resource: resource.to_owned(),
        request_id: new_id(),
        etag: String::new(),
    };
    who.demands().meet_demand(ask(request)).await
}

async fn decline(who: &Client, name: &str, basis: &str) -> Result<Response<pb::Demand>, Status> {
    let request = pb::DeclineDemandRequest {
        name: name.to_owned(),
        refusal_basis: basis.to_owned(),
        reason: "涉及个人隐私".to_owned(),
        request_id: new_id(),
        etag: String::new(),
    };
    who.demands().decline_demand(ask(request)).await
}

async fn listed(who: &Client, request: pb::ListDemandsRequest) -> Vec<pb::Demand> {
    let page = who.demands().list_demands(ask(request)).await;
    page.unwrap().into_inner().demands
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_need_is_assigned_and_met_by_a_published_resource() {
    let story = Story::of_marriages().await;
    let owner = api::registry::v1::GetSystemRequest {
        name: "systems/marriage-registry".to_owned(),
    };
    let owner = story.owner.systems().get_system(ask(owner)).await.unwrap();
    let owner = owner.into_inner().department;
    let asker = story.world.enrol_officer("市住建局", "zhao").await;
    let raised = create(&asker, need("婚姻登记结果"))
        .await
        .unwrap()
        .into_inner();
    assert_eq!((raised.state(), raised.owner.as_str()), (State::Raised, ""));
    // The competent department has a clock.
    assert_eq!(raised.due_date, due_today(Rule::AssignDemand));
    let name = raised.name.as_str();
    assert_eq!(
        refused(meet(&story.owner, name, &story.resource.name).await).reason,
        "STATE_CONFLICT"
    );
    assert_eq!(
        refused(assign(&asker, name, &owner).await).reason,
        "ROLE_NOT_ALLOWED"
    );
    let told = refused(assign(&story.publisher, name, "departments/11430500XY00000206").await);
    assert!(
        told.of_field("owner").starts_with("UNKNOWN_DEPARTMENT"),
        "{told:?}"
    );

    let assigned = assign(&story.publisher, name, &owner)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (assigned.state(), assigned.owner.as_str()),
        (State::Assigned, owner.as_str())
    );
    assert!(
        assigned.due_rule.contains("DEM-ANS"),
        "{}",
        assigned.due_rule
    );
    assert_eq!(
        refused(meet(&asker, name, &story.resource.name).await).reason,
        "ROLE_NOT_ALLOWED"
    );
    let told = refused(meet(&story.owner, name, "resources/105001-000999").await);
    assert!(
        told.of_field("resource").starts_with("NOT_PUBLISHED"),
        "{told:?}"
    );
    let met = meet(&story.owner, name, &story.resource.name)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (met.state(), met.resource.as_str()),
        (State::Met, story.resource.name.as_str())
    );
    assert_eq!((met.due_date.as_str(), met.overdue), ("", false));
    assert_eq!(
        refused(assign(&story.publisher, name, &owner).await).reason,
        "STATE_CONFLICT"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_three_lists_are_read_by_kind_owner_and_state() {
    let story = Story::of_marriages().await;
    let owner = story.world.register_department("市民政局").await;
    let declined = create(&story.applicant, need("家庭纠纷调解记录"))
        .await
        .unwrap()
        .into_inner();
    assign(&story.publisher, &declined.name, &owner)
        .await
        .unwrap();
    let silent = refused(decline(&story.owner, &declined.name, "").await);
    assert_eq!(silent.fields(), ["refusal_basis"]);
    let law = "个人信息保护法第二十八条";
    let answer = decline(&story.owner, &declined.name, law)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (answer.state(), answer.refusal_basis.as_str()),
        (State::Declined, law)
    );
    let duty = pb::Demand {
        kind: Kind::Responsibility.into(),
        owner: owner.clone(),
        ..need("收养登记结果")
    };
    assert_eq!(
        refused(create(&story.owner, duty.clone()).await).reason,
        "ROLE_NOT_ALLOWED"
    );
    let laid = create(&story.publisher, duty).await.unwrap().into_inner();
    assert_eq!(laid.state(), State::Assigned);

    let titles = |rows: Vec<pb::Demand>| rows.into_iter().map(|row| row.title).collect::<Vec<_>>();
    let responsibilities = pb::ListDemandsRequest {
        kind: Kind::Responsibility.into(),
        owner,
        ..pb::ListDemandsRequest::default()
    };
    assert_eq!(
        titles(listed(&story.auditor, responsibilities).await),
        ["收养登记结果"]
    );
    let negative = pb::ListDemandsRequest {
        states: vec![State::Declined.into()],
        ..pb::ListDemandsRequest::default()
    };
    assert_eq!(
        titles(listed(&story.auditor, negative).await),
        ["家庭纠纷调解记录"]
    );

    // On the negative list of people stands beside it what a bureau does not share of its own accord.
    let withheld = pb::Resource {
        name: "resources/105001-000501".to_owned(),
        title: "收养人隐私信息".to_owned(),
        share_type: pb::ShareType::NotShared.into(),
        share_condition: law.to_owned(),
        refusal_reason: "敏感个人信息".to_owned(),
        ..wire_resource("marriage-registrations")
    };
    publish(&story.owner, &story.publisher, &withheld).await;
    let list = ["demands", "list", "negative"];
    let ran = story.world.shuqiaoctl(&story.auditor, &list);
    assert_eq!(ran.code, 0, "{ran:?}");
    for line in [
        ran.line(&declined.name).join(" "),
        ran.line(&withheld.name).join(" "),
    ] {
        assert!(line.contains(law), "{line}");
    }
    assert!(!ran.said.contains(&story.resource.name), "{}", ran.said);

    // Narrowed by what they say, as the catalogue is searched: words, several of them, initials.
    for (query, found) in [
        ("纠纷", &["家庭纠纷调解记录"][..]),
        ("公租房 收养", &["收养登记结果"]),
        ("jtjf", &["家庭纠纷调解记录"]),
        ("公租房", &["家庭纠纷调解记录", "收养登记结果"]),
        // The law and the reason by which it was declined.
        ("个人信息保护法", &["家庭纠纷调解记录"]),
        ("纠纷 个人隐私", &["家庭纠纷调解记录"]),
        ("殡葬", &[]),
    ] {
        let request = pb::ListDemandsRequest {
            query: query.to_owned(),
            ..pb::ListDemandsRequest::default()
        };
        let mut listed = titles(listed(&story.auditor, request).await);
        listed.sort();
        assert_eq!(listed, found, "{query}");
    }
    let long = pb::ListDemandsRequest {
        query: "婚".repeat(101),
        ..pb::ListDemandsRequest::default()
    };
    let told = refused(story.auditor.demands().list_demands(ask(long)).await);
    assert!(told.of_field("query").starts_with("TOO_LONG"), "{told:?}");
    let list = ["demands", "list", "negative", "--query", "收养人"];
    let ran = story.world.shuqiaoctl(&story.auditor, &list);
    assert!(ran.said.contains(&withheld.name) && !ran.said.contains(&declined.name));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_demand_that_says_too_little_or_too_much_is_refused_with_every_fault() {
    let story = Story::of_marriages().await;
    let empty = refused(create(&story.applicant, pb::Demand::default()).await);
    let fields = [
        "demand.kind",
        "demand.title",
        "demand.description",
        "demand.legal_basis",
    ];
    assert_eq!(empty.fields(), fields);
    let owned = pb::Demand {
        owner: "departments/11430500XY00001437".to_owned(),
        matters: vec!["matters/11430500XY0000055Q2022000000099".to_owned()],
        ..need("收养登记结果")
    };
    let told = refused(create(&story.applicant, owned).await);
    assert!(
        told.of_field("demand.owner").starts_with("NOT_YET"),
        "{told:?}"
    );
    let withdrawn = create(&story.applicant, need("重复的需求"))
        .await
        .unwrap()
        .into_inner();
    let request = pb::WithdrawDemandRequest {
        name: withdrawn.name,
        reason: "重复".to_owned(),
        request_id: new_id(),
        etag: withdrawn.etag,
    };
    let gone = story
        .applicant
        .demands()
        .withdraw_demand(ask(request))
        .await
        .unwrap();
    assert_eq!(
        (gone.get_ref().state(), gone.get_ref().reason.as_str()),
        (State::Withdrawn, "重复")
    );
}
