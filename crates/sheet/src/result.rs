//! The file sent back to a department, with everything that is wrong at its place.

use std::collections::{BTreeMap, HashSet};

use crate::book::{Book, Kind, Sheet};
use crate::cells::{Look, Page, ROWS, save, short};
use crate::place::{Fault, letters};
use crate::table::{Table, Tables};
use crate::write::WriteError;
use crate::{names, write};

/// The title of the column with each row's faults.
pub(crate) const ISSUES: &str = "问题";
/// First cell of the summary, by which it is known when the file comes back.
const SUMMARY: &str = "数桥导入结果汇总";
/// Width of a column in characters, at least and at most.
const WIDTHS: (usize, usize) = (8, 40);
/// Rows looked at to find a column's width.
const MEASURED: usize = 200;
/// Columns of the summary: head and width.
const HEADS: [(&str, usize); 4] = [("序号", 8), ("位置", 24), ("原内容", 40), ("问题", 80)];

/// Whether a sheet is the summary of an earlier result.
pub(crate) fn is_summary(sheet: &Sheet) -> bool {
    sheet.cell(0, 0).text() == SUMMARY
}

/// Writes the rows of a file back as .xlsx, with what is wrong in them.
///
/// In front stands a sheet 汇总 with the counts and all faults by place. Each table gets a last column 问题 with the
/// faults of the row; cells at fault are coloured and have a note. Faults of titles stand on the title of that column.
/// Merged areas stay merged. Cells are text, as in [`workbook`](crate::workbook), but numbers that lost digits stay
/// numbers, so that they are found again. When the corrected file is opened and its tables are looked for, what this
/// function added is passed over. `faults` are all that shall be told, those of `tables` included.
///
/// # Errors
///
/// [`WriteError`], when the sheet would be larger than a worksheet can be.
pub fn result_sheet(
    book: &Book,
    tables: &Tables<'_>,
    faults: &[Fault],
    created: jiff::Timestamp,
) -> Result<Vec<u8>, WriteError> {
    let order = |fault: &&Fault| {
        let sheet = fault.place.sheet_name();
        let index = book.sheets.iter().position(|known| known.name == sheet);
        // Sheets that the file does not have come last.
        let index = index.unwrap_or(usize::MAX);
        (index, fault.place.row_index(), fault.place.column_index())
    };
    let mut sorted: Vec<&Fault> = faults.iter().collect();
    sorted.sort_by_key(order);
    let kept = || {
        let sheets = book.sheets.iter();
        sheets.filter(|sheet| !is_summary(sheet) && !write::is_choices(sheet))
    };
    let mut taken: Vec<String> = kept().map(|sheet| names::tab(&sheet.name)).collect();
    let mut pages = vec![summary(&names::another("汇总", &taken), book, &sorted)?];
    taken.clear();
    for sheet in kept() {
        let name = names::another(&sheet.name, &taken);
        let table = tables
            .tables
            .iter()
            .find(|table| std::ptr::eq(table.sheet, sheet));
        let own = sorted
            .iter()
            .filter(|fault| fault.place.sheet_name() == sheet.name);
        let mut copy = Copy {
            page: Page::new(&name)?,
            sheet,
            table,
            marks: Marks::of(own.copied(), sheet, table),
        };
        copy.write()?;
        copy.page.sheet.set_hidden(sheet.hidden);
        taken.push(name);
        pages.push(copy.page);
    }
    save(pages, created)
}

fn summary(name: &str, book: &Book, faults: &[&Fault]) -> Result<Page, WriteError> {
    let mut page = Page::new(name)?;
    page.text(0, 0, SUMMARY, Look::Banner)?;
    let rows: HashSet<_> = faults
        .iter()
        .filter_map(|fault| Some((fault.place.sheet_name(), fault.place.row_index()?)))
        .collect();
    let count = match faults.len() {
        0 => "没有发现问题".to_owned(),
        count => format!("共 {count} 个问题，涉及 {} 行", rows.len()),
    };
    page.text(1, 0, &count, Look::Data)?;
    let mut row = 2;
    let mut by_sheet: BTreeMap<&str, usize> = BTreeMap::new();
    for fault in faults {
        *by_sheet.entry(fault.place.sheet_name()).or_default() += 1;
    }
    for (sheet, count) in by_sheet {
        page.text(row, 0, &format!("“{sheet}”：{count} 个问题"), Look::Data)?;
        row += 1;
    }
    row += 1;
    for (column, (head, width)) in HEADS.into_iter().enumerate() {
        page.column(column, width)?;
        page.text(row, column, head, Look::Heading)?;
    }
    // What does not fit stands in the column beside the rows all the same.
    for (index, fault) in faults.iter().take(ROWS - row - 2).enumerate() {
        let texts = [
            &(index + 1).to_string(),
            &fault.place.to_string(),
            content(book, fault),
            &short(&fault.cause.sentence),
        ];
        for (column, text) in texts.into_iter().enumerate() {
            page.text(row + 1 + index, column, text, Look::Data)?;
        }
    }
    Ok(page)
}

/// What stands in the cell at fault.
fn content<'b>(book: &'b Book, fault: &Fault) -> &'b str {
    let sheet = book
        .sheets
        .iter()
        .find(|sheet| sheet.name == fault.place.sheet_name());
    match (sheet, fault.place.row_index(), fault.place.column_index()) {
        (Some(sheet), Some(row), Some(column)) => sheet.cell(row, column).text(),
        _ => "",
    }
}

/// The faults of one sheet, by where they are shown.
struct Marks {
    /// Notes on cells.
    cells: BTreeMap<(usize, usize), Vec<String>>,
    /// Sentences in the last column.
    rows: BTreeMap<usize, Vec<String>>,
    /// On the title of the last column.
    header: Vec<String>,
}

impl Marks {
    fn of<'f>(
        faults: impl Iterator<Item = &'f Fault>,
        sheet: &Sheet,
        table: Option<&Table<'_>>,
    ) -> Self {
        let mut marks = Self {
            cells: BTreeMap::new(),
            rows: BTreeMap::new(),
            header: Vec::new(),
        };
        for fault in faults {
            let sentence = fault.cause.sentence.clone();
            let (row, column) = (fault.place.row_index(), fault.place.column_index());
            if let (Some(row), Some(column)) = (row, column) {
                let cell = marks.cells.entry((row, column)).or_default();
                cell.push(sentence.clone());
            }
            let header = table.map(Table::header_row);
            match row {
                Some(row) if header.is_none_or(|header| row > header) => {
                    let title = column.map(|column| titled(sheet, header, column));
                    let told = format!("{}{sentence}", title.unwrap_or_default());
                    marks.rows.entry(row).or_default().push(told);
                }
                _ => marks.header.push(fault.to_string()),
            }
        }
        marks
    }
}

/// A column by its letters and its title.
fn titled(sheet: &Sheet, header: Option<usize>, column: usize) -> String {
    let title = header.map_or("", |row| sheet.cell(row, column).text().trim());
    let title: String = title.split_whitespace().collect();
    format!("{}列{title}：", letters(column))
}

/// A sheet on its way into the result.
struct Copy<'b> {
    page: Page,
    sheet: &'b Sheet,
    table: Option<&'b Table<'b>>,
    marks: Marks,
}

impl Copy<'_> {
    fn write(&mut self) -> Result<(), WriteError> {
        let before = self.table.and_then(|table| table.header.issues);
        let issues = before.unwrap_or(self.sheet.width());
        for column in 0..self.sheet.width() {
            self.page.column(column, self.measured(column))?;
        }
        let covered = self.merged(issues)?;
        for (row, cells) in self.sheet.rows.iter().enumerate() {
            for column in 0..cells.len() {
                if Some(column) != before && !covered.contains(&(row, column)) {
                    self.cell(row, column)?;
                }
            }
        }
        // Blank cells can be at fault too, and so can those behind the end of their row.
        let marked: Vec<_> = self.marks.cells.keys().copied().collect();
        for (row, column) in marked {
            if self.sheet.cell(row, column).kind == Kind::Blank && column != issues {
                self.cell(row, column)?;
            }
        }
        self.issues(issues)
    }

    /// Writes the merged areas, and gives the cells that nothing else may be written to.
    fn merged(&mut self, issues: usize) -> Result<HashSet<(usize, usize)>, WriteError> {
        let mut covered = HashSet::new();
        for area in &self.sheet.merged {
            let cells = || {
                (area.top..=area.bottom)
                    .flat_map(|row| (area.left..=area.right).map(move |column| (row, column)))
            };
            let free = cells().all(|cell| !covered.contains(&cell) && cell.1 != issues);
            let (first, last) = ((area.top, area.left), (area.bottom, area.right));
            if !free || first == last {
                continue;
            }
            let told: Vec<String> = cells()
                .filter_map(|cell| self.marks.cells.remove(&cell))
                .flatten()
                .collect();
            let look = self.look(area.top, !told.is_empty());
            let text = self.sheet.cell(area.top, area.left).text();
            self.page.merged(first, last, text, look)?;
            covered.extend(cells());
            if !told.is_empty() {
                self.marks.cells.insert(first, told);
            }
            // What must stay a number, and the note.
            self.cell(area.top, area.left)?;
        }
        Ok(covered)
    }

    fn cell(&mut self, row: usize, column: usize) -> Result<(), WriteError> {
        let cell = self.sheet.cell(row, column);
        let told = self.marks.cells.get(&(row, column));
        let look = self.look(row, told.is_some());
        match (cell.kind, cell.text.parse()) {
            (Kind::Rounded, Ok(number)) => self.page.number(row, column, number, look)?,
            _ => self.page.text(row, column, &cell.text, look)?,
        }
        match told {
            Some(told) => self.page.note(row, column, &told.join("\n")),
            None => Ok(()),
        }
    }

    fn look(&self, row: usize, faulty: bool) -> Look {
        let header = self.table.map(Table::header_row);
        if faulty {
            Look::Faulty
        } else if header == Some(row) {
            Look::Heading
        } else {
            Look::Data
        }
    }

    fn issues(&mut self, column: usize) -> Result<(), WriteError> {
        let Some(table) = self.table else {
            return Ok(());
        };
        let header = table.header_row();
        self.page.column(column, 60)?;
        self.page.text(header, column, ISSUES, Look::Required)?;
        if !self.marks.header.is_empty() {
            let told = self.marks.header.join("\n");
            self.page.note(header, column, &told)?;
        }
        for (row, told) in &self.marks.rows {
            let told = short(&told.join("；"));
            self.page.text(*row, column, &told, Look::Faulty)?;
        }
        self.page.freeze(header + 1)
    }

    /// A width at which most texts of a column can be read.
    fn measured(&self, column: usize) -> usize {
        let first = self.table.map_or(0, Table::header_row);
        let widths = (first..self.sheet.height().min(first + MEASURED)).map(|row| {
            let text = self.sheet.cell(row, column).text();
            let chars = text.chars().take(WIDTHS.1);
            chars.map(|char| if char.is_ascii() { 1 } else { 2 }).sum()
        });
        let widest: usize = widths.max().unwrap_or(0);
        (widest + 2).clamp(WIDTHS.0, WIDTHS.1)
    }
}
