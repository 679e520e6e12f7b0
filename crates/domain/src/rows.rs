//! Rows of table mode: what may be fetched, what of it may leave, and the digest of what left.
//!
//! A [`Selection`] is what a connector is asked for. Only a permit makes one, and the grant's row
//! filter is always part of it. [`release_rows`] asks the row filter once more of every row that
//! came, so a provider that did not apply it gives nothing away.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::correction::DisputedRow;
use crate::drift::{self, Glance, Shape};
use crate::fault::Cause;
use crate::filter::Filter;
use crate::item::{ItemKey, ItemValue, Value};
use crate::name::CorrectionName;
use crate::policy::Permit;
use crate::release::BadAnswer;
use crate::resource::Resource;
use crate::subject::PseudonymKey;

/// Items that rows may be ordered by.
pub const ORDERS: usize = 8;
/// Rows of one read.
pub const ROWS: u32 = 10_000_000;
/// Rows that a consumer gets when it does not say how many.
pub const DEFAULT_ROWS: u32 = 100;
/// Rows of one batch.
pub const BATCH_ROWS: usize = 500;
/// Bytes of values after which a batch is full.
pub const BATCH_BYTES: usize = 256 * 1024;
/// Rows of a batch that are looked at for drift.
const LOOKED_AT: usize = 16;
/// Rows after which a digest goes into the outcome; 10 million rows make 153 of them.
pub const SEGMENT_ROWS: u32 = 65_536;
/// Corrections that the outcome of a read names.
pub const DISPUTED: usize = 100;

/// By which item rows are ordered. A row without a value comes first, in descending order last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderBy {
    /// The item.
    pub key: ItemKey,
    /// The greatest first.
    pub descending: bool,
}

/// Checks an order against the resource.
///
/// # Errors
/// `TOO_MANY`, `DUPLICATE` or `UNKNOWN_ITEM`, all of them.
pub fn check_order(order: &[OrderBy], resource: &Resource) -> Result<(), Vec<Cause>> {
    let mut faults = Vec::new();
    if order.len() > ORDERS {
        let message = format!("order by at most {ORDERS} items");
        faults.push(Cause::new("TOO_MANY", message));
    }
    for (place, by) in order.iter().enumerate() {
        if order.iter().take(place).any(|other| other.key == by.key) {
            faults.push(Cause::new("DUPLICATE", format!("{} stands twice", by.key)));
        }
        if resource.item(&by.key).is_none() {
            let message = format!("the resource has no item {}", by.key);
            faults.push(Cause::new("UNKNOWN_ITEM", message));
        }
    }
    if faults.is_empty() {
        return Ok(());
    }
    Err(faults)
}

/// What a provider is asked for: the permit's items and those that the row filter looks at, of the
/// rows that both filters let through. Made by [`Selection::of`] only.
#[derive(Clone, Debug)]
pub struct Selection {
    columns: Arc<[ItemKey]>,
    filter: Option<Filter>,
    order: Vec<OrderBy>,
    limit: u32,
}

impl Selection {
    /// The consumer's wish, narrowed by the permit.
    pub fn of(permit: &Permit, asked: Option<Filter>, order: Vec<OrderBy>, limit: u32) -> Self {
        let mut columns = permit.items().to_vec();
        let granted = permit.row_filter();
        for key in granted.map(Filter::keys).unwrap_or_default() {
            if !columns.contains(&key) {
                columns.push(key);
            }
        }
        let filter = match (granted.cloned(), asked) {
            (Some(granted), Some(asked)) => Some(Filter::AllOf(vec![granted, asked])),
            (one, other) => one.or(other),
        };
        Self {
            columns: columns.into(),
            filter,
            order,
            limit,
        }
    }

    /// The same with items beside the permitted ones, by which the gateway knows rows again; they are cut off as those of
    /// the row filter are.
    #[must_use]
    pub fn knowing_by(mut self, keys: Vec<ItemKey>) -> Self {
        let mut columns = self.columns.to_vec();
        columns.extend(keys.into_iter().filter(|key| !self.columns.contains(key)));
        if columns.len() > self.columns.len() {
            self.columns = columns.into();
        }
        self
    }

    /// The items to fetch, the permit's first.
    pub fn columns(&self) -> &Arc<[ItemKey]> {
        &self.columns
    }

    /// Which rows; none means all.
    pub fn filter(&self) -> Option<&Filter> {
        self.filter.as_ref()
    }

    /// In which order; what is equal in it comes in the order of the unique key.
    pub fn order(&self) -> &[OrderBy] {
        &self.order
    }

    /// At most so many rows.
    pub fn limit(&self) -> u32 {
        self.limit
    }
}

/// Rows as a provider gave them: cells row by row, each row as wide as there are columns.
///
/// `Debug` shows the kinds only.
#[derive(Clone, Debug)]
pub struct Rows {
    columns: Arc<[ItemKey]>,
    cells: Vec<Option<Value>>,
    bytes: usize,
    /// What stands in the first rows and is none of the columns.
    beyond: Shape,
}

impl Rows {
    /// No rows yet.
    pub fn new(columns: Arc<[ItemKey]>) -> Self {
        let cells = Vec::with_capacity(columns.len() * BATCH_ROWS);
        Self {
            columns,
            cells,
            bytes: 0,
            beyond: Shape::default(),
        }
    }

    /// Adds the next cell; rows are filled from the first column to the last.
    pub fn push(&mut self, cell: Option<Value>) {
        self.bytes += cell.as_ref().map_or(1, Value::size);
        self.cells.push(cell);
    }

    /// How many whole rows there are.
    pub fn len(&self) -> usize {
        self.cells
            .len()
            .checked_div(self.columns.len())
            .unwrap_or_default()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// The items that were fetched.
    pub fn columns(&self) -> &[ItemKey] {
        &self.columns
    }

    /// The whole rows, each with a cell for every column.
    pub fn rows(&self) -> impl Iterator<Item = &[Option<Value>]> {
        self.cells.chunks_exact(self.columns.len().max(1))
    }

    /// Whether the next row belongs into a batch of its own.
    pub fn is_full(&self) -> bool {
        self.len() >= BATCH_ROWS || self.bytes >= BATCH_BYTES
    }

    /// Notes a value that nobody asked for, by its name: it may be what an item is called now. The value stays behind.
    pub fn note_beyond(&mut self, value: &ItemValue) {
        self.beyond
            .note(value.key.as_str(), drift::kind_of(&value.value));
    }

    /// Whether what nobody asked for is noted of the next row: of the first ones alone.
    pub fn looks_beyond(&self) -> bool {
        self.len() < LOOKED_AT
    }

    /// What a look at them shows: the types of the first rows, and which columns have a value in any, held against an
    /// answer in which each had one. No value leaves by it.
    pub fn glance(&self, resource: &Resource, before: Option<&Shape>) -> Glance {
        let width = self.columns.len().max(1);
        let cells = self.cells.iter().enumerate();
        let cells = cells.filter_map(|(place, cell)| {
            Some((place, self.columns.get(place % width)?, cell.as_ref()?))
        });
        let mut seen = self.beyond.clone();
        let mut first = Vec::new();
        for (place, key, value) in cells {
            if !seen.holds(key.as_str()) {
                seen.note(key.as_str(), drift::kind_of(value));
            }
            if place < width.saturating_mul(LOOKED_AT) {
                let (key, value) = (key.clone(), value.clone());
                first.push(ItemValue { key, value });
            }
        }
        let glance = drift::in_traffic(resource, &first);
        match before {
            Some(before) => {
                let columns = self.columns.iter().map(ItemKey::as_str);
                glance.with_names(columns, &seen, before)
            }
            None => glance,
        }
    }

    /// Takes the rows out and leaves none.
    #[must_use]
    pub fn take(&mut self) -> Self {
        let empty = Self::new(Arc::clone(&self.columns));
        std::mem::replace(self, empty)
    }
}

/// Rows that may leave. Only [`release_rows`] makes them.
#[derive(Clone, Debug)]
pub struct ReleasedRows {
    columns: Arc<[ItemKey]>,
    cells: Vec<Option<Value>>,
}

impl ReleasedRows {
    /// The released items, in the permit's order.
    pub fn columns(&self) -> &Arc<[ItemKey]> {
        &self.columns
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.cells
            .len()
            .checked_div(self.columns.len())
            .unwrap_or_default()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// At most so many of them, the first ones.
    #[must_use]
    pub fn first(mut self, most: usize) -> Self {
        self.cells.truncate(most.saturating_mul(self.columns.len()));
        self
    }

    /// The rows, each with a cell for every column.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[Option<Value>]> {
        self.cells.chunks_exact(self.columns.len().max(1))
    }

    /// The cells row by row, to be taken apart.
    pub fn into_cells(self) -> Vec<Option<Value>> {
        self.cells
    }

    /// The bytes that the digest of a batch is made of: for each cell the letter of its kind, the
    /// length as four bytes, most significant first, and the value as text; `-` for no value.
    fn canonical(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.cells.len() * 24);
        for cell in &self.cells {
            match cell {
                None => bytes.push(b'-'),
                Some(value) => value.write_canonical(&mut bytes),
            }
        }
        bytes
    }
}

/// Cuts rows to the permit: items that are not permitted are dropped, the others are checked
/// against their data type, and every row must meet the grant's row filter.
///
/// # Errors
/// [`BadAnswer`] when a row is not whole, a value is not of its item's type, an item is missing
/// from the columns, or a row lies outside the row filter.
pub fn release_rows(permit: &Permit, rows: Rows) -> Result<ReleasedRows, BadAnswer> {
    let bad = |message: String| BadAnswer { message };
    let Rows { columns, cells, .. } = rows;
    let width = columns.len();
    if width == 0 || cells.len() % width != 0 {
        return Err(bad("a row is not whole".to_owned()));
    }
    let mut kinds = Vec::with_capacity(width);
    for key in columns.iter() {
        let item = permit.resource().item(key);
        let item = item.ok_or_else(|| bad(format!("the resource has no item {key}")))?;
        kinds.push(item.data_type);
    }
    for row in cells.chunks_exact(width) {
        for ((cell, kind), key) in row.iter().zip(&kinds).zip(columns.iter()) {
            if cell.as_ref().is_some_and(|value| !kind.admits(value)) {
                return Err(bad(format!(
                    "the value of item {key} is not of its data type"
                )));
            }
        }
    }
    if let Some(filter) = permit.row_filter() {
        if let Some(key) = filter.keys().into_iter().find(|key| !columns.contains(key)) {
            return Err(bad(format!(
                "the row filter cannot be checked without item {key}"
            )));
        }
        let outside = |row: &[Option<Value>]| {
            let value = |key: &ItemKey| {
                let mut cells = columns.iter().zip(row);
                cells.find(|(own, _)| *own == key)?.1.as_ref()
            };
            !filter.matches(&value)
        };
        if cells.chunks_exact(width).any(outside) {
            return Err(bad("a row lies outside the grant's row filter".to_owned()));
        }
    }
    cut(permit, &columns, cells).map_err(bad)
}

/// Drops what is not permitted. Nothing is moved when the columns are the permitted items already.
fn cut(
    permit: &Permit,
    columns: &Arc<[ItemKey]>,
    mut cells: Vec<Option<Value>>,
) -> Result<ReleasedRows, String> {
    if columns.as_ref() == permit.items() {
        let columns = Arc::clone(columns);
        return Ok(ReleasedRows { columns, cells });
    }
    let mut places = Vec::with_capacity(permit.items().len());
    for key in permit.items() {
        let place = columns.iter().position(|own| own == key);
        places.push(place.ok_or_else(|| format!("item {key} is missing"))?);
    }
    let mut kept = Vec::with_capacity(cells.len());
    for row in cells.chunks_exact_mut(columns.len()) {
        for place in &places {
            kept.push(row.get_mut(*place).and_then(Option::take));
        }
    }
    Ok(ReleasedRows {
        columns: permit.items().into(),
        cells: kept,
    })
}

/// What has left of one read: counted, and digested batch by batch into one running digest.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    rows: u32,
    digest: String,
    segments: Vec<String>,
    disputed_rows: u32,
    disputed: BTreeSet<CorrectionName>,
}

impl Tally {
    /// Counts a batch that is about to leave.
    pub fn add(&mut self, batch: &ReleasedRows, key: &PseudonymKey) {
        let parts = [self.digest.as_bytes(), &batch.canonical()];
        self.digest = key.digest("rows", &parts);
        let before = self.rows / SEGMENT_ROWS;
        let count = u32::try_from(batch.len()).unwrap_or(u32::MAX);
        self.rows = self.rows.saturating_add(count);
        if self.rows / SEGMENT_ROWS > before {
            self.segments.push(self.digest.clone());
        }
    }

    /// Counts the disputed ones of a batch that is about to leave.
    pub fn add_disputed(&mut self, rows: &[DisputedRow]) {
        let count = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        self.disputed_rows = self.disputed_rows.saturating_add(count);
        for dispute in rows.iter().flat_map(|row| &row.disputes) {
            if self.disputed.len() < DISPUTED {
                self.disputed.insert(dispute.correction.clone());
            }
        }
    }

    /// How many of the rows that left are disputed.
    pub fn disputed_rows(&self) -> u32 {
        self.disputed_rows
    }

    /// By which corrections, the first [`DISPUTED`] that were met, in the order of their names.
    pub fn disputed(&self) -> impl ExactSizeIterator<Item = &CorrectionName> {
        self.disputed.iter()
    }

    /// How many rows left.
    pub fn rows(&self) -> u32 {
        self.rows
    }

    /// A keyed hash over everything that left; empty when nothing did.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// The running digest as it was each time that another [`SEGMENT_ROWS`] rows had left.
    pub fn segments(&self) -> &[String] {
        &self.segments
    }
}

impl Value {
    fn size(&self) -> usize {
        match self {
            Self::Text(text) | Self::Decimal(text) | Self::Date(text) | Self::Time(text) => {
                text.len() + 8
            }
            Self::Integer(_) => 16,
            Self::Logical(_) => 8,
        }
    }

    fn write_canonical(&self, bytes: &mut Vec<u8>) {
        let number;
        let (letter, text) = match self {
            Self::Text(text) => (b'C', text.as_bytes()),
            Self::Integer(integer) => {
                number = integer.to_string();
                (b'I', number.as_bytes())
            }
            Self::Decimal(text) => (b'N', text.as_bytes()),
            Self::Logical(yes) => (b'L', if *yes { &b"1"[..] } else { b"0" }),
            Self::Date(text) => (b'D', text.as_bytes()),
            Self::Time(text) => (b'T', text.as_bytes()),
        };
        bytes.push(letter);
        // A text of 4 GiB does not fit into a batch.
        let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(text);
    }
}

#[cfg(test)]
mod tests;
