//! The catalogue entries of a bureau.

use super::{Bureau, Cell, Page, Planted, one};

/// Titles in two lines: what spans columns, and what stands below it.
const TITLES: [(&str, &str); 35] = [
    ("", "信息资源分类"),
    ("", "信息资源名称"),
    ("", "信息资源提供方"),
    ("", "内部部门"),
    ("", "信息资源提供方代码"),
    ("", "信息资源摘要"),
    ("信息资源格式", "信息资源格式分类"),
    ("信息资源格式", "信息资源格式类型"),
    ("信息项信息", "信息项名称"),
    ("信息项信息", "信息项标识"),
    ("信息项信息", "数据类型"),
    ("信息项信息", "数据长度"),
    ("信息项信息", "是否敏感"),
    ("信息项信息", "是否个人信息"),
    ("共享属性", "共享类型"),
    ("共享属性", "共享条件"),
    ("共享属性", "共享范围"),
    ("共享属性", "使用用途"),
    ("共享属性", "不予共享理由"),
    ("共享属性", "共享方式"),
    ("开放属性", "是否向社会开放"),
    ("开放属性", "开放条件"),
    ("", "更新周期"),
    ("", "数据分类"),
    ("", "数据级别"),
    ("", "数据等级"),
    ("", "关联资源代码"),
    ("", "保密审查文号"),
    ("", "影响评估文号"),
    ("", "所属系统"),
    ("大普查", "数据存储总量（GB）"),
    ("大普查", "结构化信息记录总数"),
    ("大普查", "已共享的数据存储量（GB）"),
    ("大普查", "已共享的结构化记录数"),
    ("", "部门负责人审签文件"),
];
const ITEM_COLUMNS: std::ops::Range<usize> = 8..14;
/// First row of data: below a banner and two lines of titles.
const FIRST: usize = 3;
/// The first entry at fault, and how far the next one is.
const FIRST_FAULT: usize = 5;
const STEP: usize = 7;

const SUBJECTS: [&str; 12] = [
    "许可", "备案", "处罚", "检查", "投诉", "项目", "资金", "人员", "设施", "机构", "合同", "统计",
];
const KINDS: [&str; 6] = [
    "登记信息",
    "办理结果",
    "变更记录",
    "公示清单",
    "月度汇总",
    "基础台账",
];
/// A word that stands in one title of each bureau and nowhere else in the city.
const STEMS: [&str; 10] = ["甲", "乙", "丙", "丁", "戊", "己", "庚", "辛", "壬", "癸"];
const BRANCHES: [&str; 12] = [
    "子", "丑", "寅", "卯", "辰", "巳", "午", "未", "申", "酉", "戌", "亥",
];

/// A fault: the item's row it stands in, the column, its code, and how the entry comes to it.
type Fault = (usize, usize, &'static str, fn(&mut Entry, &Bureau));

/// Every kind of fault.
const FAULTS: [Fault; 28] = [
    (0, 0, "INVALID_ID", |e, _| e.cells[0] = Cell::Number(314.0)),
    (0, 0, "REQUIRED", |e, _| e.cells[0] = "".into()),
    (0, 1, "REQUIRED", |e, _| e.cells[1] = "".into()),
    (0, 1, "DUPLICATE", |e, b| {
        e.cells[1] = Cell::text(format!("《{}》", b.title(e.number - 1)))
    }),
    (0, 1, "NAME_OF_SYSTEM", |e, b| {
        e.cells[1] = Cell::text(b.system_name(e.number % b.systems))
    }),
    (0, 1, "TOO_LONG", |e, _| {
        e.cells[1] = Cell::text("长".repeat(51))
    }),
    (0, 4, "UNKNOWN_DEPARTMENT", |e, _| {
        e.cells[4] = "11430500XY0000999X".into()
    }),
    (0, 4, "LOST_DIGITS", |e, _| {
        e.cells[4] = Cell::Number(1.143_050_012_345_678_9e17)
    }),
    (0, 5, "REQUIRED", |e, _| e.cells[5] = "".into()),
    (0, 6, "NOT_A_CHOICE", |e, _| e.cells[6] = "磁带".into()),
    (1, 8, "REQUIRED", |e, _| e.items[1][0] = "".into()),
    (1, 9, "REQUIRED", |e, _| e.items[1][1] = "".into()),
    (1, 9, "NOT_A_KEY", |e, _| {
        e.items[1][1] = "Holder-Name".into()
    }),
    (1, 9, "DUPLICATE", |e, _| {
        e.items[1][1] = e.items[0][1].clone()
    }),
    (1, 10, "NOT_A_CHOICE", |e, _| e.items[1][2] = "X".into()),
    (1, 11, "NOT_A_NUMBER", |e, _| e.items[1][3] = "很长".into()),
    (1, 12, "OPEN", |e, _| {
        e.open();
        e.items[1][4] = "是".into();
    }),
    (0, 14, "NOT_A_CHOICE", |e, _| e.cells[14] = "看情况".into()),
    (0, 15, "REQUIRED", |e, _| {
        e.not_shared();
        e.cells[15] = "".into();
    }),
    (0, 15, "REQUIRED", |e, _| {
        e.conditional();
        e.cells[15] = "".into();
    }),
    (0, 19, "DOES_NOT_FIT", |e, _| {
        e.cells[6] = "数据库".into();
        e.cells[19] = "文件".into();
    }),
    (0, 19, "REQUIRED", |e, _| {
        e.conditional();
        e.cells[19] = "".into();
    }),
    (0, 20, "NOT_SHARED", |e, _| {
        e.not_shared();
        e.cells[20] = "是".into();
    }),
    (0, 21, "NOT_OPEN", |e, _| {
        e.cells[20] = "否".into();
        e.cells[21] = "实名".into();
    }),
    (0, 22, "NOT_A_CHOICE", |e, _| e.cells[22] = "每世纪".into()),
    (0, 24, "UNKNOWN_CODE", |e, _| {
        e.cells[24] = "核心数据".into()
    }),
    (0, 29, "UNKNOWN_SYSTEM", |e, _| {
        e.cells[29] = "没有登记的平台".into()
    }),
    (0, 30, "MORE_THAN_STORED", |e, _| {
        e.cells[30] = Cell::Number(1.5);
        e.cells[32] = Cell::Number(2.5);
    }),
];

/// An entry being written.
struct Entry {
    number: usize,
    /// Cells of the whole entry; those of items stay blank.
    cells: Vec<Cell>,
    items: Vec<[Cell; 6]>,
}

impl Bureau {
    /// The sheet of its entries, with faults or without.
    #[must_use]
    pub fn entries_sheet(&self, with_faults: bool) -> Planted {
        let mut page = Page::new("信息资源目录");
        titles(&mut page);
        let mut row = FIRST;
        for number in 0..self.entries {
            let mut entry = self.entry(number);
            let planted = number
                .checked_sub(FIRST_FAULT)
                .filter(|past| past % STEP == 0);
            let fault = planted.and_then(|past| FAULTS.get(past / STEP));
            if let Some((item, column, code, spoil)) = fault {
                // The faults of second items need one, in the corrected sheet too.
                while entry.items.len() < 2 {
                    entry.items.push(item_cells(1));
                }
                if with_faults {
                    spoil(&mut entry, self);
                    page.plant(row + item, *column, code);
                }
            }
            entry.write(&mut page, row);
            row += entry.items.len();
        }
        page.finish()
    }

    /// A title of the bureau.
    #[must_use]
    pub fn title(&self, number: usize) -> String {
        if number == 0 {
            return format!("{}专题数据", self.rare_word());
        }
        let subject = one(&SUBJECTS, number);
        let kind = one(&KINDS, number / SUBJECTS.len());
        format!("{subject}{kind}（{number}）")
    }

    /// A word that no other title has.
    #[must_use]
    pub fn rare_word(&self) -> String {
        format!(
            "{}{}",
            one(&STEMS, self.number),
            one(&BRANCHES, self.number)
        )
    }

    fn entry(&self, number: usize) -> Entry {
        let count = self.number + number;
        let code = self.seed.uscc.as_str();
        let personal = number.is_multiple_of(3);
        let mut entry = Entry {
            number,
            cells: vec!["".into(); TITLES.len()],
            items: (0..=number % 3).map(item_cells).collect(),
        };
        for (column, text) in [
            (1, self.title(number)),
            (2, self.seed.short_names[0].clone()),
            (3, one(&["无相关内部部门", "办公室", ""], count).to_owned()),
            (4, code.to_owned()),
            (
                5,
                format!("{}的主要内容，=A1+1 只是文字", self.title(number)),
            ),
            (6, one(&["数据库", "3", "3 数据库"], count).to_owned()),
            (7, one(&["mysql", "达梦"], count).to_owned()),
            (
                19,
                one(&["库表", "接口、库表", "服务接口"], count).to_owned(),
            ),
            (
                22,
                one(&["每日", "４", "每季", "6 每年", "不定期"], count).to_owned(),
            ),
            (23, "业务数据/办理".to_owned()),
            (24, one(&["一般数据", "一般", "重要数据"], count).to_owned()),
            (27, format!("虚构保审〔2026〕{number}号")),
            (28, format!("虚构影评〔2026〕{number}号")),
            (29, self.system_name(number % self.systems)),
            (34, format!("虚构审签〔2026〕{number}号")),
        ] {
            entry.cells[column] = Cell::text(text);
        }
        entry.cells[0] = Cell::Number(314_001.0 + f64::from(u32::try_from(self.number).unwrap()));
        entry.cells[30] = Cell::Number(10.25);
        entry.cells[31] = "１２，０００".into();
        entry.cells[32] = "2.5".into();
        match number % 4 {
            0 => entry.conditional(),
            1 => entry.not_shared(),
            2 if !personal => entry.open(),
            _ => {
                entry.cells[14] = "无条件共享".into();
                entry.cells[15] = "无条件".into();
                entry.cells[20] = "0".into();
            }
        }
        if personal {
            entry.items[0][5] = "是".into();
        }
        entry
    }
}

fn titles(page: &mut Page) {
    page.across(0, (0, TITLES.len() - 1), "政务数据资源目录");
    let mut column = 0;
    while column < TITLES.len() {
        let (above, title) = TITLES[column];
        if above.is_empty() {
            page.over((1, 2), column, &Cell::text(title));
            column += 1;
            continue;
        }
        let columns = TITLES[column..]
            .iter()
            .take_while(|(other, _)| *other == above);
        let width = columns.count();
        page.across(1, (column, column + width - 1), above);
        for (offset, (_, title)) in TITLES[column..column + width].iter().enumerate() {
            page.put(2, column + offset, &Cell::text(*title));
        }
        column += width;
    }
}

fn item_cells(number: usize) -> [Cell; 6] {
    let (title, key, kind) = one(
        &[
            ("编号", "serial_number", "C"),
            ("办理日期", "handled_on", "日期型"),
            ("数量", "amount", "I 整型"),
        ],
        number,
    );
    [
        title.into(),
        key.into(),
        kind.into(),
        one(&["３０", "", "8"], number).into(),
        "否".into(),
        "".into(),
    ]
}

impl Entry {
    fn conditional(&mut self) {
        self.cells[14] = "有条件".into();
        self.cells[15] = "凭办理事项核验".into();
        self.cells[16] = "本市政府部门".into();
        self.cells[17] = "办理政务服务事项".into();
        self.cells[20] = "否".into();
    }

    fn not_shared(&mut self) {
        self.cells[14] = "不予共享".into();
        self.cells[15] = "虚构条例第七条".into();
        self.cells[18] = "法律规定不得提供".into();
        self.cells[20] = "否".into();
    }

    fn open(&mut self) {
        self.cells[14] = "1".into();
        self.cells[20] = "是".into();
        self.cells[21] = "注册用户".into();
    }

    fn write(&self, page: &mut Page, row: usize) {
        let rows = self.items.len();
        let shared = self.cells.iter().enumerate();
        for (column, cell) in shared.filter(|(column, _)| !ITEM_COLUMNS.contains(column)) {
            page.over((row, rows), column, cell);
        }
        for (offset, item) in self.items.iter().enumerate() {
            for (column, cell) in ITEM_COLUMNS.zip(item) {
                page.put(row + offset, column, cell);
            }
        }
    }
}
