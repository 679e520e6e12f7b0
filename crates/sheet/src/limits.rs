//! How much one file may hold.

/// What [`open`](crate::open) accepts at most. [`Limits::default`] takes the inventory of a city with room to spare
/// (400 systems, 5 000 resources of 60 columns are a thirtieth of it) and keeps a hostile file below about 300 MiB of
/// memory. The figures are assumed; no rule of law stands behind them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the file as it lies on disk.
    pub file_bytes: usize,
    /// Parts in the archive.
    pub entries: usize,
    /// Bytes of all parts together once unpacked, counted while unpacking; what the archive says is not believed.
    pub unpacked_bytes: usize,
    /// Bytes of one part once unpacked.
    pub part_bytes: usize,
    /// Times a part may grow by unpacking. It is asked only of parts that grow beyond a mebibyte: short ones may well
    /// be one long repetition.
    pub ratio: usize,
    /// Worksheets.
    pub sheets: usize,
    /// Rows of one worksheet, the highest row number that holds something.
    pub rows: usize,
    /// Columns of one worksheet.
    pub columns: usize,
    /// Cells of the whole file, blank ones to the left of the last filled one of their row included.
    pub cells: usize,
    /// Characters of one cell. Excel's own limit is 32 767.
    pub cell_chars: usize,
    /// Bytes of all texts together, a text that many cells share counted for each.
    pub text_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        const MEBIBYTE: usize = 1024 * 1024;
        Self {
            file_bytes: 32 * MEBIBYTE,
            entries: 4_096,
            unpacked_bytes: 128 * MEBIBYTE,
            part_bytes: 64 * MEBIBYTE,
            ratio: 200,
            sheets: 64,
            rows: 100_000,
            columns: 512,
            cells: 1_000_000,
            cell_chars: 32_767,
            text_bytes: 64 * MEBIBYTE,
        }
    }
}
