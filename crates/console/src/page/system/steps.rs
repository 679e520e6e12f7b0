//! The way of a system through task 15: what people stated and on what document, what the gateway saw.

use domain::progress::{Proof, Proofs};
use domain::snapshot::Snapshot;
use domain::system::{Cloud, Disposal, NothingToShare, Stage, StatedAsset, Statement, System};
use jiff::civil::Date;

use super::super::names;
use crate::words::inventory as words;
use crate::words::moment;

/// One of the seven stages.
pub(super) struct StepView {
    pub(super) name: &'static str,
    /// How it stands, with the class of its tag.
    pub(super) standing: (&'static str, &'static str),
    /// What was stated; empty where the gateway sees for itself.
    pub(super) what: String,
    /// The system that takes the work over.
    pub(super) into: Option<(String, String)>,
    /// The document, by whom, when.
    pub(super) statement: Option<(String, String, String)>,
    /// What the gateway saw: each fact, and the entry that proves it.
    pub(super) facts: Vec<(&'static str, Option<u64>)>,
    /// The command by which it is stated; empty where the gateway sees for itself.
    pub(super) hint: &'static str,
}

/// An asset that was taken out of use with it.
pub(super) struct AssetView {
    pub(super) number: usize,
    pub(super) kind: &'static str,
    pub(super) description: String,
    pub(super) count: u32,
    /// The day; none where it was stated without.
    pub(super) retired_on: Option<Date>,
    /// The document, by whom, when.
    pub(super) statement: (String, String, String),
    /// The same of its withdrawal, where it was taken back.
    pub(super) withdrawn: Option<(String, String, String)>,
}

/// The seven stages in their order.
pub(super) fn views(system: &System, proofs: &Proofs, snapshot: &Snapshot) -> Vec<StepView> {
    let steps = &system.steps;
    let reached = steps.stage(proofs);
    let step = |stage: Stage, done: bool| StepView {
        name: words::stage(stage),
        standing: match (stage <= reached, done) {
            (true, _) => ("已达到", "good"),
            (false, true) => ("待前一阶段", ""),
            (false, false) => ("未达到", "faint"),
        },
        what: String::new(),
        into: None,
        statement: None,
        facts: Vec::new(),
        hint: "",
    };
    let told = |one: &Statement| statement(one, snapshot);
    let disposal = steps.disposal.as_ref();
    let cloud = steps.cloud.as_ref();
    // What it cannot do because it has nothing to share is proved by the agreement that it has not.
    let named = |name, proof: Option<Proof>| match proof {
        Some(Proof {
            entry,
            agreed: true,
        }) => ("已核准无可共享数据", Some(entry)),
        _ => (name, proof.map(|proof| proof.entry)),
    };
    let facts = words::FACTS.into_iter().zip(proofs.facts());
    vec![
        StepView {
            statement: steps.inventoried.as_ref().map(told),
            facts: vec![("登记", proofs.registered)],
            ..step(Stage::Inventoried, true)
        },
        StepView {
            what: disposal
                .map_or("", |one| words::disposal(&one.what))
                .to_owned(),
            into: disposal.and_then(|one| into(&one.what, snapshot)),
            statement: disposal.map(|one| told(&one.statement)),
            hint: "shuqiaoctl systems dispose",
            ..step(Stage::Disposed, disposal.is_some())
        },
        StepView {
            what: nothing_to_share(steps.nothing_to_share.as_ref()).to_owned(),
            statement: steps
                .nothing_to_share
                .as_ref()
                .map(|one| told(one.approval.as_ref().unwrap_or(&one.statement))),
            facts: vec![named("发布目录资源", proofs.catalogued())],
            ..step(Stage::Catalogued, proofs.catalogued().is_some())
        },
        StepView {
            what: cloud.map(|one| moved(one.what)).unwrap_or_default(),
            statement: cloud.map(|one| told(&one.statement)),
            hint: "shuqiaoctl systems cloud",
            ..step(Stage::OnCloud, cloud.is_some())
        },
        StepView {
            facts: facts.map(|(name, proof)| named(name, proof)).collect(),
            ..step(Stage::Connected, proofs.complete())
        },
        StepView {
            facts: vec![named("其他部门读取其数据", proofs.shared())],
            ..step(Stage::Sharing, proofs.shared().is_some())
        },
        StepView {
            statement: steps.accepted.as_ref().map(told),
            hint: "shuqiaoctl systems accept",
            ..step(Stage::Accepted, steps.accepted.is_some())
        },
    ]
}

fn nothing_to_share(stated: Option<&NothingToShare>) -> &'static str {
    match stated {
        None => "",
        Some(stated) if stated.waits() => "部门说明无可共享数据，待主管部门核准",
        Some(_) => "无可共享数据，主管部门已核准",
    }
}

fn into(disposal: &Disposal, snapshot: &Snapshot) -> Option<(String, String)> {
    match disposal {
        Disposal::Merge { into } => {
            let shown = names::shown(into.as_str(), snapshot);
            Some((shown, names::to_system(into)))
        }
        Disposal::Keep | Disposal::Retire | Disposal::Exempt => None,
    }
}

fn moved(cloud: Cloud) -> String {
    match cloud {
        Cloud::Moved { batch } => format!("第 {batch} 批上云"),
        Cloud::Exempt => "不必上云".to_owned(),
    }
}

fn statement(statement: &Statement, snapshot: &Snapshot) -> (String, String, String) {
    let Statement { document, by, at } = statement;
    (
        document.clone(),
        names::of_person(by, snapshot),
        moment(*at),
    )
}

/// Lays an asset out.
pub(super) fn asset_view(number: usize, stated: &StatedAsset, snapshot: &Snapshot) -> AssetView {
    AssetView {
        number,
        kind: words::asset(stated.what.kind),
        description: stated.what.description.clone(),
        count: stated.what.count,
        retired_on: stated.what.retired_on,
        statement: statement(&stated.statement, snapshot),
        withdrawn: stated
            .withdrawn
            .as_ref()
            .map(|one| statement(one, snapshot)),
    }
}
