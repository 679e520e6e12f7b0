//! Where an entry stands, who brought it there, and the clocks that run.

use domain::policy::shaoyang_date;
use domain::reference::Reference;
use domain::resource::{Resource, ResourceState, Why};
use domain::snapshot::Snapshot;
use jiff::civil::Date;

use super::super::clock::ClockView;
use super::super::names;
use crate::words::moment;

/// The stage and what belongs to it.
pub(super) struct StageView {
    /// What happened, the latest first: what, by whom, when, why.
    pub(super) steps: Vec<StepView>,
    /// The clocks that run.
    pub(super) clocks: Vec<ClockView>,
    /// Why it was given back: a field or nothing, and a sentence.
    pub(super) returned: Vec<(String, String)>,
    /// The law or duty that changed, where it must be brought up to date.
    pub(super) duty: Option<String>,
}

/// One step on the way.
pub(super) struct StepView {
    pub(super) what: String,
    pub(super) by: String,
    pub(super) at: String,
    pub(super) why: String,
}

/// Lays the stage out.
pub(super) fn view(
    resource: &Resource,
    reference: &Reference,
    snapshot: &Snapshot,
    today: Date,
) -> StageView {
    let person = |by: &str| names::of_person(by, snapshot);
    let progress = &resource.progress;
    let returned = progress.returned.as_ref();
    let mut steps = steps(&resource.state, snapshot);
    steps.extend(returned.map(|returned| StepView {
        what: "退回".to_owned(),
        by: person(&returned.by),
        at: moment(returned.at),
        why: String::new(),
    }));
    StageView {
        steps,
        clocks: clocks(resource, reference, snapshot, today),
        returned: returned
            .map(|returned| returned.reasons.clone())
            .unwrap_or_default(),
        duty: progress.update.as_ref().map(|duty| {
            let extended = duty.extended.as_ref();
            let more = extended.map_or_else(String::new, |why| {
                format!("；经 {} 同意延长：{}", person(&why.by), why.reason)
            });
            format!(
                "{}，{} 起施行，由 {} 于 {} 记录{more}",
                duty.why.reason,
                duty.effective,
                person(&duty.why.by),
                shaoyang_date(duty.why.at),
            )
        }),
    }
}

fn steps(state: &ResourceState, snapshot: &Snapshot) -> Vec<StepView> {
    let person = |by: &str| names::of_person(by, snapshot);
    match state {
        ResourceState::Draft => Vec::new(),
        ResourceState::Registered { by, at } => vec![StepView {
            what: "部门登记".to_owned(),
            by: person(by),
            at: moment(*at),
            why: String::new(),
        }],
        ResourceState::Published {
            registered_by,
            by,
            at,
            version,
        } => vec![StepView {
            what: format!("发布第 {version} 版"),
            by: person(by),
            at: moment(*at),
            why: format!("部门登记人 {}", person(registered_by)),
        }],
        ResourceState::Suspended { published, why } => {
            let mut all = vec![with_why("暂停", why, snapshot)];
            all.extend(steps(published, snapshot));
            all
        }
        ResourceState::Retired { version, why } => {
            let what = format!("退出目录，最后为第 {version} 版");
            vec![with_why(&what, why, snapshot)]
        }
    }
}

fn with_why(what: &str, why: &Why, snapshot: &Snapshot) -> StepView {
    StepView {
        what: what.to_owned(),
        by: names::of_person(&why.by, snapshot),
        at: moment(why.at),
        why: why.reason.clone(),
    }
}

fn clocks(
    resource: &Resource,
    reference: &Reference,
    snapshot: &Snapshot,
    today: Date,
) -> Vec<ClockView> {
    let progress = &resource.progress;
    let of = |what, clock| ClockView::of(what, clock, reference, today);
    let mut clocks = Vec::new();
    clocks.extend(
        progress
            .review
            .as_ref()
            .map(|clock| of("主管部门审核发布", clock)),
    );
    if let Some(next) = &progress.next {
        let review = next.progress.review.as_ref();
        clocks.extend(review.map(|clock| of("主管部门审核发布下一版本", clock)));
    }
    if let Some(duty) = &progress.update {
        clocks.push(of("部门更新目录并登记", &duty.update));
        clocks.push(of("主管部门发布更新后的目录", &duty.publish));
    }
    clocks.extend(progress.retiring.as_ref().map(|retiring| {
        let by = names::of_person(&retiring.why.by, snapshot);
        let ground = format!("由 {by} 预告：{}", retiring.why.reason);
        ClockView::of_day("可使用的最后一日", retiring.last_day, ground, today)
    }));
    clocks
}
