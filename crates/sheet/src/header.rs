//! Which row holds the titles, and which title stands for what.

use std::collections::BTreeMap;

use crate::book::{Kind, Sheet};
use crate::place::{Code, Fault, Place};
use crate::plain;

/// How far down the titles may stand.
const ROWS: usize = 20;
/// Lines that titles may take: 共享属性 above 共享类型 is two.
const LINES: usize = 3;
/// Characters that a title may have; longer texts are notes.
const TITLE: usize = 120;

/// A column that is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// The name by which code asks for the column's cells.
    pub key: &'static str,
    /// The title, as we write it.
    pub title: &'static str,
    /// Other titles that mean the same. Where titles stand in two lines, those of both lines in one:
    /// `共享属性共享类型`.
    pub aliases: &'static [&'static str],
    /// Whether a sheet without this column is at fault.
    pub required: bool,
}

/// The titles of one sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Header {
    /// The last line of the titles.
    pub(crate) bottom: usize,
    /// The column of each key.
    pub(crate) places: BTreeMap<&'static str, Found>,
    /// The column that a result sheet added.
    pub(crate) issues: Option<usize>,
    pub(crate) faults: Vec<Fault>,
    pub(crate) warnings: Vec<Fault>,
}

/// A column that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) column: usize,
    /// What stands in the title's brackets.
    pub(crate) unit: Option<String>,
}

/// No row has enough titles. The best one, for the message: its row and how many columns it names.
pub(crate) struct Nearest {
    pub(crate) row: usize,
    pub(crate) named: usize,
}

/// Finds the titles of a sheet.
pub(crate) fn find(
    sheet: &Sheet,
    columns: &[Column],
    returned: bool,
) -> Result<Header, Option<Nearest>> {
    let wanted: Vec<Names> = columns.iter().map(Names::of).collect();
    let mut best: Option<(usize, Block)> = None;
    for lines in 1..=LINES {
        let last = ROWS.min(sheet.height());
        for top in 0..(last + 1).saturating_sub(lines) {
            let block = Block::read(sheet, top, lines, &wanted);
            let named = block.named(columns.len());
            // Fewer lines and earlier rows come first, so only more columns win.
            if best.as_ref().is_none_or(|(most, _)| named > *most) {
                best = Some((named, block));
            }
        }
    }
    let Some((_, block)) = best else {
        return Err(None);
    };
    let required = columns.iter().filter(|column| column.required).count();
    let has = block.required(columns);
    // Titles that are repeated or not clear still show that this is the row.
    let named = block.recognised();
    if named < columns.len().clamp(1, 2) || has * 2 < required {
        let row = block.bottom;
        return Err((named > 0).then_some(Nearest { row, named }));
    }
    Ok(block.header(sheet, columns, returned))
}

/// The titles of one column as they are compared.
struct Names {
    full: Vec<String>,
    bare: Vec<String>,
}

impl Names {
    fn of(column: &Column) -> Self {
        let titles = || std::iter::once(&column.title).chain(column.aliases);
        Self {
            full: titles().map(|title| plain::folded(title)).collect(),
            bare: titles().map(|title| plain::bare(title)).collect(),
        }
    }
}

/// Lines that may be the titles: for each column of the sheet its title and the columns it may stand for.
struct Block {
    bottom: usize,
    titles: Vec<(String, Vec<usize>)>,
}

impl Block {
    fn read(sheet: &Sheet, top: usize, lines: usize, names: &[Names]) -> Self {
        let bottom = top + lines - 1;
        let mut above = vec![String::new(); lines];
        let titles = (0..sheet.width()).map(|column| {
            let parts = parts(sheet, top, bottom, column, &mut above);
            let candidates = (0..parts.len()).filter_map(|from| parts.get(from..));
            let matched = candidates
                .map(|parts| matching(&parts.concat(), names))
                .find(|matched| !matched.is_empty());
            (parts.concat(), matched.unwrap_or_default())
        });
        Self {
            bottom,
            titles: titles.collect(),
        }
    }

    /// How many columns are named by a title of their own.
    fn named(&self, columns: usize) -> usize {
        (0..columns)
            .filter(|column| self.titles.iter().any(|(_, found)| found == &[*column]))
            .count()
    }

    /// How many columns of the sheet have a title that means something.
    fn recognised(&self) -> usize {
        let titles = self.titles.iter();
        titles.filter(|(_, found)| !found.is_empty()).count()
    }

    fn required(&self, columns: &[Column]) -> usize {
        let named = |index: usize| self.titles.iter().any(|(_, found)| found == &[index]);
        columns
            .iter()
            .enumerate()
            .filter(|(index, column)| column.required && named(*index))
            .count()
    }

    fn header(self, sheet: &Sheet, columns: &[Column], returned: bool) -> Header {
        let mut header = Header {
            bottom: self.bottom,
            places: BTreeMap::new(),
            issues: None,
            faults: Vec::new(),
            warnings: Vec::new(),
        };
        for (at, (title, found)) in self.titles.iter().enumerate() {
            let found: Vec<&Column> = found.iter().filter_map(|i| columns.get(*i)).collect();
            header.take(sheet, at, title, &found, returned);
        }
        for column in columns {
            // A title that may stand for several columns was named already.
            let ambiguous = self.titles.iter().any(|(_, found)| {
                found.len() > 1
                    && found
                        .iter()
                        .filter_map(|i| columns.get(*i))
                        .any(|c| c == column)
            });
            if column.required && !ambiguous && !header.places.contains_key(column.key) {
                header.faults.push(Fault::new(
                    Place::row(&sheet.name, self.bottom),
                    Code::MissingColumn,
                    format!("缺少必填列“{}”，请补上这一列", column.title),
                ));
            }
        }
        header
    }
}

impl Header {
    /// Takes one column of the sheet for what its title says.
    fn take(&mut self, sheet: &Sheet, at: usize, title: &str, found: &[&Column], returned: bool) {
        let place = Place::cell(&sheet.name, self.bottom, at);
        match found {
            [] => self.unknown(sheet, at, title, returned),
            [column] => {
                if let Some(first) = self.places.get(column.key) {
                    let first = Place::cell(&sheet.name, self.bottom, first.column);
                    self.faults.push(Fault::new(
                        place,
                        Code::RepeatedColumn,
                        format!("“{title}”与 {first} 是同一列，请只保留一列"),
                    ));
                    return;
                }
                let unit = plain::in_brackets(title);
                let found = Found { column: at, unit };
                self.places.insert(column.key, found);
            }
            several => {
                let titles: Vec<&str> = several.iter().map(|column| column.title).collect();
                self.faults.push(Fault::new(
                    place,
                    Code::AmbiguousColumn,
                    format!(
                        "“{title}”可能是“{}”，请改用其中一个标题",
                        titles.join("”或“")
                    ),
                ));
            }
        }
    }

    fn unknown(&mut self, sheet: &Sheet, at: usize, title: &str, returned: bool) {
        let below = self.bottom + 1..sheet.height();
        let holds = || {
            below
                .clone()
                .any(|row| sheet.cell(row, at).kind != Kind::Blank)
        };
        let sentence = if title.is_empty() && holds() {
            "这一列有内容但没有标题，未读取；请写上标题或删除这一列".to_owned()
        } else if title.is_empty() {
            return;
        } else if returned && plain::bare(title) == crate::result::ISSUES {
            self.issues = Some(at);
            return;
        } else {
            format!("不认识的列“{title}”，这一列未读取")
        };
        self.warnings.push(Fault::new(
            Place::cell(&sheet.name, self.bottom, at),
            Code::UnknownColumn,
            sentence,
        ));
    }
}

/// The texts of a column's title from the top down, each once. Where a file has no merged cells (.csv) a title that
/// spans columns stands in the first of them only and counts for those to the right that have one of their own below.
fn parts<'s>(
    sheet: &'s Sheet,
    top: usize,
    bottom: usize,
    column: usize,
    above: &mut [String],
) -> Vec<std::borrow::Cow<'s, str>> {
    let mut parts: Vec<std::borrow::Cow<'s, str>> = Vec::new();
    let lowest = sheet.cell(bottom, column).text().trim();
    for (row, above) in (top..=bottom).zip(above.iter_mut()) {
        let text = sheet.cell(row, column).text().trim();
        if text.chars().count() > TITLE {
            continue;
        }
        let text = if !text.is_empty() {
            text.clone_into(above);
            std::borrow::Cow::Borrowed(text)
        } else if row < bottom && !lowest.is_empty() {
            std::borrow::Cow::Owned(above.clone())
        } else {
            continue;
        };
        if !text.is_empty() && parts.last() != Some(&text) {
            parts.push(text);
        }
    }
    parts
}

/// The columns that a title may stand for: those it names in full, or else those it names without its brackets.
fn matching(title: &str, names: &[Names]) -> Vec<usize> {
    let full = plain::folded(title);
    if full.is_empty() {
        return Vec::new();
    }
    let bare = plain::bare(title);
    let having = |test: &dyn Fn(&Names) -> bool| -> Vec<usize> {
        let indexed = names.iter().enumerate();
        indexed
            .filter(|(_, names)| test(names))
            .map(|(index, _)| index)
            .collect()
    };
    let in_full = having(&|names| names.full.contains(&full));
    if in_full.is_empty() {
        having(&|names| names.bare.contains(&bare))
    } else {
        in_full
    }
}
