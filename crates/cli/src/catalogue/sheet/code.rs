//! The code of an entry: whole, or in parts that stand in columns of their own. Where both stand they must agree.

use sheet::{Field, Word};

use crate::catalogue::register::Register;
use crate::sheets::finding::Wrong;
use crate::sheets::read::Reader;

/// What a name at fault is replaced by.
const ANY: &str = "resources/301001-";

/// 类, 项 and 目: how many digits each has, and where they stand in the classification.
const PARTS: [(&str, &str, usize); 3] = [
    ("code_class", "类", 1),
    ("code_item", "项", 2),
    ("code_category", "目", 3),
];
const SUBCATEGORY: &str = "code_subcategory";
pub(super) const SEQUENCE: &str = "code_sequence";

/// Classes by their names; which digit is whose is assumed, as [`CatalogueClass`](domain::id::CatalogueClass) has it.
const CLASSES: &[Word<'static, &str>] = &[
    class("1", "基础信息资源", &["1", "基础信息资源类", "基础"]),
    class("2", "主题信息资源", &["2", "主题信息资源类", "主题"]),
    class("3", "部门信息资源", &["3", "部门信息资源类", "部门"]),
];

const fn class(
    digit: &'static str,
    label: &'static str,
    also: &'static [&'static str],
) -> Word<'static, &'static str> {
    Word {
        value: digit,
        label,
        also,
    }
}

/// What a cell says of its part.
#[derive(Debug, PartialEq, Eq)]
enum Part {
    Blank,
    Digits(String),
    /// What the part is called, and not by which digits: the guide's own tables show names.
    Name,
}

/// The resource name: whole where the sheet gives a code, else open at its end for the gateway to number.
pub(super) fn name(reader: &mut Reader<'_>, register: &Register) -> String {
    let code = reader.take("name", |field| Ok(field.code()?));
    let code = code.flatten().map(|code| resource_name(&code));
    let classification = reader.take("classification", |field| Ok(field.code()?));
    let classification = classification.flatten().map(|class| unbroken(&class));
    let sequence = reader.take(SEQUENCE, sequence);
    let parts = Parts::read(reader);
    let (Some(sequence), Some(parts)) = (sequence, parts) else {
        return code.unwrap_or_else(|| ANY.to_owned());
    };
    if let Some(code) = code {
        agree(
            reader,
            &code,
            classification.as_deref(),
            &parts,
            sequence.as_deref(),
        );
        return code;
    }
    if let Some(class) = &classification {
        parts.must_be(reader, class, "信息资源分类");
    }
    let class = classification.or_else(|| {
        let joined = parts.joined(reader)?;
        must_keep_zeros(reader, register, &joined);
        Some(joined)
    });
    let Some(class) = class else {
        return ANY.to_owned();
    };
    match sequence {
        Some(sequence) => numbered(reader, register, &class, &sequence),
        None => format!("resources/{class}-"),
    }
}

/// A catalogue code as the name of a resource.
pub(super) fn resource_name(code: &str) -> String {
    let code = code.strip_prefix("resources/").unwrap_or(code);
    format!("resources/{}", code.replacen('/', "-", 1))
}

/// The column that a fault of the name belongs to.
pub(super) fn column(has: impl Fn(&str) -> bool) -> &'static str {
    let keys = ["name", "classification", "code_class"];
    keys.into_iter()
        .find(|key| has(key))
        .unwrap_or("classification")
}

/// 3-01-001 as 301001.
fn unbroken(class: &str) -> String {
    let is_break = |char: &char| matches!(char, '-' | '/' | '.' | '、');
    class.chars().filter(|char| !is_break(char)).collect()
}

/// Holds everything else that is said against the whole code.
fn agree(
    reader: &mut Reader<'_>,
    code: &str,
    classification: Option<&str>,
    parts: &Parts,
    sequence: Option<&str>,
) {
    let whole = code.strip_prefix("resources/").unwrap_or(code);
    // A code of no such shape is the gateway's to judge.
    let Some((class, last)) = whole.split_once('-') else {
        return;
    };
    if let Some(stated) = classification.filter(|stated| *stated != class) {
        let text = format!("与信息资源代码不一致：代码以 {stated} 之外的分类开头");
        refuse(reader, "classification", "CONTRADICTION", text);
    }
    parts.must_be(reader, class, "信息资源代码");
    if sequence.is_some_and(|sequence| sequence != last) {
        let text = format!("与信息资源代码不一致：代码中的顺序码是 {last}");
        refuse(reader, SEQUENCE, "CONTRADICTION", text);
    }
}

/// A code with a sequence of its own. Its length is free, so zeros that a spreadsheet dropped cannot be put back; what
/// differs by them alone from an entry that there is would become a second one.
fn numbered(reader: &mut Reader<'_>, register: &Register, class: &str, sequence: &str) -> String {
    let name = format!("resources/{class}-{sequence}");
    if let Some(padded) = register.differing_by_zeros(&name) {
        let text = format!(
            "已有 {class}/{padded}；顺序码前面的 0 是代码的一部分，请将单元格设为文本格式后写全"
        );
        refuse(reader, SEQUENCE, "LOST_DIGITS", text);
    }
    name
}

/// Tells of a 细目 that lost zeros in front. Its length is free too: one that differs by them alone from that of an entry
/// that there is lost them, and so did, most likely, a single digit that is a number.
fn must_keep_zeros(reader: &mut Reader<'_>, register: &Register, class: &str) {
    let first = PARTS.iter().map(|(_, _, digits)| digits).sum();
    if register.has_classification(class) {
        return;
    }
    let advice = "细目前面的 0 是代码的一部分，请将单元格设为文本格式后写全";
    if let Some(padded) = register.classification_with_zeros(class, first) {
        let text = format!("已有分类 {padded}；{advice}");
        return refuse(reader, SUBCATEGORY, "LOST_DIGITS", text);
    }
    if class.len() == first + 1 {
        reader.take(SUBCATEGORY, |field| {
            if field.is_number() {
                let text = format!("只有一位数字，且存成了数字；{advice}");
                return Err(Wrong::new("LOST_DIGITS", text));
            }
            Ok(())
        });
    }
}

fn refuse(reader: &mut Reader<'_>, key: &'static str, code: &'static str, text: String) {
    reader.take::<()>(key, |_| Err(Wrong::new(code, text)));
}

/// The columns of parts.
struct Parts {
    first: [Part; 3],
    /// None where the sheet has no such column.
    subcategory: Option<Part>,
}

impl Parts {
    /// None when one of them is at fault.
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let first = PARTS.map(|(key, title, digits)| {
            reader.take(key, |field| Part::of(field, title, Some(digits)))
        });
        let subcategory = reader.take(SUBCATEGORY, |field| Part::of(field, "细目", None));
        let [class, item, category] = first;
        Some(Self {
            first: [class?, item?, category?],
            subcategory: Some(subcategory?).filter(|_| reader.has(SUBCATEGORY)),
        })
    }

    fn is_blank(&self) -> bool {
        let mut all = self.first.iter().chain(&self.subcategory);
        all.all(|part| *part == Part::Blank)
    }

    /// All digits in one; none, with what is missing told, where one part has none.
    fn joined(&self, reader: &mut Reader<'_>) -> Option<String> {
        if self.is_blank() {
            let text = "必填：新资源填写分类代码（类、项、目），已有资源填写信息资源代码";
            let has_parts = reader.has("code_class") && !reader.has("classification");
            let key = if has_parts {
                "code_class"
            } else {
                "classification"
            };
            refuse(reader, key, "REQUIRED", text.to_owned());
            return None;
        }
        let first = PARTS.iter().zip(&self.first);
        let first = first.map(|((key, title, _), part)| (*key, *title, part));
        let last = self
            .subcategory
            .iter()
            .map(|part| (SUBCATEGORY, "细目", part));
        let mut joined = Some(String::new());
        for (key, title, part) in first.chain(last) {
            let missing = match part {
                Part::Digits(digits) => {
                    if let Some(joined) = &mut joined {
                        joined.push_str(digits);
                    }
                    continue;
                }
                Part::Blank if key == SUBCATEGORY => continue,
                Part::Blank => format!(
                    "必填：类、项、目须一起填写，这里缺“{title}”；.csv 没有合并单元格，须逐行填写"
                ),
                Part::Name => {
                    format!("“{title}”只有名称，没有代码；请在名称前写上代码，或另填信息资源代码")
                }
            };
            refuse(reader, key, "REQUIRED", missing);
            joined = None;
        }
        joined
    }

    /// Tells of each part that is not the one of a classification. Names say nothing of it.
    fn must_be(&self, reader: &mut Reader<'_>, class: &str, whole: &str) {
        let mut all = self.first.iter().chain(&self.subcategory);
        if !all.any(|part| matches!(part, Part::Digits(_))) {
            return;
        }
        let mut at = 0;
        for ((key, _, digits), part) in PARTS.iter().zip(&self.first) {
            let own = class.get(at..at + digits).unwrap_or_default();
            at += digits;
            part.must_be(reader, key, own, whole);
        }
        if let Some(part) = &self.subcategory {
            part.must_be(
                reader,
                SUBCATEGORY,
                class.get(at..).unwrap_or_default(),
                whole,
            );
        }
    }
}

impl Part {
    /// Reads a cell: digits, a name, or digits and a name behind them (`01 国家人口`, `012 12345热线`). Zeros in front that are missing
    /// are put back where the part has a fixed number of digits.
    fn of(field: &Field<'_>, title: &str, digits: Option<usize>) -> Result<Self, Wrong> {
        let Some(text) = field.half_width()? else {
            return Ok(Self::Blank);
        };
        let end = text.find(|char: char| !char.is_ascii_digit());
        let (number, called) = text.split_at(end.unwrap_or(text.len()));
        let wrong = |text: String| Err(Wrong::new("NOT_A_CODE", text));
        if goes_on(called) {
            return wrong(format!(
                "“{text}”不是{title}的代码；应为数字，名称可写在其后"
            ));
        }
        let Some(digits) = digits else {
            let is_none = ["无", "/", "-", "—", "——"].contains(&text.as_str());
            return Ok(match number {
                _ if is_none => Self::Blank,
                "" => Self::Name,
                number => Self::Digits(number.to_owned()),
            });
        };
        if title == "类" {
            return match sheet::choose(if number.is_empty() { called } else { number }, CLASSES) {
                Ok(digit) => Ok(Self::Digits(digit.to_owned())),
                Err(_) if number.is_empty() => Ok(Self::Name),
                Err(_) => wrong(format!("“{text}”不是类的代码；应为 1、2 或 3")),
            };
        }
        match number.len() {
            0 => Ok(Self::Name),
            length if length > digits => {
                wrong(format!("“{text}”不是{title}的代码；应为 {digits} 位数字"))
            }
            _ => Ok(Self::Digits(format!("{number:0>digits$}"))),
        }
    }

    fn must_be(&self, reader: &mut Reader<'_>, key: &'static str, own: &str, whole: &str) {
        let agrees = match self {
            Self::Digits(digits) => digits == own,
            // 细目 may be absent; the others are left blank where the whole says it all.
            Self::Blank => key != SUBCATEGORY || own.is_empty(),
            Self::Name => true,
        };
        if !agrees {
            let own = if own.is_empty() { "空" } else { own };
            let text = format!("与{whole}不一致：其中这一段是 {own}");
            refuse(reader, key, "CONTRADICTION", text);
        }
    }
}

/// Whether what stands behind the digits of a part is more of a code and no name: `-14`, `.2`, or a second number alone.
fn goes_on(called: &str) -> bool {
    let called = called.trim();
    let digit = |char: char| char.is_ascii_digit();
    let rest = called.strip_prefix(['-', '—', '_', '/', '.', '、', ',', '，']);
    let is_number = !called.is_empty() && called.chars().all(digit);
    is_number || rest.is_some_and(|rest| rest.trim_start().starts_with(digit))
}

/// The sequence: digits as they stand.
fn sequence(field: &Field<'_>) -> Result<Option<String>, Wrong> {
    let Some(code) = field.code()? else {
        return Ok(None);
    };
    if code.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(Some(code));
    }
    let text = format!("“{code}”不是顺序码；应只有数字，分类代码写在类、项、目或信息资源分类中");
    Err(Wrong::new("NOT_A_CODE", text))
}
