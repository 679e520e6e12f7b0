//! What is wrong in a sheet, whoever found it: this client or the gateway.

use api::error::v1::FieldFault;
use sheet::{Cause, Code, Fault, Place};

use crate::Failure;

/// What is wrong with one value, before it is said where.
pub(crate) struct Wrong {
    pub(crate) code: &'static str,
    pub(crate) sentence: String,
}

impl Wrong {
    pub(crate) fn new(code: &'static str, sentence: impl Into<String>) -> Self {
        Self {
            code,
            sentence: sentence.into(),
        }
    }
}

impl From<Wrong> for Failure {
    /// For what was given on the command line and not in a cell.
    fn from(wrong: Wrong) -> Self {
        Self::Message(format!("{}: {}", wrong.code, wrong.sentence))
    }
}

impl From<Cause> for Wrong {
    fn from(cause: Cause) -> Self {
        Self::new(cause.code.as_str(), cause.sentence)
    }
}

/// Something wrong at a place of the sheet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) place: Place,
    pub(crate) code: String,
    /// What was wrong and what to do; Chinese, since it goes back to the department.
    pub(crate) sentence: String,
    /// Where the rule stands; empty for plain form.
    pub(crate) source: String,
}

impl Finding {
    pub(crate) fn new(place: Place, wrong: Wrong) -> Self {
        Self {
            place,
            code: wrong.code.to_owned(),
            sentence: wrong.sentence,
            source: String::new(),
        }
    }

    /// With the source of the rule.
    #[must_use]
    pub(crate) fn by(self, source: &str) -> Self {
        Self {
            source: source.to_owned(),
            ..self
        }
    }

    /// What the gateway found. `other` shows the row that its words refer to, by index.
    pub(crate) fn answered(
        place: Place,
        fault: &FieldFault,
        other: impl Fn(usize) -> Option<Place>,
    ) -> Self {
        let named = index(&fault.message).and_then(|(index, _)| other(index));
        Self {
            place,
            code: fault.code.clone(),
            sentence: chinese(fault, named.as_ref()),
            source: fault.source.clone(),
        }
    }

    /// As the result sheet shows it.
    pub(crate) fn fault(&self) -> Fault {
        let sentence = if self.source.is_empty() {
            self.sentence.clone()
        } else {
            format!("{}（依据：{}）", self.sentence, self.source)
        };
        let cause = Cause {
            code: Code::Rule,
            sentence,
        };
        Fault {
            place: self.place.clone(),
            cause,
        }
    }
}

impl From<&Fault> for Finding {
    fn from(fault: &Fault) -> Self {
        Self::new(fault.place.clone(), fault.cause.clone().into())
    }
}

/// The first index in brackets and what follows it: 3 and `hosting` of `systems[3].hosting`.
pub(crate) fn index(path: &str) -> Option<(usize, &str)> {
    let (_, rest) = path.split_once('[')?;
    let (index, rest) = rest.split_once(']')?;
    let rest = rest.strip_prefix('.').unwrap_or(rest);
    Some((index.parse().ok()?, rest))
}

/// The gateway's finding as a department reads it. Where no words are known the gateway's own stand.
fn chinese(fault: &FieldFault, other: Option<&Place>) -> String {
    let other = other.map(Place::to_string);
    let sentence = match fault.code.as_str() {
        "DUPLICATE" => match other {
            Some(other) => return format!("与 {other} 重复，请合并或改名"),
            None => "与已有内容重复（名称只差标点、空格也算重复）",
        },
        "REQUIRED" => "必填，不能为空",
        "TOO_LONG" => "内容过长",
        "TOO_MANY" => "数量过多",
        "CONTROL_CHARACTER" => "含有不可见的控制字符，请删除后重新填写",
        "OUT_OF_RANGE" => "数值超出范围",
        "CLASSIFIED_REFUSED" => "涉密系统不得登记到本平台，请从表中删除这一行",
        "NOT_YOURS" => "不是本部门的内容，请由责任部门导入",
        "UNKNOWN_DEPARTMENT" => "该部门未登记，请先由平台管理员登记",
        "DEPARTMENT_NOT_BEGUN" => "该部门尚未成立，请填写现在履行职责的部门",
        "DEPARTMENT_ENDED" => "该部门已撤并，请填写接收职责的部门",
        "OTHER_DEPARTMENT" => "该编号属于别的部门",
        "RETIRED" => "该系统已下线，请从表中删除这一行",
        "NAME_TAKEN" => "本部门已有同名系统，请填写它的系统标识或改用别的名称",
        "NOT_IN_A_MACHINE_ROOM" => "部署位置不是机房，机房名称应留空",
        "ENDS_BEFORE_LAUNCH" => "运维合同到期早于上线时间",
        "NOT_A_SLUG" => "标识应为 3 至 40 个小写字母、数字或短横线，以字母开头",
        "NOT_A_KEY" => "信息项标识应为小写字母、数字或下划线，以字母开头，最多 40 个字符",
        "DOES_NOT_FIT" => {
            "共享方式与格式分类不符：在平台上，文件类只能以文件共享，数据库以库表或接口共享"
        }
        "NOT_SHARED" => "不予共享的资源不能向社会开放",
        "NOT_OPEN" => "不向社会开放时，开放条件应留空",
        "OPEN" => "含敏感个人信息的资源不能向社会开放",
        "NAME_OF_SYSTEM" => "资源名称不能就是系统名称，请写数据是什么",
        "UNKNOWN_CODE" => "不在代码表中",
        "INVALID_ID" => {
            "资源代码不合规则：类 1 位（1 至 3）、项 2 位、目 3 位、细目可省，/ 后为顺序码"
        }
        "CHANGED" => "导入期间有人修改过该行对应的登记内容；请重新导入",
        "NOT_A_DRAFT" => "该资源不是草稿，不能用表格修改；请先撤回或以变更方式修改",
        "MORE_THAN_STORED" => "共享量、开放量不能大于存储总量",
        "ITSELF" => "关联资源不能是它自己",
        "UNKNOWN_SYSTEM" => "该系统未登记，请先导入系统清单",
        _ => return fault.message.clone(),
    };
    format!("{sentence}（{}）", fault.message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_taken_apart_at_their_first_index() {
        assert_eq!(index("systems[3].hosting"), Some((3, "hosting")));
        let nested = index("resources[12].items[0].key");
        assert_eq!(nested, Some((12, "items[0].key")));
        assert_eq!(index("items[0].key"), Some((0, "key")));
        for none in ["systems", "systems[x].a", "systems[1"] {
            assert_eq!(index(none), None);
        }
    }

    #[test]
    fn words_of_the_gateway_point_to_the_other_row() {
        let fault = FieldFault {
            field: "systems[3].display_name".to_owned(),
            code: "DUPLICATE".to_owned(),
            message: "systems[1] of the same department has this name too".to_owned(),
            source: "指南".to_owned(),
        };
        let other = |index| Some(Place::row("清单", index + 4));
        let found = Finding::answered(Place::cell("清单", 7, 1), &fault, other);
        assert_eq!(found.sentence, "与 清单!第6行 重复，请合并或改名");
        assert!(found.fault().cause.sentence.ends_with("（依据：指南）"));
    }
}
