//! `shuqiaoctl departments`: who takes part, and what becomes of those that are merged.

use std::io::Write;

use api::registry::v1::department_service_client::DepartmentServiceClient;
use api::registry::v1::{
    Department, ListDepartmentsRequest, MergeDepartmentRequest, UpdateDepartmentRequest,
};

use crate::connection::{Connection, PAGE, all_pages, new_request_id};
use crate::output::{Format, Output, Table};
use crate::{Ending, Failure};

/// Departments of the city.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// List the departments, those that ended among them.
    ///
    /// Example: shuqiaoctl departments list
    List,
    /// Record that a department was merged into another.
    ///
    /// Its systems, catalogue entries and open demands go over in the same step, with their history, grants,
    /// applications and progress; its officers can act no more. Enrol officers of the successor for them.
    ///
    /// Example: shuqiaoctl departments merge departments/11430500XY0000231M --into
    /// departments/11430500XY0000223T --last-day 2023-12-31 --document 邵编发〔2023〕9号
    Merge {
        /// The department that ended.
        #[arg(value_name = "departments/CODE")]
        name: String,
        /// The department that took over.
        #[arg(long, value_name = "departments/CODE")]
        into: String,
        /// Its last day, today or earlier.
        #[arg(long, value_name = "YYYY-MM-DD")]
        last_day: String,
        /// The document that orders it.
        #[arg(long, value_name = "TEXT")]
        document: String,
    },
    /// Make a department competent for data sharing; it takes over from the one that was.
    ///
    /// What is signed off and not yet published waits for the officers of the one that takes over.
    ///
    /// Example: shuqiaoctl departments hand-over --to departments/11430500XY0000223T
    HandOver {
        /// The department that takes over.
        #[arg(long, value_name = "departments/CODE")]
        to: String,
    },
}

/// Runs the command.
pub(crate) async fn run<W: Write>(
    args: &Args,
    connection: &Connection,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let departments = match &args.command {
        Command::List => all(connection).await?,
        Command::Merge {
            name,
            into,
            last_day,
            document,
        } => {
            let request = MergeDepartmentRequest {
                name: name.clone(),
                successor: into.clone(),
                valid_until: last_day.clone(),
                document: document.clone(),
                request_id: new_request_id(),
                etag: String::new(),
            };
            let mut client = DepartmentServiceClient::new(connection.channel.clone());
            let merged = client.merge_department(connection.ask(request)).await?;
            vec![merged.into_inner()]
        }
        Command::HandOver { to } => {
            let department = Department {
                name: to.clone(),
                competent: true,
                ..Department::default()
            };
            let request = UpdateDepartmentRequest {
                department: Some(department),
                update_mask: Some(prost_types::FieldMask {
                    paths: vec!["competent".to_owned()],
                }),
                request_id: new_request_id(),
            };
            let mut client = DepartmentServiceClient::new(connection.channel.clone());
            let changed = client.update_department(connection.ask(request)).await?;
            vec![changed.into_inner()]
        }
    };
    let mut table = Table::new(["DEPARTMENT", "NAME", "FROM", "UNTIL", "SUCCESSOR"]);
    for department in &departments {
        match output.format() {
            Format::Json => output.json(&json(department))?,
            Format::Table => table.push(row(department)),
        }
    }
    output.table(&table)?;
    Ok(Ending::Good)
}

/// All departments, those that ended among them.
///
/// # Errors
/// What the gateway says.
pub(crate) async fn all(connection: &Connection) -> Result<Vec<Department>, Failure> {
    let mut client = DepartmentServiceClient::new(connection.channel.clone());
    all_pages(async |page_token| {
        let request = ListDepartmentsRequest {
            page_size: PAGE,
            page_token,
        };
        let page = client.list_departments(connection.ask(request)).await?;
        let page = page.into_inner();
        Ok((page.departments, page.next_page_token))
    })
    .await
}

fn row(department: &Department) -> [String; 5] {
    [
        department.name.clone(),
        department.full_name.clone(),
        department.valid_from.clone(),
        department.valid_until.clone(),
        department.successor.clone(),
    ]
}

fn json(department: &Department) -> serde_json::Value {
    serde_json::json!({
        "name": department.name,
        "full_name": department.full_name,
        "short_name": department.short_name,
        "vertical": department.vertical,
        "party_body": department.party_body,
        "competent": department.competent,
        "area": department.area,
        "valid_from": department.valid_from,
        "valid_until": department.valid_until,
        "successor": department.successor,
        "end_document": department.end_document,
        "etag": department.etag,
    })
}
