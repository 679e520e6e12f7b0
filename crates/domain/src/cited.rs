//! Where the code lists of a catalogue entry stand, for the faults that name them. The lists are data
//! (`seeds/code-lists.toml`); a test holds these against them.

/// How an entry is shared, and on which condition or legal basis.
pub const SHARE_TYPE: &str =
    "政务信息资源目录编制指南（发改高技〔2017〕1272号）; 政务数据共享条例 art. 14";
/// By which mode.
pub const SHARE_MODE: &str =
    "政务信息资源目录编制指南（发改高技〔2017〕1272号）; 政务数据共享条例 art. 22";
/// The class of its format.
pub const FORMAT_CLASS: &str = "政务信息资源目录编制指南（发改高技〔2017〕1272号）";
/// The type of an item.
pub const DATA_TYPE: &str = "政务信息资源目录编制指南（发改高技〔2017〕1272号）";
/// The cycle of its updates.
pub const UPDATE_CYCLE: &str = "政务信息资源目录编制指南（发改高技〔2017〕1272号）";
/// The level of its data.
pub const DATA_LEVEL: &str = "GB/T 43697-2024; 政务数据共享条例 art. 13";
