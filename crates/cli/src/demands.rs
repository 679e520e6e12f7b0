//! `shuqiaoctl demands`: data that is needed or has to be provided, and that nobody publishes yet.

mod withheld;

use std::io::Write;

use api::catalogue::v1 as pb;
use api::catalogue::v1::demand_service_client::DemandServiceClient;

use crate::connection::{Connection, all_pages, new_request_id};
use crate::output::{Format, Output, Table, word};
use crate::{Ending, Failure};

/// The lists of needs, of responsibilities, and of what a law forbids to share.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

/// Which list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum List {
    /// Everything.
    All,
    /// What somebody needs (需求清单).
    Needs,
    /// What somebody has to provide (责任清单).
    Responsibilities,
    /// What a law forbids to share (负面清单): demands that were declined, and entries that are not shared.
    Negative,
}

/// What of which list.
#[derive(clap::Args)]
struct Wanted {
    /// Which one.
    #[arg(value_enum, default_value = "all")]
    list: List,
    /// Only what this department has to answer, or did.
    #[arg(long, value_name = "departments/CODE", default_value = "")]
    owner: String,
    /// Only what holds these words, all of them, in its title, its purpose, its legal basis, or the law and the reason
    /// that ended it; initials of pinyin find titles.
    #[arg(long, value_name = "TEXT", default_value = "")]
    query: String,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Show a list. Exit code 1 when something on it is overdue.
    ///
    /// Example: shuqiaoctl demands list responsibilities --owner departments/11430500XY00001437
    List(Wanted),
    /// Raise a need of your department, or lay a responsibility on another one with --owner.
    ///
    /// Example: shuqiaoctl demands raise 收养登记结果 --for 核验收养关系 --legal-basis 民法典第一千一百零五条
    Raise {
        /// What data.
        #[arg(value_name = "TITLE")]
        title: String,
        /// What for.
        #[arg(long = "for", value_name = "TEXT")]
        purpose: String,
        /// The law, duty or document it rests on.
        #[arg(long, value_name = "TEXT")]
        legal_basis: String,
        /// The matters it is for; may be repeated.
        #[arg(long = "matter", value_name = "matters/CODE")]
        matters: Vec<String>,
        /// Who has to provide it: makes it a responsibility; an officer of the competent department.
        #[arg(long, value_name = "departments/CODE", default_value = "")]
        owner: String,
    },
    /// Name the department that has to answer: an officer of the competent department.
    ///
    /// Example: shuqiaoctl demands assign demands/0191f7a2-5b7e-7c3a-9d53-0c8f5e2b7a11 --owner
    /// departments/11430500XY00001437
    Assign {
        /// The demand.
        #[arg(value_name = "demands/UUID")]
        name: String,
        /// Who has to answer.
        #[arg(long, value_name = "departments/CODE")]
        owner: String,
    },
    /// Answer a demand with a published resource of your department.
    ///
    /// Example: shuqiaoctl demands meet demands/0191f7a2-5b7e-7c3a-9d53-0c8f5e2b7a11 --resource
    /// resources/105001-000001
    Meet {
        /// The demand.
        #[arg(value_name = "demands/UUID")]
        name: String,
        /// The resource.
        #[arg(long, value_name = "resources/CODE")]
        resource: String,
    },
    /// Decline a demand by the law that forbids to share.
    ///
    /// Example: shuqiaoctl demands decline demands/0191f7a2-5b7e-7c3a-9d53-0c8f5e2b7a11 --law
    /// 个人信息保护法第二十八条 --reason 涉及个人隐私
    Decline {
        /// The demand.
        #[arg(value_name = "demands/UUID")]
        name: String,
        /// The law, administrative regulation or State Council decision.
        #[arg(long, value_name = "TEXT")]
        law: String,
        /// Why it applies.
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Take a demand back.
    ///
    /// Example: shuqiaoctl demands withdraw demands/0191f7a2-5b7e-7c3a-9d53-0c8f5e2b7a11 --reason 重复
    Withdraw {
        /// The demand.
        #[arg(value_name = "demands/UUID")]
        name: String,
        /// Why.
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
}

type Client = DemandServiceClient<tonic::transport::Channel>;

/// Runs the command.
pub(crate) async fn run<W: Write>(
    args: &Args,
    connection: &Connection,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let mut client = Client::new(connection.channel.clone());
    let withheld = match &args.command {
        Command::List(wanted) if wanted.list == List::Negative => {
            withheld::all(connection, &wanted.owner, &wanted.query).await?
        }
        _ => Vec::new(),
    };
    let demands = match &args.command {
        Command::List(wanted) => listed(&mut client, connection, wanted).await?,
        Command::Raise {
            title,
            purpose,
            legal_basis,
            matters,
            owner,
        } => {
            let kind = if owner.is_empty() {
                pb::demand::Kind::Need
            } else {
                pb::demand::Kind::Responsibility
            };
            let demand = pb::Demand {
                kind: kind.into(),
                title: title.clone(),
                description: purpose.clone(),
                legal_basis: legal_basis.clone(),
                matters: matters.clone(),
                owner: owner.clone(),
                ..pb::Demand::default()
            };
            let request = pb::CreateDemandRequest {
                demand: Some(demand),
                request_id: new_request_id(),
                validate_only: false,
            };
            vec![
                client
                    .create_demand(connection.ask(request))
                    .await?
                    .into_inner(),
            ]
        }
        step => vec![answer(step, &mut client, connection).await?],
    };
    let mut table = Table::new([
        "DEMAND", "KIND", "TITLE", "BY", "OWNER", "STATE", "DUE", "ANSWER",
    ]);
    for demand in &demands {
        match output.format() {
            Format::Json => output.json(&json(demand))?,
            Format::Table => table.push(row(demand)),
        }
    }
    for entry in &withheld {
        match output.format() {
            Format::Json => output.json(&withheld::json(entry))?,
            Format::Table => table.push(withheld::row(entry)),
        }
    }
    output.table(&table)?;
    let listing = matches!(args.command, Command::List(_));
    let overdue = demands.iter().any(|demand| demand.overdue);
    Ok(if listing && overdue {
        Ending::Bad
    } else {
        Ending::Good
    })
}

async fn listed(
    client: &mut Client,
    connection: &Connection,
    wanted: &Wanted,
) -> Result<Vec<pb::Demand>, Failure> {
    let (kind, states) = match wanted.list {
        List::All => (pb::demand::Kind::Unspecified, Vec::new()),
        List::Needs => (pb::demand::Kind::Need, Vec::new()),
        List::Responsibilities => (pb::demand::Kind::Responsibility, Vec::new()),
        List::Negative => {
            let declined = pb::demand::State::Declined.into();
            (pb::demand::Kind::Unspecified, vec![declined])
        }
    };
    all_pages(async |page_token| {
        let request = pb::ListDemandsRequest {
            page_size: 0,
            page_token,
            kind: kind.into(),
            owner: wanted.owner.clone(),
            states: states.clone(),
            query: wanted.query.clone(),
        };
        let page = client.list_demands(connection.ask(request)).await?;
        let page = page.into_inner();
        Ok((page.demands, page.next_page_token))
    })
    .await
}

/// The steps after a demand was raised.
async fn answer(
    command: &Command,
    client: &mut Client,
    connection: &Connection,
) -> Result<pb::Demand, Failure> {
    let (request_id, etag) = (new_request_id(), String::new());
    let answered = match command {
        Command::Assign { name, owner } => {
            let (name, owner) = (name.clone(), owner.clone());
            let request = pb::AssignDemandRequest {
                name,
                owner,
                request_id,
                etag,
            };
            client.assign_demand(connection.ask(request)).await?
        }
        Command::Meet { name, resource } => {
            let (name, resource) = (name.clone(), resource.clone());
            let request = pb::MeetDemandRequest {
                name,
                resource,
                request_id,
                etag,
            };
            client.meet_demand(connection.ask(request)).await?
        }
        Command::Decline { name, law, reason } => {
            let (name, refusal_basis, reason) = (name.clone(), law.clone(), reason.clone());
            let request = pb::DeclineDemandRequest {
                name,
                refusal_basis,
                reason,
                request_id,
                etag,
            };
            client.decline_demand(connection.ask(request)).await?
        }
        Command::Withdraw { name, reason } => {
            let (name, reason) = (name.clone(), reason.clone());
            let request = pb::WithdrawDemandRequest {
                name,
                reason,
                request_id,
                etag,
            };
            client.withdraw_demand(connection.ask(request)).await?
        }
        Command::List(_) | Command::Raise { .. } => {
            return Err(Failure::Message("this is no step of a demand".to_owned()));
        }
    };
    Ok(answered.into_inner())
}

fn row(demand: &pb::Demand) -> [String; 8] {
    let due = if demand.overdue {
        format!("{} overdue", demand.due_date)
    } else {
        demand.due_date.clone()
    };
    let answers = [&demand.resource, &demand.refusal_basis, &demand.reason];
    let answer = answers.into_iter().find(|text| !text.is_empty());
    [
        demand.name.clone(),
        kind(demand),
        demand.title.clone(),
        demand.department.clone(),
        demand.owner.clone(),
        state(demand),
        due,
        answer.cloned().unwrap_or_default(),
    ]
}

fn json(demand: &pb::Demand) -> serde_json::Value {
    serde_json::json!({
        "name": demand.name,
        "kind": kind(demand),
        "title": demand.title,
        "description": demand.description,
        "legal_basis": demand.legal_basis,
        "matters": demand.matters,
        "department": demand.department,
        "owner": demand.owner,
        "state": state(demand),
        "due_date": demand.due_date,
        "due_rule": demand.due_rule,
        "overdue": demand.overdue,
        "resource": demand.resource,
        "refusal_basis": demand.refusal_basis,
        "reason": demand.reason,
        "etag": demand.etag,
    })
}

fn state(demand: &pb::Demand) -> String {
    word(demand.state().as_str_name(), "STATE_")
}

fn kind(demand: &pb::Demand) -> String {
    word(demand.kind().as_str_name(), "KIND_")
}
