//! The progress board as shown: one row a department, one line a system, each fact with its proof.

use broker::Board;
use domain::department::Department;
use domain::policy::shaoyang_date;
use domain::progress::{DepartmentProgress, FACTS, Proof, SystemProgress};
use domain::snapshot::Snapshot;
use domain::system::{AssetCounts, Stage, SystemState};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::words;

/// The board of a plan.
pub(crate) struct BoardView {
    pub(crate) title: String,
    pub(crate) source: String,
    pub(crate) milestones: Vec<String>,
    pub(crate) due: Date,
    pub(crate) countdown: Countdown,
    pub(crate) computed: String,
    pub(crate) systems: usize,
    pub(crate) connected: usize,
    pub(crate) percent: Option<u32>,
    /// Counted systems at each stage of [`Stage::ALL`].
    pub(crate) stages: [usize; Stage::ALL.len()],
    pub(crate) assets: AssetCounts,
    /// Departments that have a counted system.
    pub(crate) obliged: usize,
    pub(crate) departments: Vec<DepartmentView>,
}

/// How the day stands to the plan's last day.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Countdown {
    Left(i32),
    Today,
    Overdue(i32),
}

/// One department.
pub(crate) struct DepartmentView {
    pub(crate) short_name: String,
    pub(crate) full_name: String,
    pub(crate) systems: usize,
    pub(crate) connected: usize,
    pub(crate) percent: Option<u32>,
    /// The place of its systems on the page.
    pub(crate) anchor: String,
    /// How many counted systems have each fact of [`FACTS`] proved, or need it not as is agreed.
    pub(crate) proved: [usize; FACTS.len()],
    /// How many stand at each stage of [`Stage::ALL`].
    pub(crate) stages: [usize; Stage::ALL.len()],
    pub(crate) assets: AssetCounts,
    pub(crate) lines: Vec<SystemView>,
}

/// One system.
pub(crate) struct SystemView {
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) standing: Standing,
    pub(crate) stage: &'static str,
    /// The proof of each fact of [`FACTS`], in their order.
    pub(crate) proofs: [Option<Proof>; FACTS.len()],
}

/// How a system counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Connected,
    Open,
    Suspended,
    NotCounted,
}

impl BoardView {
    /// The titles of the stages, in their order.
    pub(crate) fn stage_titles() -> [&'static str; Stage::ALL.len()] {
        Stage::ALL.map(words::inventory::stage)
    }

    /// Lays a board out. Departments without any system get a row too: nothing registered is the
    /// first thing an auditor looks for.
    pub(crate) fn new(board: &Board, snapshot: &Snapshot, now: Timestamp) -> Self {
        let departments = departments(board, snapshot);
        let (systems, connected) = (board.system_count(), board.connected_count());
        Self {
            title: board.plan.title.clone(),
            source: board.plan.source.clone(),
            milestones: board.plan.milestones.clone(),
            due: board.plan.due,
            countdown: countdown(board.plan.due, shaoyang_date(now)),
            computed: words::moment(board.computed),
            systems,
            connected,
            percent: percent(connected, systems),
            stages: Stage::ALL.map(|stage| board.at_stage(stage)),
            assets: board.assets(),
            obliged: departments.iter().filter(|row| row.systems > 0).count(),
            departments,
        }
    }
}

fn departments(board: &Board, snapshot: &Snapshot) -> Vec<DepartmentView> {
    let listed = |department: &Department| {
        board
            .departments
            .iter()
            .any(|row| row.department.name == department.name)
    };
    let empty = snapshot
        .departments()
        .filter(|department| !listed(department))
        .cloned();
    let mut rows: Vec<DepartmentProgress> = board.departments.clone();
    rows.extend(empty.map(|department| DepartmentProgress {
        department,
        systems: Vec::new(),
    }));
    rows.sort_by(|a, b| a.department.name.cmp(&b.department.name));
    rows.iter()
        .map(|row| department_view(row, snapshot))
        .collect()
}

fn department_view(row: &DepartmentProgress, snapshot: &Snapshot) -> DepartmentView {
    DepartmentView {
        short_name: row.department.short_name.clone(),
        full_name: row.department.full_name.clone(),
        systems: row.system_count(),
        connected: row.connected_count(),
        percent: row.percent(),
        anchor: row.department.name.id().to_owned(),
        proved: std::array::from_fn(|fact| proved(row, fact)),
        stages: Stage::ALL.map(|stage| row.at_stage(stage)),
        assets: row.assets(),
        lines: row
            .systems
            .iter()
            .map(|system| system_view(system, snapshot))
            .collect(),
    }
}

fn proved(row: &DepartmentProgress, fact: usize) -> usize {
    let has = |system: &&SystemProgress| {
        system.counted && system.proofs.facts().get(fact).is_some_and(Option::is_some)
    };
    row.systems.iter().filter(has).count()
}

fn system_view(system: &SystemProgress, snapshot: &Snapshot) -> SystemView {
    let state = snapshot.system(&system.system).map(|system| &system.state);
    let standing = match state {
        _ if !system.counted => Standing::NotCounted,
        _ if system.connected => Standing::Connected,
        Some(SystemState::Suspended { .. }) => Standing::Suspended,
        Some(SystemState::Active | SystemState::Retired) | None => Standing::Open,
    };
    SystemView {
        name: system.display_name.clone(),
        id: system.system.id().to_owned(),
        standing,
        stage: words::inventory::stage(system.stage),
        proofs: system.proofs.facts(),
    }
}

pub(crate) fn countdown(due: Date, today: Date) -> Countdown {
    let days = (due - today).get_days();
    match days {
        0 => Countdown::Today,
        1.. => Countdown::Left(days),
        _ => Countdown::Overdue(days.saturating_neg()),
    }
}

fn percent(connected: usize, systems: usize) -> Option<u32> {
    u32::try_from(connected.checked_mul(100)?.checked_div(systems)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_to_the_last_day() {
        let due = jiff::civil::date(2022, 12, 31);
        for (today, expected) in [
            (jiff::civil::date(2022, 5, 12), Countdown::Left(233)),
            (jiff::civil::date(2022, 12, 30), Countdown::Left(1)),
            (due, Countdown::Today),
            (jiff::civil::date(2023, 1, 1), Countdown::Overdue(1)),
            (jiff::civil::date(2024, 12, 31), Countdown::Overdue(731)),
        ] {
            assert_eq!(countdown(due, today), expected);
        }
    }

    #[test]
    fn nothing_counted_has_no_percentage() {
        assert_eq!(percent(0, 0), None);
        assert_eq!(percent(2, 3), Some(66));
    }
}
