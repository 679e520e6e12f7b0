//! The way of a system through the plan: what its department states of it.

use std::io::Write;

use api::registry::v1 as pb;
use api::registry::v1::record_system_step_request::Step;
use api::registry::v1::system_service_client::SystemServiceClient;

use crate::connection::{Connection, new_request_id};
use crate::output::Output;
use crate::{Ending, Failure};

/// Of which system, on what ground.
#[derive(clap::Args)]
pub(crate) struct Ground {
    /// The system.
    #[arg(value_name = "systems/ID")]
    name: String,
    /// The document it rests on.
    #[arg(long, value_name = "TEXT")]
    document: String,
}

/// What becomes of a system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Disposal {
    /// It stays.
    Keep,
    /// Its work goes over to another system: name it with --into.
    Merge,
    /// It is closed down.
    Retire,
    /// It is outside of the plan.
    Exempt,
}

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Record what becomes of a system.
    ///
    /// Example: shuqiaoctl systems dispose systems/old-registry merge --into systems/marriage-registry --document
    /// 邵放组办字〔2022〕7号
    Dispose {
        #[command(flatten)]
        ground: Ground,
        /// What becomes of it.
        #[arg(value_enum)]
        disposal: Disposal,
        /// The system that takes its work over.
        #[arg(long, value_name = "systems/ID", default_value = "")]
        into: String,
    },
    /// Record that a system moved to the city cloud, or need not.
    ///
    /// Example: shuqiaoctl systems cloud systems/marriage-registry --batch 2 --document 迁移验收单
    Cloud {
        #[command(flatten)]
        ground: Ground,
        /// The batch it moved with.
        #[arg(
            long,
            value_name = "NUMBER",
            required_unless_present = "exempt",
            conflicts_with = "exempt"
        )]
        batch: Option<u16>,
        /// It need not move.
        #[arg(long)]
        exempt: bool,
    },
    /// Record an asset that was taken out of use with a system.
    ///
    /// Example: shuqiaoctl systems asset systems/marriage-registry --kind machine-room --description 三楼机房
    /// --on 2022-09-30 --document 资产处置单
    Asset {
        #[command(flatten)]
        ground: Ground,
        /// machine-room, server, storage, network or other.
        #[arg(long, value_name = "KIND")]
        kind: String,
        /// What it was.
        #[arg(long, value_name = "TEXT")]
        description: String,
        /// How many.
        #[arg(long, value_name = "NUMBER", default_value_t = 1)]
        count: u32,
        /// The day on which it was taken out of use; today at the latest.
        #[arg(long, value_name = "YYYY-MM-DD")]
        on: String,
    },
    /// Take an asset back that was stated by mistake, by its number in `systems assets`. It stays in the register,
    /// marked, and counts no longer.
    ///
    /// Example: shuqiaoctl systems withdraw-asset systems/marriage-registry --number 2 --document 更正说明
    WithdrawAsset {
        #[command(flatten)]
        ground: Ground,
        /// The number of the asset within the system.
        #[arg(long, value_name = "NUMBER")]
        number: u16,
    },
    /// State that a system has nothing to share; the competent department approves it with --approve, and either of both
    /// takes it back with --withdraw.
    ///
    /// Example: shuqiaoctl systems nothing-to-share systems/old-registry --document 无可共享数据说明
    NothingToShare {
        #[command(flatten)]
        ground: Ground,
        /// Agree to what was stated: an officer of the competent department who did not state it.
        #[arg(long, conflicts_with = "withdraw")]
        approve: bool,
        /// It has something to share after all.
        #[arg(long)]
        withdraw: bool,
    },
    /// Accept a system that shares: an officer of the competent department who recorded none of its steps.
    ///
    /// Example: shuqiaoctl systems accept systems/marriage-registry --document 验收意见书
    Accept {
        #[command(flatten)]
        ground: Ground,
    },
    /// Record that a system was not built by its department after all; it counts in the plan no longer.
    ///
    /// Example: shuqiaoctl systems handed-down systems/old-registry --document 省厅统建系统清单
    HandedDown {
        #[command(flatten)]
        ground: Ground,
    },
    /// Take a system out of service for good, once that was decided, no grant stands on its resources and none of
    /// these is in the catalogue.
    ///
    /// Example: shuqiaoctl systems retire systems/old-registry
    Retire {
        /// The system.
        #[arg(value_name = "systems/ID")]
        name: String,
    },
}

/// Runs the command.
pub(super) async fn run<W: Write>(
    command: &Command,
    connection: &Connection,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let mut client = SystemServiceClient::new(connection.channel.clone());
    let answer = match asked(command) {
        Asked::Retirement(request) => client.retire_system(connection.ask(request)).await?,
        Asked::Change(request) => client.update_system(connection.ask(*request)).await?,
        Asked::Step(request) => client.record_system_step(connection.ask(*request)).await?,
    };
    super::show(&[answer.into_inner()], output)
}

/// What a command asks for.
enum Asked {
    Retirement(pb::RetireSystemRequest),
    Change(Box<pb::UpdateSystemRequest>),
    Step(Box<pb::RecordSystemStepRequest>),
}

fn handed_down(ground: &Ground) -> pb::UpdateSystemRequest {
    let system = pb::System {
        name: ground.name.clone(),
        self_built: false,
        ..pb::System::default()
    };
    pb::UpdateSystemRequest {
        system: Some(system),
        update_mask: Some(prost_types::FieldMask {
            paths: vec!["self_built".to_owned()],
        }),
        request_id: new_request_id(),
        document: ground.document.clone(),
    }
}

fn asked(command: &Command) -> Asked {
    let (ground, step) = match command {
        Command::Retire { name } => {
            return Asked::Retirement(pb::RetireSystemRequest {
                name: name.clone(),
                request_id: new_request_id(),
                etag: String::new(),
            });
        }
        Command::HandedDown { ground } => return Asked::Change(Box::new(handed_down(ground))),
        Command::Dispose {
            ground,
            disposal,
            into,
        } => (ground, disposed(ground, *disposal, into)),
        Command::Cloud {
            ground,
            batch,
            exempt,
        } => {
            let step = pb::CloudStep {
                batch: batch.unwrap_or_default().into(),
                exempt: *exempt,
                statement: Some(statement(ground)),
            };
            (ground, Step::Cloud(step))
        }
        Command::Asset {
            ground,
            kind,
            description,
            count,
            on,
        } => {
            let step = pb::AssetStep {
                kind: kind.clone(),
                description: description.clone(),
                count: i32::try_from(*count).unwrap_or(i32::MAX),
                statement: Some(statement(ground)),
                retire_date: on.clone(),
                ..pb::AssetStep::default()
            };
            (ground, Step::Asset(step))
        }
        Command::WithdrawAsset { ground, number } => {
            let step = pb::AssetWithdrawalStep {
                number: (*number).into(),
                statement: Some(statement(ground)),
            };
            (ground, Step::AssetWithdrawal(step))
        }
        Command::NothingToShare {
            ground,
            approve,
            withdraw,
        } => (ground, nothing_to_share(ground, *approve, *withdraw)),
        Command::Accept { ground } => {
            let statement = Some(statement(ground));
            (ground, Step::Acceptance(pb::AcceptanceStep { statement }))
        }
    };
    Asked::Step(Box::new(pb::RecordSystemStepRequest {
        name: ground.name.clone(),
        step: Some(step),
        request_id: new_request_id(),
        etag: String::new(),
    }))
}

fn disposed(ground: &Ground, disposal: Disposal, into: &str) -> Step {
    Step::Disposal(pb::DisposalStep {
        disposal: wire(disposal).into(),
        merged_into: into.to_owned(),
        statement: Some(statement(ground)),
    })
}

fn nothing_to_share(ground: &Ground, approve: bool, withdraw: bool) -> Step {
    let statement = Some(statement(ground));
    match (approve, withdraw) {
        (true, _) => Step::NothingToShareApproval(pb::NothingToShareApprovalStep { statement }),
        (false, true) => {
            Step::NothingToShareWithdrawal(pb::NothingToShareWithdrawalStep { statement })
        }
        (false, false) => Step::NothingToShare(pb::NothingToShareStep {
            statement,
            ..pb::NothingToShareStep::default()
        }),
    }
}

fn statement(ground: &Ground) -> pb::Statement {
    pb::Statement {
        document: ground.document.clone(),
        ..pb::Statement::default()
    }
}

fn wire(disposal: Disposal) -> pb::Disposal {
    match disposal {
        Disposal::Keep => pb::Disposal::Keep,
        Disposal::Merge => pb::Disposal::Merge,
        Disposal::Retire => pb::Disposal::Retire,
        Disposal::Exempt => pb::Disposal::Exempt,
    }
}
