//! Explanations over gRPC.

use api::exchange::v1 as pb;
use api::exchange::v1::explain_request::Target as WireTarget;
use broker::{Explain, Explained, Target, Wanted, wire};
use domain::fault::{self, Cause};
use domain::item;
use domain::name::{CertificateTypeName, GrantName, MatterName, ResourceName, SystemName};
use domain::policy::{Fact, Finding, LegalLimit, OtherGrant, Remedy, Standing, Who};
use domain::regime::Limit;
use domain::resource::ShareMode;
use jiff::Timestamp;
use tonic::Status;

use super::incoming::{Fields, wire_count, wire_time};

/// The question.
pub(super) fn parse(message: &pb::ExplainRequest) -> Result<Explain, Status> {
    let mut fields = Fields::default();
    let consumer = fields.optional("consumer", &message.consumer, SystemName::parse);
    let target = target(&mut fields, message.target.as_ref());
    let mode = match message.share_mode() {
        api::catalogue::v1::ShareMode::Unspecified => Some(ShareMode::Api),
        mode => fields.take("share_mode", wire::mode_from(mode)),
    };
    let purpose = message.purpose.clone().unwrap_or_default();
    let matter = fields.optional("purpose.matter", &purpose.matter, MatterName::parse);
    let items = fields.take("items", item::keys(&message.items));
    let compared = fields.take("compared_items", item::keys(&message.compared_items));
    let grant = fields.optional("grant", &message.grant, GrantName::parse);
    let at = fields.take("at_time", moment(message.at_time));
    let wanted = fields.take("issues_use_code", wanted(message));
    let whole = (|| {
        Some(Explain {
            consumer,
            matter,
            operator_named: !purpose.operator.trim().is_empty(),
            authorised: message.authorised,
            items: items?,
            compared: compared?,
            wanted: wanted?,
            grant,
            at: at?,
            ..Explain::of(target?, mode?)
        })
    })();
    fields.finish(whole)
}

fn wanted(message: &pb::ExplainRequest) -> Result<Wanted, Cause> {
    match (message.whole, message.issues_use_code) {
        (false, false) => Ok(Wanted::Items),
        (true, false) => Ok(Wanted::Whole),
        (false, true) => Ok(Wanted::UseCode),
        (true, true) => {
            let text = "a use-code opens no file; ask for one of both";
            Err(Cause::new("NOT_BOTH", text))
        }
    }
}

fn target(fields: &mut Fields, target: Option<&WireTarget>) -> Option<Target> {
    match target {
        Some(WireTarget::Resource(name)) => fields
            .name("resource", name, ResourceName::parse)
            .map(Target::Resource),
        Some(WireTarget::CertificateType(name)) => fields
            .name("certificate_type", name, CertificateTypeName::parse)
            .map(Target::CertificateType),
        Some(WireTarget::Method(method)) => fields
            .take("method", fault::line(method, MOST_METHOD))
            .map(Target::Method),
        None => {
            let text = "name a resource, a certificate type or a method";
            fields.fault("target", &Cause::new("REQUIRED", text));
            None
        }
    }
}

/// Longest method, in characters.
const MOST_METHOD: usize = 2048;

fn moment(wire: Option<prost_types::Timestamp>) -> Result<Option<Timestamp>, Cause> {
    wire.map(|wire| {
        Timestamp::new(wire.seconds, wire.nanos)
            .map_err(|_| Cause::new("OUT_OF_RANGE", "not a moment that can be decided for"))
    })
    .transpose()
}

/// The answer.
pub(super) fn wire(explained: Explained) -> pb::ExplainResponse {
    let why = explained.why;
    let text = |name: Option<String>| name.unwrap_or_default();
    pb::ExplainResponse {
        permitted: why.permitted,
        rule: why.rule().to_owned(),
        message: why.message().to_owned(),
        grant: text(why.grant.as_ref().map(ToString::to_string)),
        items: why.items.iter().map(ToString::to_string).collect(),
        obstacles: why.obstacles().map(wire_obstacle).collect(),
        findings: why.findings.iter().map(wire_finding).collect(),
        other_grants: why.others.into_iter().map(wire_other).collect(),
        further_grant_count: wire_count(why.further_grants),
        warnings: why.warnings,
        consumer: explained.consumer.to_string(),
        resource: text(why.resource.as_ref().map(ToString::to_string)),
        decided_time: Some(wire_time(explained.at)),
        registry_time: Some(wire_time(explained.registry_time)),
    }
}

fn wire_obstacle(finding: &Finding) -> pb::Obstacle {
    let reason = finding.rule.reason();
    pb::Obstacle {
        rule: finding.rule.id().to_owned(),
        reason: reason.as_str().to_owned(),
        message: finding.message.clone(),
        fault: reason.fault().as_str().to_owned(),
        next: reason.next().to_owned(),
        remedies: finding.remedies.iter().map(wire_remedy).collect(),
    }
}

fn wire_finding(finding: &Finding) -> pb::Finding {
    use pb::finding::Standing as Wire;
    let standing = match finding.standing {
        Standing::Holds => Wire::Holds,
        Standing::InTheWay => Wire::InTheWay,
        Standing::NotAsked => Wire::NotAsked,
    };
    let fact = |fact: &Fact| pb::Fact {
        key: fact.key.to_owned(),
        value: fact.value.clone(),
    };
    pb::Finding {
        rule: finding.rule.id().to_owned(),
        standing: standing.into(),
        message: finding.message.clone(),
        facts: finding.facts.iter().map(fact).collect(),
    }
}

fn wire_remedy(remedy: &Remedy) -> pb::Remedy {
    use pb::remedy::Who as Wire;
    let who = match remedy.who {
        Who::Consumer => Wire::Consumer,
        Who::Provider => Wire::Provider,
        Who::Competent => Wire::Competent,
        Who::Operator => Wire::Operator,
        Who::Nobody => Wire::Nobody,
    };
    let department = remedy.department.as_ref().map(ToString::to_string);
    pb::Remedy {
        who: who.into(),
        department: department.unwrap_or_default(),
        what: remedy.what.clone(),
        method: remedy.act.method().to_owned(),
        command: remedy.command.clone(),
        limit: remedy.limit.as_ref().map(wire_limit),
        end_time: remedy.until.map(wire_time),
    }
}

fn wire_limit(limit: &LegalLimit) -> pb::LegalLimit {
    let working_days = match limit.limit {
        Limit::WorkingDays(days) => days,
        Limit::Days(_) | Limit::Years(_) | Limit::Minutes(_) | Limit::Unset(_) => 0,
    };
    pb::LegalLimit {
        rule: limit.rule.id().to_owned(),
        regime: limit.regime.clone(),
        document: limit.document.clone(),
        article: limit.article.clone(),
        term: limit.term(),
        working_days: working_days.into(),
        extension_days: limit.extension_days.into(),
        assumed: limit.assumed,
        start_date: limit.from.to_string(),
        due_date: limit.due.map(|day| day.to_string()).unwrap_or_default(),
        undated: limit.undated.clone(),
    }
}

fn wire_other(other: OtherGrant) -> pb::OtherGrant {
    pb::OtherGrant {
        grant: other.grant.to_string(),
        resource: other.resource.to_string(),
        rule: other.rule.map_or("", |rule| rule.id()).to_owned(),
        message: other.message,
    }
}
