//! Synthetic catalogue entries of 120 characters, the same in every run.
//!
//! Words are drawn as words are used: the n-th by 1/(n + 8), and none twice in a row. A third of the characters are drawn alone, since names of
//! places and things are in no list.

use search::Document;

/// Words that stand in catalogues of departments.
const WORDS: &str = "信息 登记 数据 管理 服务 企业 人口 证书 编号 名称 日期 状态 单位 机关 地址 类型 许可 审批 缴费 记录 \
    社会保险 医疗 教育 婚姻 不动产 营业执照 身份 号码 姓名 性别 民族 户籍 法人 信用 代码 监管 检查 处罚 结果 公示 \
    环境 水利 交通 车辆 驾驶 道路 运输 农业 土地 规划 建设 工程 施工 竣工 验收 消防 安全 生产 应急 气象 地震 税务 \
    发票 财政 预算 支出 收入 统计 年度 月份 就业 失业 培训 职业 资格 公积金 贷款 住房 租赁 物业 残疾 救助 低保 养老 \
    殡葬 收养 出生 死亡 医学 疫苗 传染病 药品 食品 餐饮 卫生 文化 旅游 体育 档案 图书 司法 公证 律师 仲裁 调解 法院";

/// Words of the rarer kind are made of two characters of this block of Unicode, from here on.
const BLOCK: (u32, u32) = (0x4E00, 3500);

/// Characters of the title, of all five items, and of the whole.
const TITLE: usize = 12;
const ITEM: usize = 5;
const WHOLE: usize = 120;
/// Characters of the full and the short name of a department; they come beside the whole.
const NAMES: [usize; 2] = [14, 4];

/// A number of entries, each made when it is wanted.
#[derive(Clone, Debug)]
pub struct Entries {
    count: u32,
    words: Vec<&'static str>,
    /// How often a word comes: the sum of 1/(n + 8) up to each.
    sums: Vec<f64>,
}

impl Entries {
    /// So many.
    #[must_use]
    pub fn new(count: u32) -> Self {
        let words: Vec<&str> = WORDS.split_whitespace().collect();
        let mut so_far = 0.0;
        let sums = (1..=words.len())
            .map(|rank| {
                so_far += 1.0 / f64::from(u32::try_from(rank + 8).unwrap_or(u32::MAX));
                so_far
            })
            .collect();
        Self { count, words, sums }
    }

    /// All of them.
    pub fn documents(&self) -> impl Iterator<Item = Document> {
        (0..self.count).map(|number| self.document(number))
    }

    /// Pieces of so many characters of entries here and there.
    #[must_use]
    pub fn pieces(&self, length: usize, count: u32) -> Vec<String> {
        let mut draw = Draw(u64::from(count) << 8 | length as u64);
        let piece = |_| {
            let document = self.document(draw.below(self.count));
            let text = match draw.below(2) {
                0 => &document.title,
                _ => document.rest.first().unwrap_or(&document.title),
            };
            let characters: Vec<char> = text.chars().collect();
            let last = characters.len().saturating_sub(length);
            let at = draw.below(u32::try_from(last + 1).unwrap_or(1)) as usize;
            characters.into_iter().skip(at).take(length).collect()
        };
        (0..count).map(piece).collect()
    }

    /// The initials of so many characters of titles, items and names of departments, one after the other.
    #[must_use]
    pub fn initials(&self, length: usize, count: u32) -> Vec<String> {
        let mut draw = Draw(u64::from(count) << 16 | length as u64);
        let letters = |number: u32| {
            let document = self.document(draw.below(self.count));
            let text = match number % 3 {
                0 => Some(&document.title),
                1 => document.parts.first(),
                _ => document.names.first(),
            };
            let characters: Vec<char> = text.unwrap_or(&document.title).chars().collect();
            let last = characters.len().saturating_sub(length);
            let at = draw.below(u32::try_from(last + 1).unwrap_or(1)) as usize;
            let piece: String = characters.into_iter().skip(at).take(length).collect();
            search::initials(&piece)
        };
        (0..count).map(letters).collect()
    }

    /// The most frequent words, over and over.
    #[must_use]
    pub fn frequent_words(&self, count: u32) -> Vec<String> {
        let frequent = self.words.iter().take(20).cycle();
        frequent
            .take(count as usize)
            .map(ToString::to_string)
            .collect()
    }

    fn document(&self, number: u32) -> Document {
        let mut draw = Draw(u64::from(number).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let parts: Vec<String> = (0..5).map(|_| self.text(&mut draw, ITEM)).collect();
        let department = draw.below(23);
        Document {
            key: format!("{:06}-{:06}", 300_000 + department * 7, number),
            title: self.text(&mut draw, TITLE),
            parts,
            rest: vec![self.text(&mut draw, WHOLE - TITLE - 5 * ITEM)],
            names: self.names(department),
            facets: vec![
                ("department", format!("department {department}")),
                ("share_type", share_type(draw.below(3)).to_owned()),
                (
                    "state",
                    if draw.below(20) == 0 {
                        "draft"
                    } else {
                        "published"
                    }
                    .to_owned(),
                ),
            ],
        }
    }

    /// Under which names a department is known.
    fn names(&self, department: u32) -> Vec<String> {
        let mut draw = Draw(u64::MAX - u64::from(department));
        NAMES.map(|length| self.text(&mut draw, length)).into()
    }

    fn text(&self, draw: &mut Draw, characters: usize) -> String {
        let mut text = String::new();
        let (mut length, mut before) = (0, "");
        while length < characters {
            if draw.below(3) == 0 {
                let (first, many) = BLOCK;
                text.extend(char::from_u32(first + draw.below(many)));
                length += 1;
            } else {
                let word = self.word(draw);
                if word == before {
                    continue;
                }
                before = word;
                length += word.chars().count();
                text.push_str(word);
            }
        }
        text.chars().take(characters).collect()
    }

    fn word(&self, draw: &mut Draw) -> &'static str {
        let all = self.sums.last().copied().unwrap_or_default();
        let wanted = f64::from(draw.below(u32::MAX)) / f64::from(u32::MAX) * all;
        let place = self.sums.partition_point(|sum| *sum < wanted);
        self.words.get(place).copied().unwrap_or("信息")
    }
}

fn share_type(number: u32) -> &'static str {
    match number {
        0 => "unconditional",
        1 => "conditional",
        _ => "not_shared",
    }
}

/// Numbers without order, the same in every run (`SplitMix64`).
struct Draw(u64);

impl Draw {
    fn below(&mut self, many: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^= mixed >> 31;
        let high = (mixed >> 32).wrapping_mul(u64::from(many)) >> 32;
        u32::try_from(high).unwrap_or_default()
    }
}
