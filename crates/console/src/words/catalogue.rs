//! The words of the catalogue and of the three lists.

use domain::demand::{DemandKind, DemandState};
use domain::quality::{Grade, PartKind};
use domain::resource::{ResourceState, ShareMode, ShareType};
use domain::watch::{SeenIn, Sign};
use domain::work_item::WorkItemKind;

/// How a resource is shared, from the word by which it is narrowed.
pub(crate) fn share_word(word: &str) -> &'static str {
    match word {
        "unconditional" => "无条件共享",
        "conditional" => "有条件共享",
        "not_shared" => "不予共享",
        _ => "",
    }
}

/// The word by which a share type is narrowed.
pub(crate) fn share_code(share_type: &ShareType) -> &'static str {
    match share_type {
        ShareType::Unconditional => "unconditional",
        ShareType::Conditional { .. } => "conditional",
        ShareType::NotShared { .. } => "not_shared",
    }
}

/// The stage of an entry, from its word.
pub(crate) fn state_word(word: &str) -> &'static str {
    match word {
        "draft" => "草稿",
        "registered" => "已登记待发布",
        "published" => "已发布",
        "suspended" => "已暂停",
        "retired" => "已退出目录",
        _ => "",
    }
}

/// How a stage looks: the class of its tag.
pub(crate) fn state_tag(state: &ResourceState) -> &'static str {
    match state {
        ResourceState::Published { .. } => "good",
        ResourceState::Suspended { .. } | ResourceState::Retired { .. } => "bad",
        ResourceState::Draft | ResourceState::Registered { .. } => "",
    }
}

/// By which way data leaves.
pub(crate) fn mode(mode: ShareMode) -> &'static str {
    match mode {
        ShareMode::Api => "接口",
        ShareMode::Table => "库表",
        ShareMode::File => "文件",
        ShareMode::Mail => "邮件",
        ShareMode::Medium => "介质",
    }
}

/// A format class of the national guide, from its digit.
pub(crate) fn format_class(digit: &str) -> &'static str {
    match digit {
        "1" => "电子文件",
        "2" => "电子表格",
        "3" => "数据库",
        "4" => "图形图像",
        "5" => "流媒体",
        "6" => "自描述格式",
        "7" => "服务接口",
        _ => "",
    }
}

/// An update cycle, from its digit; the last is a local addition to the guide's.
pub(crate) fn cycle(digit: &str) -> &'static str {
    match digit {
        "1" => "实时",
        "2" => "每日",
        "3" => "每周",
        "4" => "每月",
        "5" => "每季度",
        "6" => "每年",
        "9" => "不定期",
        _ => "",
    }
}

/// A level of data.
pub(crate) fn level(word: &str) -> &'static str {
    match word {
        "general" => "一般数据",
        "important" => "重要数据",
        _ => "",
    }
}

/// A data type, from its letter.
pub(crate) fn data_type(letter: &str) -> &'static str {
    match letter {
        "C" => "字符型",
        "N" => "数值型",
        "Y" => "货币型",
        "D" => "日期型",
        "T" => "日期时间型",
        "L" => "逻辑型",
        "M" => "备注型",
        "G" => "通用型",
        "B" => "双精度型",
        "I" => "整型",
        "F" => "浮点型",
        _ => "",
    }
}

/// What a work item asks for.
pub(crate) fn work_item(kind: WorkItemKind) -> &'static str {
    match kind {
        WorkItemKind::ReviewEntry => "审核目录条目：发布，或写明理由退回",
        WorkItemKind::CorrectEntry => "修改被退回的目录条目，再次登记",
        WorkItemKind::UpdateEntry => "法律或职责变更：编制新版本并登记",
        WorkItemKind::AcknowledgeChange => "查看影响使用的变更，做好准备并知悉",
        WorkItemKind::EntryRetires => "在用的条目将退出目录：期限前做好准备",
        WorkItemKind::EntrySuspended => "在用的条目已暂停：等待恢复或询问其部门",
        WorkItemKind::ApproveNothingToShare => "核准该系统无可共享数据，或说明理由予以撤回",
        WorkItemKind::RecordEnd => "部门已过最后一天：请运维登记并入何部门、撤销，或改期",
        WorkItemKind::EntryDrifts => "实际提供与登记不一致：恢复一致，或发布与所提供一致的新版本",
        WorkItemKind::AssignDemand => "为需求指定答复部门",
        WorkItemKind::AnswerDemand => "答复需求：提供条目，或依法不予共享",
        WorkItemKind::AnswerApplication => {
            "答复共享申请：双人同意、缩小范围答复、一次性告知补正，或依法说明理由拒绝"
        }
        WorkItemKind::SupplyMaterial => "补正共享申请材料",
        WorkItemKind::AnswerOffer => "答复提供方给出的较小范围：接受或者不接受",
        WorkItemKind::ConsentExtension => "在期限届满前对延长答复期限表示同意或者不同意",
        WorkItemKind::RectifyUse => "改正违规使用行为，并报告整改情况",
        WorkItemKind::JudgeRectification => {
            "核查整改报告：恢复授权（须另一人），或者退回并另定期限"
        }
        WorkItemKind::StateDisposal => "按提供方要求处置数据，并说明处置情况",
        WorkItemKind::CheckRecord => "受理校核申请，核实有疑义的数据，改正或者说明后办结",
        WorkItemKind::ProvideGrant => "按约定提供数据：登记可用的接入点，或者投递文件",
        WorkItemKind::NegotiateDispute => {
            "协商争议：提出或者答复和解方案；协商不成的，提请主管部门协调"
        }
        WorkItemKind::DecideDispute => "登记争议的协调意见或者人民政府的决定及其文号",
        WorkItemKind::AnswerComplaint => "答复个人投诉，或者转交有关部门",
        WorkItemKind::TellComplainant => "将投诉答复告知本人，并登记已告知",
        WorkItemKind::TakeDisputeFurther => "对协调意见有异议的，在期限内提请人民政府决定",
    }
}

/// A grade of quality, with the class of its tag.
pub(crate) fn grade(grade: Grade) -> (&'static str, &'static str) {
    match grade {
        Grade::Poor => ("差", "bad"),
        Grade::Fair => ("中", ""),
        Grade::Good => ("良", "good"),
    }
}

/// A part of the score, and what it rests on.
pub(crate) fn part(kind: PartKind) -> (&'static str, &'static str) {
    match kind {
        PartKind::Metadata => (
            "元数据",
            "编目指南要求的各项是否写明，由网关逐项核对目录条目",
        ),
        PartKind::Answering => ("在线", "网关最近一次探测接入点所见"),
        PartKind::Matching => (
            "一致",
            "以本条目现在的内容通过符合性测试，且此后实际调用、探测没有见到不同",
        ),
        PartKind::Updated => (
            "更新",
            "最近一次更新的迹象（上传文件、部门报告；此前为首次发布），与更新周期允许的天数相比",
        ),
    }
}

/// What a part lacks, in Chinese; empty for a sentence that this version does not know.
pub(crate) fn lack(sentence: &str) -> &'static str {
    match sentence {
        "state the unit within the department that answers for it" => "写明内部责任单位",
        "state the type within the format class" => "写明格式类型",
        "state the class of the data" => "写明数据分类",
        "state the grade of the data" => "写明数据分级",
        "state what it may be used for" => "写明使用用途",
        "state the document of its review for secrets" => "写明保密审查文件",
        "state the document of the assessment of its impact on personal information" => {
            "写明个人信息保护影响评估文件"
        }
        "state the document by which the head of its department approved it" => {
            "写明部门负责人审签文件"
        }
        "state how much data there is" => "写明数据量",
        "state the length of each item of text" => "写明每个字符型信息项的长度",
        "register an endpoint that serves it" => "登记能提供它的接入点",
        "let the endpoint be probed" => "等待网关探测接入点",
        "let the endpoint pass the conformance kit with it" => "让接入点带着它通过符合性测试",
        "its department is told what to do" => "已告知其部门如何处理",
        _ => beginning(sentence),
    }
}

fn beginning(sentence: &str) -> &'static str {
    let known = [
        ("put the endpoint in order", "修复接入点"),
        (
            "serve what is registered",
            "按目录提供，或发布与所提供一致的新版本",
        ),
        ("bring it up to date", "更新数据并报告"),
    ];
    let found = known.iter().find(|(start, _)| sentence.starts_with(start));
    found.map_or("", |(_, words)| words)
}

/// What says that data was brought up to date.
pub(crate) fn sign(sign: Sign) -> &'static str {
    match sign {
        Sign::File => "上传文件",
        Sign::Report => "部门报告",
    }
}

/// Where a drift was seen.
pub(crate) fn seen_in(place: SeenIn) -> &'static str {
    match place {
        SeenIn::Traffic => "实际调用",
        SeenIn::Probe => "探测",
        SeenIn::Conformance => "符合性测试",
        SeenIn::File => "投递的文件",
    }
}

/// A list of demands.
pub(crate) fn demand_kind(kind: DemandKind) -> &'static str {
    match kind {
        DemandKind::Need => "需求",
        DemandKind::Responsibility => "责任",
    }
}

/// The stage of a demand, with the class of its tag.
pub(crate) fn demand_state(state: &DemandState) -> (&'static str, &'static str) {
    match state {
        DemandState::Raised { .. } => ("待指定答复部门", ""),
        DemandState::Assigned { .. } => ("待答复", ""),
        DemandState::Met { .. } => ("已满足", "good"),
        DemandState::Declined { .. } => ("依法不予共享", "bad"),
        DemandState::Withdrawn { .. } => ("已撤回", "faint"),
    }
}
