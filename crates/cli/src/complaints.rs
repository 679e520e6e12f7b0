//! `shuqiaoctl complaints`: what people say about data on them, entered at a window or from a portal.

mod print;

use std::io::{Read as _, Write};
use std::path::PathBuf;

use api::sharing::v1 as pb;
use api::sharing::v1::complaint_service_client::ComplaintServiceClient;

use crate::connection::{Connection, PAGE, all_pages, new_request_id};
use crate::input::read_text;
use crate::output::{Format, Output, Table, word};
use crate::{Ending, Failure};

/// More than any text of a complaint may have, in bytes.
const MOST_BYTES: u64 = 64 * 1024;

/// Complaints (投诉) of people: that data about them was misused, is wrong or got out (Order 809 art. 37).
///
/// What people say is read from standard input or from a file, never from the command line, where others could see it. The
/// person gets the receipt that `enter` shows, this once; `status` tells any window how far it is.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

/// Which complaint, and in which state it is expected.
#[derive(clap::Args)]
struct Which {
    /// The complaint.
    #[arg(value_name = "complaints/UUID")]
    name: String,
    /// Only if nobody changed it since it was read with this etag.
    #[arg(long, value_name = "ETAG", default_value = "")]
    etag: String,
    /// A UUID, the same again for a retry; a new one if left out.
    #[arg(long, value_name = "UUID")]
    request_id: Option<String>,
}

/// What it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Kind {
    /// Data was collected or used against the law.
    UnlawfulUse,
    /// Data is wrong.
    WrongData,
    /// Data got out.
    Disclosure,
    /// Not served in spite of valid papers, because data said otherwise.
    NotServed,
    /// Something else.
    Other,
}

/// Whether the person is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Outcome {
    /// 属实.
    Upheld,
    /// 不属实.
    NotUpheld,
    /// 部分属实.
    PartlyUpheld,
}

/// A complaint to be entered.
#[derive(clap::Args)]
struct Enter {
    /// What it is about.
    #[arg(value_enum)]
    kind: Kind,
    /// The grant under which data was used, where the person knows.
    #[arg(long, value_name = "grants/UUID", default_value = "")]
    grant: String,
    /// The entry, where the person knows.
    #[arg(long, value_name = "resources/CODE", default_value = "")]
    resource: String,
    /// The department that the person names.
    #[arg(long, value_name = "departments/CODE", default_value = "")]
    department: String,
    /// The day on which the person said it; today if left out.
    #[arg(long, value_name = "DAY", default_value = "")]
    received: String,
    /// A file with what the person says; standard input for -, or if left out.
    #[arg(long, value_name = "FILE")]
    statement_file: Option<PathBuf>,
    /// A file that says how the person is reached.
    #[arg(long, value_name = "FILE")]
    contact_file: Option<PathBuf>,
    /// A UUID; a new one if left out. A repetition is refused: the receipt is shown once.
    #[arg(long, value_name = "UUID")]
    request_id: Option<String>,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Enter a complaint for a person, and show the receipt for them, this once.
    ///
    /// Example: shuqiaoctl complaints enter wrong-data --resource resources/105001-000001 --statement-file said.txt
    Enter(Box<Enter>),
    /// Tell how far the complaint of a receipt is. The receipt is typed into standard input.
    ///
    /// Example: shuqiaoctl complaints status
    Status,
    /// List the complaints that you may see. Exit code 1 when an answer is overdue.
    ///
    /// Example: shuqiaoctl complaints list --state received
    List {
        /// Only those that this department has to answer, or had to.
        #[arg(long, value_name = "departments/CODE", default_value = "")]
        responsible: String,
        /// Only those in this state: received, answered, closed or withdrawn.
        #[arg(long, value_name = "STATE", default_value = "")]
        state: String,
    },
    /// Show a complaint, with what people wrote where you may read it. Exit code 1 when its answer is overdue.
    ///
    /// Example: shuqiaoctl complaints show complaints/0191f7a2-5b7e-7c3a-9d53-0c8f5e2b7a11
    Show {
        /// The complaint.
        #[arg(value_name = "complaints/UUID")]
        name: String,
    },
    /// Pass it on to the department that it concerns, at most three times. The reason is read from standard input.
    Forward {
        #[command(flatten)]
        which: Which,
        /// To whom.
        #[arg(long, value_name = "departments/CODE")]
        to: String,
        /// A file with the reason; standard input if left out.
        #[arg(long, value_name = "FILE")]
        reason_file: Option<PathBuf>,
    },
    /// Competent department: say who has to answer. The reason is read from standard input.
    Assign {
        #[command(flatten)]
        which: Which,
        /// To whom.
        #[arg(long, value_name = "departments/CODE")]
        to: String,
        /// A file with the reason; standard input if left out.
        #[arg(long, value_name = "FILE")]
        reason_file: Option<PathBuf>,
    },
    /// Answer it. The answer is read from standard input.
    Answer {
        #[command(flatten)]
        which: Which,
        /// Whether the person is right.
        #[arg(long, value_enum)]
        outcome: Outcome,
        /// A file with the answer; standard input if left out.
        #[arg(long, value_name = "FILE")]
        text_file: Option<PathBuf>,
    },
    /// Say that the person was told.
    Close(Which),
    /// Take it back on the person's wish, until it is answered.
    Withdraw(Which),
}

type Client = ComplaintServiceClient<tonic::transport::Channel>;

/// Runs the command.
pub(crate) async fn run<W: Write>(
    args: &Args,
    connection: &Connection,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let mut client = Client::new(connection.channel.clone());
    let complaint = match &args.command {
        Command::Enter(enter) => return enter.run(&mut client, connection, output).await,
        Command::Status => return status(&mut client, connection, output).await,
        Command::List { responsible, state } => {
            let wanted = (responsible.as_str(), state.as_str());
            return list(&mut client, connection, wanted, output).await;
        }
        Command::Show { name } => {
            let request = pb::GetComplaintRequest { name: name.clone() };
            let found = client.get_complaint(connection.ask(request)).await?;
            found.into_inner()
        }
        step => act(step, &mut client, connection).await?,
    };
    print::complaint(&complaint, output)?;
    let is_shown = matches!(args.command, Command::Show { .. });
    Ok(ending(is_shown && complaint.overdue))
}

impl Which {
    fn request_id(&self) -> String {
        self.request_id.clone().unwrap_or_else(new_request_id)
    }
}

impl Enter {
    async fn run<W: Write>(
        &self,
        client: &mut Client,
        connection: &Connection,
        output: &mut Output<W>,
    ) -> Result<Ending, Failure> {
        let kind = match self.kind {
            Kind::UnlawfulUse => pb::complaint::Kind::UnlawfulUse,
            Kind::WrongData => pb::complaint::Kind::WrongData,
            Kind::Disclosure => pb::complaint::Kind::Disclosure,
            Kind::NotServed => pb::complaint::Kind::NotServed,
            Kind::Other => pb::complaint::Kind::Other,
        };
        let contact = self.contact_file.as_deref().map(read_text).transpose()?;
        let complaint = pb::Complaint {
            kind: kind.into(),
            grant: self.grant.clone(),
            resource: self.resource.clone(),
            department: self.department.clone(),
            received_date: self.received.clone(),
            statement: text_of(self.statement_file.as_ref())?,
            contact: contact.unwrap_or_default(),
            ..pb::Complaint::default()
        };
        let request = pb::CreateComplaintRequest {
            complaint: Some(complaint),
            request_id: self.request_id.clone().unwrap_or_else(new_request_id),
            validate_only: false,
        };
        let entered = client.create_complaint(connection.ask(request)).await?;
        let entered = entered.into_inner();
        let complaint = entered.complaint.unwrap_or_default();
        match output.format() {
            Format::Json => output.json(&serde_json::json!({
                "name": complaint.name,
                "receipt": entered.receipt,
                "responsible": complaint.responsible,
                "due_date": complaint.due_date,
            }))?,
            Format::Table => output.fields(&[
                ("receipt", entered.receipt),
                ("name", complaint.name),
                ("responsible", complaint.responsible),
                ("due", complaint.due_date),
            ])?,
        }
        Ok(Ending::Good)
    }
}

async fn status<W: Write>(
    client: &mut Client,
    connection: &Connection,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let request = pb::GetComplaintByReceiptRequest {
        receipt: text_of(None)?.trim().to_owned(),
    };
    let told = client
        .get_complaint_by_receipt(connection.ask(request))
        .await?;
    print::status(&told.into_inner(), output)?;
    Ok(Ending::Good)
}

async fn list<W: Write>(
    client: &mut Client,
    connection: &Connection,
    (responsible, state): (&str, &str),
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let states = match state {
        "" => Vec::new(),
        state => {
            let name = format!("STATE_{}", state.to_ascii_uppercase());
            let unknown = || Failure::Message(format!("{state:?} is no state of a complaint"));
            let known = pb::complaint::State::from_str_name(&name).ok_or_else(unknown)?;
            vec![known.into()]
        }
    };
    let found = all_pages(async |page_token| {
        let request = pb::ListComplaintsRequest {
            page_size: PAGE,
            page_token,
            responsible: responsible.to_owned(),
            states: states.clone(),
        };
        let page = client.list_complaints(connection.ask(request)).await?;
        let page = page.into_inner();
        Ok((page.complaints, page.next_page_token))
    })
    .await?;
    let mut table = Table::new([
        "COMPLAINT",
        "KIND",
        "RECEIVED",
        "RESPONSIBLE",
        "STATE",
        "DUE",
    ]);
    for one in &found {
        match output.format() {
            Format::Json => output.json(&print::json(one))?,
            Format::Table => table.push([
                one.name.clone(),
                word(one.kind().as_str_name(), "KIND_"),
                one.received_date.clone(),
                one.responsible.clone(),
                word(one.state().as_str_name(), "STATE_"),
                print::due(&one.due_date, one.overdue),
            ]),
        }
    }
    output.table(&table)?;
    Ok(ending(found.iter().any(|one| one.overdue)))
}

/// A request that says which complaint it is about, and what else it carries.
macro_rules! request {
    ($which:expr, $message:ident $(, $field:ident: $value:expr)*) => {
        pb::$message {
            name: $which.name.clone(),
            request_id: $which.request_id(),
            etag: $which.etag.clone(),
            $($field: $value,)*
        }
    };
}

/// The steps after it was entered.
async fn act(
    command: &Command,
    client: &mut Client,
    connection: &Connection,
) -> Result<pb::Complaint, Failure> {
    let c = connection;
    let answer = match command {
        Command::Forward {
            which,
            to,
            reason_file,
        } => {
            let reason = text_of(reason_file.as_ref())?;
            let request =
                request!(which, ForwardComplaintRequest, department: to.clone(), reason: reason);
            client.forward_complaint(c.ask(request)).await?
        }
        Command::Assign {
            which,
            to,
            reason_file,
        } => {
            let reason = text_of(reason_file.as_ref())?;
            let request =
                request!(which, AssignComplaintRequest, department: to.clone(), reason: reason);
            client.assign_complaint(c.ask(request)).await?
        }
        Command::Answer {
            which,
            outcome,
            text_file,
        } => {
            let outcome = match outcome {
                Outcome::Upheld => pb::complaint::Outcome::Upheld,
                Outcome::NotUpheld => pb::complaint::Outcome::NotUpheld,
                Outcome::PartlyUpheld => pb::complaint::Outcome::PartlyUpheld,
            };
            let text = text_of(text_file.as_ref())?;
            let request =
                request!(which, AnswerComplaintRequest, outcome: outcome.into(), text: text);
            client.answer_complaint(c.ask(request)).await?
        }
        Command::Close(which) => {
            let request = request!(which, CloseComplaintRequest);
            client.close_complaint(c.ask(request)).await?
        }
        Command::Withdraw(which) => {
            let request = request!(which, WithdrawComplaintRequest);
            client.withdraw_complaint(c.ask(request)).await?
        }
        Command::Enter(_) | Command::Status | Command::List { .. } | Command::Show { .. } => {
            return Err(Failure::Message(
                "this is no step of a complaint".to_owned(),
            ));
        }
    };
    Ok(answer.into_inner())
}

/// What people say: from a file, or typed.
fn text_of(file: Option<&PathBuf>) -> Result<String, Failure> {
    if let Some(file) = file.filter(|file| file.as_os_str() != "-") {
        return read_text(file);
    }
    let mut text = String::new();
    std::io::stdin()
        .lock()
        .take(MOST_BYTES)
        .read_to_string(&mut text)?;
    Ok(text)
}

fn ending(is_overdue: bool) -> Ending {
    if is_overdue {
        Ending::Bad
    } else {
        Ending::Good
    }
}
