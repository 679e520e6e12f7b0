//! `shuqiaoctl departments`: who takes part, and what becomes of those that are merged.

use std::io::Write;

use api::registry::v1::department_service_client::DepartmentServiceClient;
use api::registry::v1::{
    CreateDepartmentRequest, Department, EndDepartmentRequest, ListDepartmentsRequest,
    MergeDepartmentRequest, UpdateDepartmentRequest,
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

/// A department to be registered.
#[derive(clap::Args)]
struct Registration {
    /// Its unified social credit code.
    #[arg(value_name = "departments/CODE")]
    name: String,
    /// The full official name.
    #[arg(long, value_name = "TEXT")]
    full_name: String,
    /// The name people use; no other department has it.
    #[arg(long, value_name = "TEXT")]
    short_name: String,
    /// Its first day.
    #[arg(long, value_name = "YYYY-MM-DD")]
    valid_from: String,
    /// Its last day, where that is known; it may have passed, or lie ahead.
    #[arg(long, value_name = "YYYY-MM-DD", default_value = "")]
    valid_until: String,
    /// Who took over, of a department of the past; of one that exists `merge` tells it.
    #[arg(long, value_name = "departments/CODE", default_value = "")]
    successor: String,
    /// Where it is competent: a region code of GB/T 2260, or a local code where that has none.
    #[arg(long, value_name = "CODE", default_value = "")]
    area: String,
    /// It is directly under a national or provincial body (垂直管理).
    #[arg(long)]
    vertical: bool,
    /// It is a party or discipline body, outside "government department" of Order 809.
    #[arg(long)]
    party_body: bool,
    /// It is competent for data sharing; only where no other is, `hand-over` does it else.
    #[arg(long)]
    competent: bool,
}

/// What is to change about a department; what is not named stays.
#[derive(clap::Args)]
struct Change {
    /// The department.
    #[arg(value_name = "departments/CODE")]
    name: String,
    /// The full official name.
    #[arg(long, value_name = "TEXT")]
    full_name: Option<String>,
    /// The name people use.
    #[arg(long, value_name = "TEXT")]
    short_name: Option<String>,
    /// Where it is competent; an empty text where it is stated no longer.
    #[arg(long, value_name = "CODE")]
    area: Option<String>,
    /// Whether it is directly under a national or provincial body.
    #[arg(long, value_name = "true|false")]
    vertical: Option<bool>,
    /// Whether it is a party or discipline body.
    #[arg(long, value_name = "true|false")]
    party_body: Option<bool>,
    /// Its first day.
    #[arg(long, value_name = "YYYY-MM-DD")]
    valid_from: Option<String>,
    /// Its last day, today or ahead; an empty text where none is known any longer. Nobody acts for it after that day:
    /// record by then what became of it, by `merge` or `end`.
    #[arg(long, value_name = "YYYY-MM-DD")]
    valid_until: Option<String>,
    /// Refuse when it changed since it was read with this mark.
    #[arg(long, value_name = "ETAG", default_value = "")]
    etag: String,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Register a department: the first step of bringing it on board. Role: operator.
    ///
    /// Example: shuqiaoctl departments register departments/11430500XY0000223T --full-name 邵阳市医疗保障局
    /// --short-name 市医保局 --valid-from 2019-01-01
    Register(Registration),
    /// Change the names, the standing, the area or the days of a department. Role: operator.
    ///
    /// Example: shuqiaoctl departments change departments/11430500XY0000223T --short-name 市医保局 --area 430500
    Change(Change),
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
    /// Record that a department ended and nobody took over.
    ///
    /// Its systems and entries are retired first and its demands closed; those that are left are named. What somebody
    /// else answers for from then on goes over by `merge`.
    ///
    /// Example: shuqiaoctl departments end departments/11430500XY0000231M --last-day 2023-12-31 --document
    /// 邵编发〔2023〕9号
    End {
        /// The department that ended.
        #[arg(value_name = "departments/CODE")]
        name: String,
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
        Command::Register(wanted) => {
            let mut client = DepartmentServiceClient::new(connection.channel.clone());
            let request = connection.ask(wanted.request());
            vec![client.create_department(request).await?.into_inner()]
        }
        Command::Change(wanted) => {
            let mut client = DepartmentServiceClient::new(connection.channel.clone());
            let request = connection.ask(wanted.request());
            vec![client.update_department(request).await?.into_inner()]
        }
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
        Command::End {
            name,
            last_day,
            document,
        } => {
            let request = EndDepartmentRequest {
                name: name.clone(),
                valid_until: last_day.clone(),
                document: document.clone(),
                request_id: new_request_id(),
                etag: String::new(),
            };
            let mut client = DepartmentServiceClient::new(connection.channel.clone());
            let ended = client.end_department(connection.ask(request)).await?;
            vec![ended.into_inner()]
        }
        Command::HandOver { to } => {
            let request = hand_over(to);
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

fn hand_over(to: &str) -> UpdateDepartmentRequest {
    let department = Department {
        name: to.to_owned(),
        competent: true,
        ..Department::default()
    };
    UpdateDepartmentRequest {
        department: Some(department),
        update_mask: Some(prost_types::FieldMask {
            paths: vec!["competent".to_owned()],
        }),
        request_id: new_request_id(),
    }
}

impl Registration {
    fn request(&self) -> CreateDepartmentRequest {
        CreateDepartmentRequest {
            department: Some(Department {
                name: self.name.clone(),
                full_name: self.full_name.clone(),
                short_name: self.short_name.clone(),
                vertical: self.vertical,
                party_body: self.party_body,
                competent: self.competent,
                valid_from: self.valid_from.clone(),
                valid_until: self.valid_until.clone(),
                successor: self.successor.clone(),
                area: self.area.clone(),
                ..Department::default()
            }),
            request_id: new_request_id(),
        }
    }
}

impl Change {
    fn request(&self) -> UpdateDepartmentRequest {
        let named = [
            ("full_name", self.full_name.is_some()),
            ("short_name", self.short_name.is_some()),
            ("area", self.area.is_some()),
            ("vertical", self.vertical.is_some()),
            ("party_body", self.party_body.is_some()),
            ("valid_from", self.valid_from.is_some()),
            ("valid_until", self.valid_until.is_some()),
        ];
        let paths = named.iter().filter(|(_, named)| *named);
        let paths = paths.map(|(path, _)| (*path).to_owned()).collect();
        UpdateDepartmentRequest {
            department: Some(Department {
                name: self.name.clone(),
                full_name: self.full_name.clone().unwrap_or_default(),
                short_name: self.short_name.clone().unwrap_or_default(),
                area: self.area.clone().unwrap_or_default(),
                vertical: self.vertical.unwrap_or_default(),
                party_body: self.party_body.unwrap_or_default(),
                valid_from: self.valid_from.clone().unwrap_or_default(),
                valid_until: self.valid_until.clone().unwrap_or_default(),
                etag: self.etag.clone(),
                ..Department::default()
            }),
            update_mask: Some(prost_types::FieldMask { paths }),
            request_id: new_request_id(),
        }
    }
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
