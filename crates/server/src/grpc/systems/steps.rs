//! Steps of the plan, from and for the wire.

use api::registry::v1 as pb;
use api::registry::v1::record_system_step_request::Step as WireStep;
use domain::fault::{self, Cause};
use domain::name::{RequestId, SystemName};
use domain::progress::Proofs;
use domain::system::{
    Asset, AssetKind, Cloud, Disposal, Stage, StatedAsset, Statement, Step, Steps,
};
use tonic::Status;

use super::super::incoming::{Fields, wire_time};

/// Most pieces of one asset.
const MOST_PIECES: u32 = 100_000;

/// Which step is to be recorded, of which system, on what ground.
pub(super) fn parse(
    message: &pb::RecordSystemStepRequest,
) -> Result<(SystemName, RequestId, Step, String), Status> {
    let mut fields = Fields::default();
    let id = fields.request_id(&message.request_id);
    let name = fields.name("name", &message.name, SystemName::parse);
    let step = fields.message("step", message.step.clone());
    let parsed = step.and_then(|step| {
        let (place, statement) = match &step {
            WireStep::Disposal(step) => ("disposal", step.statement.clone()),
            WireStep::Cloud(step) => ("cloud", step.statement.clone()),
            WireStep::Asset(step) => ("asset", step.statement.clone()),
            WireStep::AssetWithdrawal(step) => ("asset_withdrawal", step.statement.clone()),
            WireStep::NothingToShare(step) => ("nothing_to_share", step.statement.clone()),
            WireStep::NothingToShareApproval(step) => {
                ("nothing_to_share_approval", step.statement.clone())
            }
            WireStep::NothingToShareWithdrawal(step) => {
                ("nothing_to_share_withdrawal", step.statement.clone())
            }
            WireStep::Acceptance(step) => ("acceptance", step.statement.clone()),
        };
        let document = statement.unwrap_or_default().document;
        let place = format!("{place}.statement.document");
        let document = fields.take(&place, fault::line(&document, 200));
        let step = match step {
            WireStep::Disposal(step) => disposal(&mut fields, &step).map(Step::Disposal),
            WireStep::Cloud(step) => fields.take("cloud.batch", cloud(&step)).map(Step::Cloud),
            WireStep::Asset(step) => asset(&mut fields, &step).map(Step::Asset),
            WireStep::AssetWithdrawal(step) => {
                let number = asset_number(step.number);
                let number = fields.take("asset_withdrawal.number", number);
                number.map(Step::AssetWithdrawal)
            }
            WireStep::NothingToShare(_) => Some(Step::NothingToShare),
            WireStep::NothingToShareApproval(_) => Some(Step::NothingToShareApproval),
            WireStep::NothingToShareWithdrawal(_) => Some(Step::NothingToShareWithdrawal),
            WireStep::Acceptance(_) => Some(Step::Acceptance),
        };
        step.zip(document)
    });
    let whole = name.zip(id).zip(parsed);
    let ((name, id), (step, document)) = fields.finish(whole)?;
    Ok((name, id, step, document))
}

fn disposal(fields: &mut Fields, step: &pb::DisposalStep) -> Option<Disposal> {
    let into = fields.optional("disposal.merged_into", &step.merged_into, SystemName::parse);
    let into_place = |fields: &mut Fields, text: &str| {
        fields.fault("disposal.merged_into", &Cause::new("REQUIRED", text));
    };
    let plain = match step.disposal() {
        pb::Disposal::Unspecified => {
            let cause = Cause::new("REQUIRED", "choose keep, merge, retire or exempt");
            fields.fault("disposal.disposal", &cause);
            return None;
        }
        pb::Disposal::Merge => {
            if into.is_none() {
                into_place(fields, "name the system that takes its work over");
            }
            return into.map(|into| Disposal::Merge { into });
        }
        pb::Disposal::Keep => Disposal::Keep,
        pb::Disposal::Retire => Disposal::Retire,
        pb::Disposal::Exempt => Disposal::Exempt,
    };
    if !step.merged_into.trim().is_empty() {
        into_place(fields, "leave it empty: the system is not to be merged");
    }
    Some(plain)
}

fn cloud(step: &pb::CloudStep) -> Result<Cloud, Cause> {
    match (u16::try_from(step.batch), step.exempt) {
        (Ok(0), true) => Ok(Cloud::Exempt),
        (Ok(batch @ 1..), false) => Ok(Cloud::Moved { batch }),
        _ => Err(Cause::new(
            "OUT_OF_RANGE",
            "give the batch, 1 to 65535, or say that it is exempt",
        )),
    }
}

fn asset(fields: &mut Fields, step: &pb::AssetStep) -> Option<Asset> {
    let kind = fields.take("asset.kind", AssetKind::parse(&step.kind));
    let text = fault::line(&step.description, 100);
    let description = fields.take("asset.description", text);
    let pieces = u32::try_from(step.count).ok();
    let pieces = pieces.filter(|count| (1..=MOST_PIECES).contains(count));
    let count = pieces.ok_or_else(|| {
        let text = format!("give 1 to {MOST_PIECES}");
        Cause::new("OUT_OF_RANGE", text)
    });
    let count = fields.take("asset.count", count);
    let retired_on = fields.take("asset.retire_date", fault::date(&step.retire_date));
    Some(Asset {
        kind: kind?,
        description: description?,
        count: count?,
        retired_on: Some(retired_on?),
    })
}

fn asset_number(number: i32) -> Result<u16, Cause> {
    let number = u16::try_from(number).ok().filter(|number| *number > 0);
    number.ok_or_else(|| Cause::new("OUT_OF_RANGE", "give the number of the asset, from 1"))
}

/// How far a system has come, for the wire.
pub(super) fn wire(steps: Steps, proofs: &Proofs) -> pb::SystemSteps {
    use pb::system_steps::Stage as Wire;
    let stage = match steps.stage(proofs) {
        Stage::Inventoried => Wire::Inventoried,
        Stage::Disposed => Wire::Disposed,
        Stage::Catalogued => Wire::Catalogued,
        Stage::OnCloud => Wire::OnCloud,
        Stage::Connected => Wire::Connected,
        Stage::Sharing => Wire::Sharing,
        Stage::Accepted => Wire::Accepted,
    };
    let disposal = steps.disposal.map(|stated| {
        let (disposal, merged_into) = match stated.what {
            Disposal::Keep => (pb::Disposal::Keep, String::new()),
            Disposal::Merge { into } => (pb::Disposal::Merge, into.into()),
            Disposal::Retire => (pb::Disposal::Retire, String::new()),
            Disposal::Exempt => (pb::Disposal::Exempt, String::new()),
        };
        pb::DisposalStep {
            disposal: disposal.into(),
            merged_into,
            statement: Some(wire_statement(stated.statement)),
        }
    });
    let cloud = steps.cloud.map(|stated| {
        let (batch, exempt) = match stated.what {
            Cloud::Moved { batch } => (batch.into(), false),
            Cloud::Exempt => (0, true),
        };
        pb::CloudStep {
            batch,
            exempt,
            statement: Some(wire_statement(stated.statement)),
        }
    });
    let assets = (1..).zip(steps.assets).map(wire_asset);
    let nothing = steps.nothing_to_share.map(|stated| pb::NothingToShareStep {
        statement: Some(wire_statement(stated.statement)),
        approval: stated.approval.map(wire_statement),
    });
    pb::SystemSteps {
        stage: stage.into(),
        disposal,
        cloud,
        assets: assets.collect(),
        acceptance: steps.accepted.map(|statement| pb::AcceptanceStep {
            statement: Some(wire_statement(statement)),
        }),
        nothing_to_share: nothing,
        inventory: steps.inventoried.map(wire_statement),
    }
}

fn wire_asset((number, stated): (i32, StatedAsset)) -> pb::AssetStep {
    let day = stated.what.retired_on;
    pb::AssetStep {
        kind: stated.what.kind.to_string(),
        description: stated.what.description,
        count: i32::try_from(stated.what.count).unwrap_or(i32::MAX),
        statement: Some(wire_statement(stated.statement)),
        retire_date: day.map(|day| day.to_string()).unwrap_or_default(),
        number,
        withdrawal: stated.withdrawn.map(wire_statement),
    }
}

fn wire_statement(statement: Statement) -> pb::Statement {
    pb::Statement {
        document: statement.document,
        by: statement.by,
        time: Some(wire_time(statement.at)),
    }
}
