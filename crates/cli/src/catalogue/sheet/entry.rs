//! The rows of one entry as a resource of the catalogue.

use std::collections::BTreeSet;

use api::catalogue::v1::{DataVolume, Resource, ShareMode, ShareType};
use domain::system::bare;
use sheet::{Field, Place, Row, Table, YES_NO};

use super::code::{self, resource_name};
use super::columns::{of_entry, source};
use super::item;
use crate::catalogue::register::{Register, written};
use crate::catalogue::words::{BASES, CYCLES, FORMATS, GRADES, LEVELS, MODES, SHARE_TYPES};
use crate::sheets::finding::{Finding, Wrong, index};
use crate::sheets::read::Reader;

/// Rows of one entry, the first of which holds what concerns the whole.
pub(super) struct Group<'t> {
    first: Row<'t>,
    rows: Vec<Row<'t>>,
}

/// An entry that was read.
pub(super) struct Read<'t> {
    group: Group<'t>,
    pub(super) resource: Resource,
    /// Columns at fault, of the entry and of each item.
    wrong: BTreeSet<&'static str>,
    items_wrong: Vec<BTreeSet<&'static str>>,
    pub(super) findings: Vec<Finding>,
}

/// Divides the rows of a table into entries.
pub(super) fn groups<'t>(table: &'t Table<'t>) -> Vec<Group<'t>> {
    let mut groups: Vec<Group<'t>> = Vec::new();
    for row in table.rows() {
        match groups.last_mut() {
            Some(group) if goes_on(&group.first, &row) => group.rows.push(row),
            _ => groups.push(Group {
                first: row,
                rows: vec![row],
            }),
        }
    }
    groups
}

/// Whether a row says nothing of an entry that the first one does not: its cells are blank, merged, or repeated.
fn goes_on(first: &Row<'_>, row: &Row<'_>) -> bool {
    of_entry().all(|key| {
        let field = row.field(key);
        field.continues() || field.text() == first.field(key).text()
    })
}

impl Group<'_> {
    /// The department that the entry is read for, where that is clear already.
    pub(super) fn owner(&self, register: &Register) -> Option<String> {
        let provider = register.provider(&self.first.field("department")).ok()?;
        let system = self.first.field("system");
        let system = register.system(&system, provider.as_deref()).ok()?;
        Some(system.department.clone())
    }
}

impl Read<'_> {
    /// Where a fault of the gateway stands in the sheet; `None` when this client told of the cell already.
    pub(super) fn place(&self, field: &str) -> Option<Place> {
        if let Some((number, own)) = field.strip_prefix("items").and_then(index) {
            let (row, wrong) = (self.group.rows.get(number)?, self.items_wrong.get(number)?);
            let key = super::columns::of_item(own).unwrap_or("item_title");
            return (!wrong.contains(key)).then(|| row.field(key).place().clone());
        }
        let field = field.split(['[', '.']).next().unwrap_or(field);
        let key = match field {
            "name" => code::column(|key| !self.group.first.field(key).continues()),
            "items" => "item_title",
            "volume" => "volume_stored",
            other => other,
        };
        let told = self.wrong.contains(key);
        (!told).then(|| self.group.first.field(key).place().clone())
    }

    /// The sequence of its code, where that stands in a column of its own and no whole code beside it.
    pub(super) fn sequence(&self) -> Option<&str> {
        let stands = |key| !matches!(self.group.first.field(key).text(), Ok(None));
        let sequence = self.resource.name.rsplit_once('-')?.1;
        (stands(code::SEQUENCE) && !stands("name")).then_some(sequence)
    }

    /// Tells what is wrong with a column that concerns the whole, unless it was told of already.
    pub(super) fn refuse(&mut self, key: &'static str, wrong: Wrong) {
        if self.wrong.insert(key) {
            let place = self.group.first.field(key).place().clone();
            self.findings
                .push(Finding::new(place, wrong).by(source(key)));
        }
    }

    /// The entry's first row, where others refer to it.
    pub(super) fn whole(&self) -> Place {
        self.group.first.place()
    }
}

/// Reads an entry. What is at fault is replaced by a value that the gateway takes, so that it can judge the rest;
/// nothing of it is ever stored.
pub(super) fn read<'t>(group: Group<'t>, register: &Register) -> Read<'t> {
    let mut reader = Reader::new(group.first, source);
    let name = code::name(&mut reader, register);
    let mut title = reader.required_text("title");
    let (system, department) = system(&mut reader, register);
    let known = register.known(&name, &department, &title);
    let before = known.cloned().unwrap_or_default();
    if title.is_empty() {
        title = group.first.place().to_string();
    }
    let mut items = Vec::with_capacity(group.rows.len());
    let mut items_wrong = Vec::with_capacity(group.rows.len());
    let mut item_findings = Vec::new();
    for (number, row) in group.rows.iter().enumerate() {
        let (item, reader) = item::read(*row, number + 1, &before.items);
        let (wrong, findings) = reader.finish();
        items.push(item);
        items_wrong.push(wrong);
        item_findings.extend(findings);
    }
    let mut resource = Resource {
        name,
        title,
        system,
        items,
        ..written(before)
    };
    described(&mut reader, &mut resource);
    shared(&mut reader, &mut resource);
    classed(&mut reader, &mut resource);
    volume(&mut reader, &mut resource);
    certificate(&mut reader, &mut resource);
    let (wrong, mut findings) = reader.finish();
    findings.extend(item_findings);
    Read {
        group,
        resource,
        wrong,
        items_wrong,
        findings,
    }
}

/// The system, and the department that follows from it.
fn system(reader: &mut Reader<'_>, register: &Register) -> (String, String) {
    let provider = reader.take("department", |field| register.provider(field));
    let provider = provider.flatten();
    reader.take("provider_code", |field| {
        let Some(code) = field.code()? else {
            return Ok(());
        };
        let owner = register.departments.resolve(&code)?;
        if provider.as_ref().is_some_and(|provider| *provider != owner) {
            let owner = register.departments.short_name(&owner);
            let text = format!("这是“{owner}”的代码，与信息资源提供方不一致");
            return Err(Wrong::new("CONTRADICTION", text));
        }
        Ok(())
    });
    let found = reader.take("system", |field| {
        let system = register.system(field, provider.as_deref())?;
        Ok((system.name.clone(), system.department.clone()))
    });
    found.unwrap_or_default()
}

fn described(reader: &mut Reader<'_>, resource: &mut Resource) {
    let inner = resource.inner_department.clone();
    reader.text("inner_department", &mut resource.inner_department);
    // How the guide writes that there is none.
    if bare(&resource.inner_department) == "无相关内部部门" && inner != resource.inner_department
    {
        resource.inner_department.clear();
    }
    let summary = reader.required_text("summary");
    resource.summary = if summary.is_empty() {
        "—".to_owned()
    } else {
        summary
    };
    // Of the trade's own format the guide asks nothing across fields.
    resource.format_class = reader.word("format_class", FORMATS).unwrap_or(6);
    reader.text("format_type", &mut resource.format_type);
    resource.update_cycle = reader.word("update_cycle", CYCLES).unwrap_or(1);
    if reader.has("related_resources") {
        let related = reader.take("related_resources", |field| Ok(field.list()?));
        let related = related.unwrap_or_default();
        resource.related_resources = related.iter().map(|code| resource_name(code)).collect();
    }
}

fn shared(reader: &mut Reader<'_>, resource: &mut Resource) {
    let share_type = reader.word("share_type", SHARE_TYPES);
    resource.set_share_type(share_type.unwrap_or(ShareType::Unconditional));
    reader.text("share_condition", &mut resource.share_condition);
    match share_type {
        // How reviewers want it written in the sheet; there is no condition all the same.
        Some(ShareType::Unconditional) if bare(&resource.share_condition) == "无条件" => {
            resource.share_condition.clear();
        }
        Some(ShareType::Unconditional) => {}
        Some(_) if resource.share_condition.is_empty() => {
            let text = "必填：有条件共享写明条件，不予共享写明法律、行政法规依据";
            reader.take::<()>("share_condition", |_| Err(Wrong::new("REQUIRED", text)));
            "—".clone_into(&mut resource.share_condition);
        }
        _ => {}
    }
    reader.text("share_scope", &mut resource.share_scope);
    reader.text("share_purpose", &mut resource.share_purpose);
    reader.text("refusal_reason", &mut resource.refusal_reason);
    let modes = reader.take("share_modes", |field| Ok(field.choices(MODES)?));
    let modes = modes.unwrap_or_else(|| vec![fitting(resource.format_class)]);
    resource.share_modes = modes.into_iter().map(i32::from).collect();
    resource.open = reader.word("open", YES_NO).unwrap_or_default();
    reader.text("open_condition", &mut resource.open_condition);
}

/// A mode that goes with a format.
fn fitting(format_class: i32) -> ShareMode {
    if format_class == 3 {
        ShareMode::Table
    } else {
        ShareMode::File
    }
}

fn classed(reader: &mut Reader<'_>, resource: &mut Resource) {
    reader.text("data_class", &mut resource.data_class);
    let level = reader.word("data_level", LEVELS);
    level
        .unwrap_or("general")
        .clone_into(&mut resource.data_level);
    if reader.has("data_grade") {
        let grade = reader.take("data_grade", |field| Ok(field.choice(GRADES)?));
        resource.data_grade = grade.flatten().unwrap_or_default();
    }
    reader.text("secrecy_review", &mut resource.secrecy_review);
    reader.text("impact_assessment", &mut resource.impact_assessment);
    reader.text("head_approval", &mut resource.head_approval);
}

fn volume(reader: &mut Reader<'_>, resource: &mut Resource) {
    let mut volume = resource.volume.unwrap_or_default();
    let DataVolume {
        stored_gigabytes,
        stored_records,
        shared_gigabytes,
        shared_records,
        open_gigabytes,
        open_records,
    } = &mut volume;
    for (key, size) in [
        ("volume_stored", stored_gigabytes),
        ("volume_shared", shared_gigabytes),
        ("volume_open", open_gigabytes),
    ] {
        if reader.has(key) {
            *size = reader.take(key, gigabytes).unwrap_or_default();
        }
    }
    for (key, records) in [
        ("volume_stored_records", stored_records),
        ("volume_shared_records", shared_records),
        ("volume_open_records", open_records),
    ] {
        if reader.has(key) {
            let number = reader.take(key, |field| Ok(field.number()?));
            *records = number.flatten().unwrap_or_default();
        }
    }
    resource.volume = (volume != DataVolume::default()).then_some(volume);
}

fn gigabytes(field: &Field<'_>) -> Result<f64, Wrong> {
    // A title may say G or GB; other units are refused and not guessed.
    let amount = field.amount("GB").or_else(|_| field.amount("G"))?;
    let Some(amount) = amount else { return Ok(0.0) };
    let text = amount.to_string();
    text.parse()
        .map_err(|_| Wrong::new("NOT_A_NUMBER", format!("“{text}”不是数字")))
}

fn certificate(reader: &mut Reader<'_>, resource: &mut Resource) {
    if reader.has("basis") {
        let basis = reader.take("basis", |field| Ok(field.choice(BASES)?));
        resource.set_basis(basis.flatten().unwrap_or_default());
    }
    if reader.has("certificate_type") {
        let code = reader.take("certificate_type", |field| Ok(field.code()?));
        let code = code.flatten().unwrap_or_default();
        let code = code.strip_prefix("certificateTypes/").unwrap_or(&code);
        resource.certificate_type = if code.is_empty() {
            String::new()
        } else {
            format!("certificateTypes/{code}")
        };
    }
    if reader.has("cache_seconds") {
        let seconds = reader.take("cache_seconds", |field| {
            let number = field.number()?.unwrap_or_default();
            i32::try_from(number).map_err(|_| Wrong::new("OUT_OF_RANGE", "缓存时长超出范围"))
        });
        resource.cache_seconds = seconds.unwrap_or_default();
    }
}
