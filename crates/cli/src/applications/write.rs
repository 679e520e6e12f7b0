//! `shuqiaoctl applications write` and `update`: what is asked for.

use api::sharing::v1 as pb;

use super::Client;
use crate::Failure;
use crate::connection::{Connection, new_request_id};
use crate::terms::{Limits, Mode};

/// What is asked for (Order 809 art. 20).
#[derive(clap::Args)]
struct Content {
    /// The system that will use the data.
    #[arg(long, value_name = "systems/ID")]
    consumer: String,
    /// The entry.
    #[arg(long, value_name = "resources/CODE")]
    resource: String,
    /// Keys of the items, separated by commas: no more than the matter needs.
    #[arg(long, value_name = "KEYS", value_delimiter = ',', required = true)]
    items: Vec<String>,
    /// By which ways, separated by commas.
    #[arg(
        long,
        value_enum,
        value_name = "MODES",
        value_delimiter = ',',
        required = true
    )]
    modes: Vec<Mode>,
    /// The matters it is for; may be repeated.
    #[arg(long = "matter", value_name = "matters/CODE", required = true)]
    matters: Vec<String>,
    /// The law, regulation or duty it rests on.
    #[arg(long, value_name = "TEXT")]
    legal_basis: String,
    /// How the data will be used.
    #[arg(long, value_name = "TEXT")]
    scene: String,
    /// First day of use.
    #[arg(long, value_name = "DAY")]
    start: String,
    /// Last day of use, at most three years after the first.
    #[arg(long, value_name = "DAY")]
    end: String,
    /// Each call will name the clerk it is made for.
    #[arg(long)]
    operator_required: bool,
    /// The system is a portal that hands use-codes out to holders; such a grant releases nothing to the system itself.
    #[arg(long)]
    issues_use_codes: bool,
    /// Which rows, as JSON, or @FILE; see `shuqiaoctl rows read --help`.
    #[arg(long, value_name = "JSON", value_parser = crate::rows::parse_filter)]
    filter: Option<domain::filter::Filter>,
    #[command(flatten)]
    limits: Limits,
    /// The grant that is to be agreed on anew: more of it, or for longer. What is asked for here takes its place, as a whole.
    #[arg(long, value_name = "grants/UUID", default_value = "")]
    amends: String,
    /// Calls a day that you expect.
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    calls_per_day: i64,
    /// Rows a day that you expect.
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    rows_per_day: i64,
    /// Check everything and store nothing.
    #[arg(long)]
    validate_only: bool,
    /// A UUID, the same again for a retry; a new one if left out.
    #[arg(long, value_name = "UUID")]
    request_id: Option<String>,
}

/// Write an application; a second person of your department signs it off.
///
/// Example: shuqiaoctl applications write --consumer systems/yjs-platform --resource resources/105001-000001
/// --items `registration_number,registration_date` --modes api --matter matters/11430500XY0000055Q2022000000002
/// --legal-basis 国务院令第716号第七条 --scene 受理时核验，免提交纸质材料 --start 2026-03-02 --end 2027-03-01
#[derive(clap::Args)]
pub(super) struct Write {
    #[command(flatten)]
    content: Content,
}

/// Write what is asked for anew, until it is submitted; what was signed off has to be signed off again.
#[derive(clap::Args)]
pub(super) struct Update {
    /// The application.
    #[arg(value_name = "applications/UUID")]
    name: String,
    /// Only if nobody changed it since it was read with this etag.
    #[arg(long, value_name = "ETAG", default_value = "")]
    etag: String,
    #[command(flatten)]
    content: Content,
}

impl Content {
    fn message(&self) -> pb::Application {
        pb::Application {
            consumer: self.consumer.clone(),
            resource: self.resource.clone(),
            items: self.items.clone(),
            share_modes: self.modes.iter().map(|mode| mode.wire()).collect(),
            matters: self.matters.clone(),
            legal_basis: self.legal_basis.clone(),
            scene: self.scene.clone(),
            start_date: self.start.clone(),
            end_date: self.end.clone(),
            operator_required: self.operator_required,
            row_filter: self.filter.clone().map(crate::rows::wire_filter),
            issues_use_codes: self.issues_use_codes,
            network_zones: self.limits.zones(),
            quota: self.limits.quota(),
            amends: self.amends.clone(),
            expected_calls_per_day: self.calls_per_day,
            expected_rows_per_day: self.rows_per_day,
            ..pb::Application::default()
        }
    }

    fn request_id(&self) -> String {
        self.request_id.clone().unwrap_or_else(new_request_id)
    }
}

impl Write {
    pub(super) async fn run(
        &self,
        client: &mut Client,
        connection: &Connection,
    ) -> Result<pb::Application, Failure> {
        let request = pb::CreateApplicationRequest {
            application: Some(self.content.message()),
            request_id: self.content.request_id(),
            validate_only: self.content.validate_only,
        };
        let made = client.create_application(connection.ask(request)).await?;
        Ok(made.into_inner())
    }
}

impl Update {
    pub(super) async fn run(
        &self,
        client: &mut Client,
        connection: &Connection,
    ) -> Result<pb::Application, Failure> {
        let request = pb::UpdateApplicationRequest {
            application: Some(pb::Application {
                name: self.name.clone(),
                etag: self.etag.clone(),
                ..self.content.message()
            }),
            request_id: self.content.request_id(),
            validate_only: self.content.validate_only,
        };
        let made = client.update_application(connection.ask(request)).await?;
        Ok(made.into_inner())
    }
}
