//! Plans and progress over gRPC.

use api::compliance::v1 as pb;
use api::compliance::v1::plan_service_server::PlanService;
use broker::Board;
use domain::name::PlanName;
use domain::plan::Plan;
use domain::progress::{DepartmentProgress, FACTS, Proof, SystemProgress};
use domain::system::Stage;
use tonic::{Request, Response, Status};

use super::Adapter;
use super::incoming::{Fields, Incoming, page, wire_count, wire_index, wire_time};
use crate::status::status_of;

#[tonic::async_trait]
impl PlanService for Adapter {
    async fn list_plans(
        &self,
        request: Request<pb::ListPlansRequest>,
    ) -> Result<Response<pb::ListPlansResponse>, Status> {
        let message = Incoming::of(request)?.message;
        let page = page(message.page_size, &message.page_token)?;
        let page = self.gateway.plans(&page).await.map_err(status_of)?;
        Ok(Response::new(pb::ListPlansResponse {
            plans: page
                .rows
                .into_iter()
                .map(|row| wire_plan(row.value))
                .collect(),
            next_page_token: page.next,
        }))
    }

    async fn get_progress(
        &self,
        request: Request<pb::GetProgressRequest>,
    ) -> Result<Response<pb::Progress>, Status> {
        let message = Incoming::of(request)?.message;
        let mut fields = Fields::default();
        let name = fields.name("name", &message.name, PlanName::parse);
        let board = self
            .gateway
            .progress(&fields.finish(name)?)
            .await
            .map_err(status_of)?;
        Ok(Response::new(wire_board(board)))
    }
}

fn wire_plan(plan: Plan) -> pb::Plan {
    let milestone = |(number, title)| pb::Milestone { number, title };
    pb::Plan {
        name: plan.name.into(),
        title: plan.title,
        due_date: plan.due.to_string(),
        milestones: (1..).zip(plan.milestones).map(milestone).collect(),
        source: plan.source,
    }
}

fn wire_board(board: Board) -> pb::Progress {
    let assets = board.assets();
    pb::Progress {
        system_count: wire_count(board.system_count()),
        connected_count: wire_count(board.connected_count()),
        stages: wire_stages(|stage| board.at_stage(stage)),
        machine_room_count: wire_pieces(assets.machine_rooms),
        other_asset_count: wire_pieces(assets.others),
        plan: board.plan.name.into(),
        compute_time: Some(wire_time(board.computed)),
        departments: board.departments.into_iter().map(wire_department).collect(),
    }
}

fn wire_stages(at: impl Fn(Stage) -> usize) -> Vec<pb::StageCount> {
    let count = |stage: Stage| pb::StageCount {
        stage: stage.as_str().to_owned(),
        system_count: wire_count(at(stage)),
    };
    Stage::ALL.map(count).into()
}

fn wire_pieces(count: u64) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

fn wire_department(row: DepartmentProgress) -> pb::DepartmentProgress {
    let assets = row.assets();
    pb::DepartmentProgress {
        system_count: wire_count(row.system_count()),
        connected_count: wire_count(row.connected_count()),
        stages: wire_stages(|stage| row.at_stage(stage)),
        machine_room_count: wire_pieces(assets.machine_rooms),
        other_asset_count: wire_pieces(assets.others),
        percent: row
            .percent()
            .and_then(|percent| i32::try_from(percent).ok()),
        department: row.department.name.into(),
        short_name: row.department.short_name,
        systems: row.systems.into_iter().map(wire_system).collect(),
    }
}

fn wire_system(row: SystemProgress) -> pb::SystemProgress {
    let fact = |(key, proof): (&str, Option<Proof>)| pb::Fact {
        key: key.to_owned(),
        proved: proof.is_some(),
        entry_index: proof.map(|proof| wire_index(proof.entry)),
        agreed: proof.is_some_and(|proof| proof.agreed),
    };
    pb::SystemProgress {
        facts: FACTS
            .into_iter()
            .zip(row.proofs.facts())
            .map(fact)
            .collect(),
        system: row.system.into(),
        display_name: row.display_name,
        counted: row.counted,
        connected: row.connected,
        stage: row.stage.as_str().to_owned(),
        machine_room_count: wire_pieces(row.assets.machine_rooms),
        other_asset_count: wire_pieces(row.assets.others),
    }
}
