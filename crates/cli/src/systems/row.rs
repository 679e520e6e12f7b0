//! A row of the inventory as a system of the register, and back.

use std::collections::BTreeSet;

use api::registry::v1::system::State;
use api::registry::v1::{AssetStep, System};
use domain::system::bare;
use sheet::{Field, Place, Row};

use super::columns::{BUILT, CLASSIFIED, HOSTING, LEVELS, STAGES, ZONES, source};
use crate::sheets::column::label;
use crate::sheets::departments::Departments;
use crate::sheets::finding::{Finding, Wrong};
use crate::sheets::read::Reader;

/// Yuan in 万元, as places.
const TEN_THOUSAND: u32 = 4;
/// The kind of asset that is counted apart.
const MACHINE_ROOM: &str = "machine-room";

/// What rows are read against.
pub(super) struct Register {
    pub(super) departments: Departments,
    pub(super) systems: Vec<System>,
    /// The owner of rows that name none.
    pub(super) department: Option<String>,
}

/// A row that was read.
pub(super) struct Read<'t> {
    row: Row<'t>,
    pub(super) system: System,
    /// Columns at fault, whose values stand for nothing.
    wrong: BTreeSet<&'static str>,
    pub(super) findings: Vec<Finding>,
}

impl Read<'_> {
    /// Where a fault of the gateway stands in the sheet; `None` when this client told of the cell already.
    pub(super) fn place(&self, field: &str) -> Option<Place> {
        let field = field.split(['[', '.']).next().unwrap_or(field);
        let key = match field {
            "yearly_cost" if self.fills("yearly_cost_yuan") => "yearly_cost_yuan",
            other => other,
        };
        let told = self.wrong.contains(key);
        (!told).then(|| self.row.field(key).place().clone())
    }

    /// The row, where others refer to it.
    pub(super) fn whole(&self) -> Place {
        self.row.place()
    }

    fn fills(&self, key: &str) -> bool {
        !self.row.field(key).continues()
    }
}

/// Reads a row. What is at fault is replaced by a value that the gateway takes, so that it can judge the rest of the
/// row; nothing of it is ever stored.
pub(super) fn read<'t>(row: Row<'t>, register: &Register) -> Read<'t> {
    let mut reader = Reader::new(row, source);
    let name = reader.take("name", |field| {
        let id = field.code()?;
        Ok(id.map(|id| format!("systems/{}", id.strip_prefix("systems/").unwrap_or(&id))))
    });
    let name = name.flatten().unwrap_or_default();
    let department = department(&mut reader, register);
    let display_name = reader.required_text("display_name");
    // Columns that the sheet does not have leave what is known as it is.
    let known = register.known(&name, &department, &display_name);
    let mut system = System {
        name,
        display_name,
        department,
        ..known.cloned().unwrap_or_default()
    };
    words(&mut reader, &mut system);
    inventory(&mut reader, &mut system);
    let (wrong, findings) = reader.finish();
    Read {
        row,
        system,
        wrong,
        findings,
    }
}

impl Register {
    /// The system that a row is about, by its id or else by owner and name.
    fn known(&self, name: &str, department: &str, display_name: &str) -> Option<&System> {
        let title = bare(display_name);
        self.systems.iter().find(|system| {
            if name.is_empty() {
                // Who is out of service has given its name away.
                system.state() != State::Retired
                    && system.department == department
                    && bare(&system.display_name) == title
            } else {
                system.name == name
            }
        })
    }
}

fn department(reader: &mut Reader<'_>, register: &Register) -> String {
    let found = reader.take("department", |field| match field.text()? {
        Some(text) => register.departments.resolve(&text),
        None => register.department.clone().ok_or_else(|| {
            let text = "必填：写明责任部门，或在命令中用 --department 指定";
            Wrong::new("REQUIRED", text)
        }),
    });
    found.unwrap_or_default()
}

fn words(reader: &mut Reader<'_>, system: &mut System) {
    system.self_built = reader.word("self_built", BUILT).unwrap_or_default();
    system.classified = reader.word("classified", CLASSIFIED).unwrap_or_default();
    let zone = reader.take("network_zone", zone);
    zone.unwrap_or("public")
        .clone_into(&mut system.network_zone);
    let hosting = reader.word("hosting", HOSTING);
    // The one that goes with any name of a machine room, or with none.
    hosting
        .unwrap_or("machine-room")
        .clone_into(&mut system.hosting);
}

/// The part of the network. The whole of it is no answer, and the inner network is not for this register.
fn zone(field: &Field<'_>) -> Result<&'static str, Wrong> {
    let text = field.required(Field::text)?;
    match bare(&text).as_str() {
        "政务外网" | "电子政务外网" | "外网" => Err(Wrong::new(
            "AMBIGUOUS_ZONE",
            format!("“{text}”分为几个区，请写明是公用网络区、专用网络区还是互联网接入区"),
        )),
        "政务内网" | "电子政务内网" | "内网" | "涉密网" => Err(Wrong::new(
            "CLASSIFIED_NETWORK",
            format!("“{text}”如为涉密网络，其系统不得登记；否则请写明在政务外网的哪个区"),
        )),
        _ => Ok(field.required(|field| field.choice(ZONES))?),
    }
}

fn inventory(reader: &mut Reader<'_>, system: &mut System) {
    reader.text("purpose", &mut system.purpose);
    reader.text("users", &mut system.users);
    reader.text("machine_room", &mut system.machine_room);
    reader.text("builder", &mut system.builder);
    reader.text("maintainer", &mut system.maintainer);
    date(
        reader,
        "maintenance_end_date",
        &mut system.maintenance_end_date,
    );
    date(reader, "launch_date", &mut system.launch_date);
    if reader.has("protection_level") {
        let level = reader.take("protection_level", |field| Ok(field.choice(LEVELS)?));
        system.protection_level = level.flatten().unwrap_or_default();
    }
    if reader.has("databases") {
        let before = joined(&system.databases);
        let kinds = reader.take("databases", |field| {
            // A kind whose own name has a comma in it stays one.
            let same = field.text()?.is_some_and(|text| text == before);
            Ok((!same).then(|| field.list()).transpose()?)
        });
        if let Some(Some(kinds)) = kinds {
            system.databases = kinds;
        }
    }
    cost(reader, system);
}

fn date(reader: &mut Reader<'_>, key: &'static str, into: &mut String) {
    if reader.has(key)
        && let Some(day) = reader.take(key, |field| Ok(field.date()?))
    {
        *into = day.map(|day| day.to_string()).unwrap_or_default();
    }
}

/// The yearly cost in yuan, from whichever column has it; of both, they must agree.
fn cost(reader: &mut Reader<'_>, system: &mut System) {
    let columns = [
        ("yearly_cost", "万元", TEN_THOUSAND),
        ("yearly_cost_yuan", "元", 0),
    ];
    let had = columns.iter().any(|(key, _, _)| reader.has(key));
    let mut costs = Vec::new();
    for (key, unit, places) in columns {
        let cost = reader.take(key, |field| match field.amount(unit)? {
            None => Ok(None),
            Some(amount) => amount.scaled(places).map(Some).ok_or_else(|| {
                let text = format!("“{amount}”{unit}不是整数元；请写到元为止");
                Wrong::new("NOT_WHOLE_YUAN", text)
            }),
        });
        costs.extend(cost.flatten().map(|cost| (key, cost)));
    }
    if let [(_, one), (key, other)] = costs.as_slice()
        && one != other
    {
        let text = format!("与以万元计的一列不一致：一列是 {one} 元，另一列是 {other} 元");
        reader.take::<()>(key, |_| Err(Wrong::new("CONTRADICTION", text)));
    }
    if had {
        system.yearly_cost = costs.first().map_or(0, |(_, cost)| *cost);
    }
}

/// A system as the sheet shows it, in the order of its columns.
pub(super) fn write(system: &System, departments: &Departments) -> Vec<String> {
    let id = &system.name;
    let cost = system.yearly_cost;
    vec![
        id.strip_prefix("systems/").unwrap_or(id).to_owned(),
        system.display_name.clone(),
        departments.written(&system.department),
        system.purpose.clone(),
        system.users.clone(),
        label(BUILT, &system.self_built),
        label(CLASSIFIED, &system.classified),
        label(ZONES, &system.network_zone.as_str()),
        label(HOSTING, &system.hosting.as_str()),
        system.machine_room.clone(),
        system.builder.clone(),
        system.maintainer.clone(),
        system.maintenance_end_date.clone(),
        system.launch_date.clone(),
        label(LEVELS, &system.protection_level),
        joined(&system.databases),
        String::new(),
        if cost == 0 {
            String::new()
        } else {
            cost.to_string()
        },
    ]
}

/// What the gateway knows of a system beside that: its stage, and what was taken out of use with it.
pub(super) fn computed(system: &System) -> Vec<String> {
    let steps = system.steps.clone().unwrap_or_default();
    let stands = |asset: &&AssetStep| asset.withdrawal.is_none();
    let count = |rooms: bool| -> i64 {
        let assets = steps.assets.iter().filter(stands);
        let wanted = assets.filter(|asset| (asset.kind == MACHINE_ROOM) == rooms);
        wanted.map(|asset| i64::from(asset.count)).sum()
    };
    vec![
        label(STAGES, &steps.stage()),
        count(true).to_string(),
        count(false).to_string(),
    ]
}

fn joined(kinds: &[String]) -> String {
    kinds.join("、")
}
