//! Signing off and publishing, one entry or all of a department.

use api::catalogue::v1 as pb;
use api::catalogue::v1::resource::State;
use tonic::Status;

use super::life::Client;
use super::register::at_work;
use crate::Failure;
use crate::connection::{Connection, new_request_id};

/// Which entries.
#[derive(clap::Args)]
pub(crate) struct Entries {
    /// The entries.
    #[arg(
        value_name = "resources/CODE",
        required_unless_present = "department",
        conflicts_with = "department"
    )]
    names: Vec<String>,
    /// All entries of this department that wait for this step, next versions included.
    #[arg(long, value_name = "departments/CODE")]
    department: Option<String>,
}

/// A step on the way to a publication.
#[derive(Clone, Copy)]
pub(super) enum Step {
    Register,
    Publish,
}

impl Step {
    /// The stage of what waits for it.
    fn before(self) -> State {
        match self {
            Self::Register => State::Draft,
            Self::Publish => State::Registered,
        }
    }

    async fn take(
        self,
        name: String,
        client: &mut Client,
        connection: &Connection,
    ) -> Result<pb::Resource, Status> {
        let (request_id, etag) = (new_request_id(), String::new());
        let answer = match self {
            Self::Register => {
                let request = pb::RegisterResourceRequest {
                    name,
                    request_id,
                    etag,
                };
                client.register_resource(connection.ask(request)).await?
            }
            Self::Publish => {
                let request = pb::PublishResourceRequest {
                    name,
                    request_id,
                    etag,
                };
                client.publish_resource(connection.ask(request)).await?
            }
        };
        Ok(answer.into_inner())
    }
}

/// Takes a step with each entry: those that took it, and what keeps each of the others from it.
pub(super) async fn take(
    step: Step,
    entries: &Entries,
    client: &mut Client,
    connection: &Connection,
) -> Result<(Vec<pb::Resource>, Vec<String>), Failure> {
    let names = match &entries.department {
        None => entries.names.clone(),
        Some(department) => waiting(step, department, connection).await?,
    };
    let (mut done, mut kept) = (Vec::new(), Vec::new());
    for name in names {
        match step.take(name.clone(), client, connection).await {
            Ok(resource) => done.push(resource),
            Err(status) => match Failure::from(status) {
                Failure::Message(why) => kept.push(format!("{name}: {why}")),
                other @ Failure::Io(_) => return Err(other),
            },
        }
    }
    Ok((done, kept))
}

/// The entries of a department that wait for a step.
async fn waiting(
    step: Step,
    department: &str,
    connection: &Connection,
) -> Result<Vec<String>, Failure> {
    let all = super::all(connection, department).await?.into_iter();
    let waiting = all
        .map(at_work)
        .filter(|entry| entry.state() == step.before());
    let names: Vec<String> = waiting.map(|entry| entry.name).collect();
    if names.is_empty() {
        let text = format!("no entry of {department} waits for it");
        return Err(Failure::Message(text));
    }
    Ok(names)
}
