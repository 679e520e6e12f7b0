//! Keeps account of the cells and texts of one file.

use crate::book::{Cell, Sheet};
use crate::limits::Limits;
use crate::open::OpenError;
use crate::place::Place;

/// What is left of the limits while a file is read.
pub(crate) struct Budget<'a> {
    limits: &'a Limits,
    cells: usize,
    text: usize,
}

impl<'a> Budget<'a> {
    pub(crate) fn new(limits: &'a Limits) -> Self {
        Self {
            limits,
            cells: limits.cells,
            text: limits.text_bytes,
        }
    }

    /// Puts a cell into its place, with blank ones before it where there are none yet.
    pub(crate) fn put(
        &mut self,
        sheet: &mut Sheet,
        row: usize,
        column: usize,
        cell: Cell,
    ) -> Result<(), OpenError> {
        if cell == Cell::default() && sheet.cell(row, column) == &cell {
            // Formatted and empty: it neither costs nor counts, wherever it stands.
            return Ok(());
        }
        self.within(sheet, row, column, &cell)?;
        let rows = (row + 1).saturating_sub(sheet.rows.len());
        let has = sheet.rows.get(row).map_or(0, Vec::len);
        // A row costs about as much as a cell.
        let cells = (column + 1).saturating_sub(has).saturating_add(rows);
        self.cells = self
            .cells
            .checked_sub(cells)
            .ok_or(OpenError::TooManyCells {
                limit: self.limits.cells,
            })?;
        self.text = self
            .text
            .checked_sub(cell.text.len())
            .ok_or(OpenError::TooMuchText {
                limit: self.limits.text_bytes,
            })?;
        if sheet.rows.len() <= row {
            sheet.rows.resize_with(row + 1, Vec::new);
        }
        if let Some(cells) = sheet.rows.get_mut(row) {
            if cells.len() <= column {
                cells.resize_with(column + 1, Cell::default);
            }
            if let Some(place) = cells.get_mut(column) {
                *place = cell;
            }
        }
        Ok(())
    }

    fn within(
        &self,
        sheet: &Sheet,
        row: usize,
        column: usize,
        cell: &Cell,
    ) -> Result<(), OpenError> {
        if row >= self.limits.rows {
            return Err(OpenError::TooManyRows {
                sheet: sheet.name.clone(),
                limit: self.limits.rows,
            });
        }
        if column >= self.limits.columns {
            return Err(OpenError::TooManyColumns {
                sheet: sheet.name.clone(),
                limit: self.limits.columns,
            });
        }
        // Characters are at most bytes, and bytes are known.
        let most = self.limits.cell_chars;
        if cell.text.len() > most && cell.text.chars().count() > most {
            return Err(OpenError::CellTooLong {
                place: Place::cell(&sheet.name, row, column).to_string(),
                limit: most,
            });
        }
        Ok(())
    }
}
