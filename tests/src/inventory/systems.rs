//! The systems of a bureau.

use super::{Bureau, Cell, Page, Planted, one};

/// Titles as this city's bureaux have them.
const TITLES: [&str; 17] = [
    "序号",
    "责任\n部门",
    "*系统名称（全称）",
    "主要功能",
    "建设方式",
    "涉密情况",
    "网络环境",
    "部署位置",
    "机房名称",
    "承建单位",
    "运维公司",
    "运维合同到期时间",
    "上线时间",
    "等保级别",
    "数据库类型",
    "年运维费用（万元）",
    "系统标识",
];
/// First row of data: below a banner and the titles.
const FIRST: usize = 2;
/// Faults of one sheet.
const EACH: usize = 5;
const SUBJECTS: [&str; 9] = [
    "业务办理",
    "档案管理",
    "信用核查",
    "执法监督",
    "统计直报",
    "公文流转",
    "证照管理",
    "资金监管",
    "信息发布",
];

/// A fault: the column, what stands there, and the code that it must be found by.
type Fault = (usize, fn() -> Cell, &'static str);

/// Every kind of fault. What goes with a wrong cell is set by [`Bureau::system`].
const FAULTS: [Fault; 20] = [
    (1, || "市不存在局".into(), "UNKNOWN_DEPARTMENT"),
    (2, || "".into(), "REQUIRED"),
    (2, || "".into(), "DUPLICATE"),
    (5, || "涉密".into(), "CLASSIFIED_REFUSED"),
    (6, || "政务外网".into(), "AMBIGUOUS_ZONE"),
    (6, || "政务内网".into(), "CLASSIFIED_NETWORK"),
    (7, || "云上".into(), "NOT_A_CHOICE"),
    (7, || "".into(), "REQUIRED"),
    (8, || "三楼机房".into(), "NOT_IN_A_MACHINE_ROOM"),
    (9, || Cell::text("司".repeat(101)), "TOO_LONG"),
    (11, || "去年底".into(), "NOT_A_DATE"),
    (11, || "1999-12-31".into(), "ENDS_BEFORE_LAUNCH"),
    (12, || "2022年3月".into(), "NOT_A_DATE"),
    (13, || "六级".into(), "NOT_A_CHOICE"),
    (
        14,
        || "甲、乙、丙、丁、戊、己、庚、辛、壬、癸、子".into(),
        "TOO_MANY",
    ),
    (15, || "约十万".into(), "NOT_AN_AMOUNT"),
    (15, || Cell::Number(0.000_05), "NOT_WHOLE_YUAN"),
    (
        16,
        || Cell::Number(1.234_567_890_123_456_7e16),
        "LOST_DIGITS",
    ),
    (16, || "两个 标识".into(), "NOT_A_CODE"),
    (16, || "Upper-Case".into(), "NOT_A_SLUG"),
];

impl Bureau {
    /// The sheet of its systems, with faults or without.
    #[must_use]
    pub fn systems_sheet(&self, with_faults: bool) -> Planted {
        let mut page = Page::new("系统清单");
        page.across(0, (0, TITLES.len() - 1), "信息系统底数清单");
        for (column, title) in TITLES.iter().enumerate() {
            page.put(1, column, &Cell::text(*title));
        }
        let mut owner_from = 0;
        for number in 0..self.systems {
            let mut cells = self.system(number);
            let planted = (0..EACH).find(|fault| with_faults && number == 1 + fault * 3);
            if let Some(planted) = planted {
                let (column, wrong, code) = FAULTS[(self.number * EACH + planted) % FAULTS.len()];
                cells[column] = wrong();
                match code {
                    "DUPLICATE" => {
                        cells[2] = Cell::text(format!("{} ", self.system_name(number - 1)))
                    }
                    "NOT_IN_A_MACHINE_ROOM" => cells[7] = "市政务云".into(),
                    _ => {}
                }
                page.plant(FIRST + number, column, code);
                if column == 1 {
                    self.owner(&mut page, owner_from, number);
                    owner_from = number + 1;
                    page.put(FIRST + number, 1, &cells[1]);
                }
            }
            for (column, cell) in cells.iter().enumerate().filter(|(column, _)| *column != 1) {
                page.put(FIRST + number, column, cell);
            }
        }
        self.owner(&mut page, owner_from, self.systems);
        page.finish()
    }

    /// One cell for all rows of the owner.
    fn owner(&self, page: &mut Page, from: usize, to: usize) {
        if from < to {
            let name = [&self.seed.full_name, &self.seed.short_names[0]][self.number % 2];
            page.over((FIRST + from, to - from), 1, &Cell::text(name));
        }
    }

    /// What people call a system of the bureau.
    #[must_use]
    pub fn system_name(&self, number: usize) -> String {
        let short = &self.seed.short_names[0];
        let subject = one(&SUBJECTS, number);
        format!("{short}{subject}系统{}期", number / SUBJECTS.len() + 1)
    }

    /// The cells of a system, none at fault.
    fn system(&self, number: usize) -> Vec<Cell> {
        let count = self.number * 20 + number;
        let room = if number % 3 == 1 { "五楼机房" } else { "" };
        let hosting = one(&["市政务云", "部门机房", "其它"], number);
        let ends = [
            Cell::text("2026年1月31日"),
            Cell::text("２０２６／１２／３１"),
            Cell::Date(2026, 6, 30),
            Cell::text("2026.5.1"),
            Cell::text(""),
        ];
        let launched = [
            Cell::text("20200501"),
            Cell::Date(2019, 10, 1),
            Cell::text("2018-3-5"),
            Cell::text("２０１７．７．１"),
        ];
        let cost = [
            Cell::Number(12.5),
            Cell::text("１２．５"),
            Cell::text("1,200"),
            Cell::text("3.25万元"),
            Cell::text(""),
        ];
        let purpose = [
            "=SUM(A1:A9) 一类的公式文本",
            "+86 开头",
            "-无-",
            "@各科室",
            "办理\n业务",
        ];
        vec![
            Cell::Number(f64::from(u32::try_from(number + 1).unwrap())),
            Cell::text(""),
            Cell::text(self.system_name(number)),
            one(&purpose, count).into(),
            one(&["自建", "本单位自建", "上级统建"], count).into(),
            one(&["否", "非涉密", "0"], count).into(),
            one(&["公用网络区", "专用网", "互联网", "互联网接入区"], count).into(),
            hosting.into(),
            room.into(),
            "虚构软件公司".into(),
            one(&["虚构运维公司", ""], count).into(),
            ends[count % ends.len()].clone(),
            launched[count % launched.len()].clone(),
            one(&["三级", "2", "第二级", "未定级", ""], count).into(),
            one(&["达梦、MySQL", "人大金仓；Redis", "Oracle"], count).into(),
            cost[count % cost.len()].clone(),
            "".into(),
        ]
    }
}
