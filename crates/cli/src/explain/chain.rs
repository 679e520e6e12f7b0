//! The chain of rules, for people.

use std::io::Write;

use api::exchange::v1::finding::Standing;
use api::exchange::v1::{ExplainResponse, Fact, Finding, LegalLimit, Obstacle, Remedy};

use crate::Failure;
use crate::lookup::moment;
use crate::output::{Output, Table, word};

/// Prints what was decided, what each rule saw, and who removes what.
pub(super) fn print<W: Write>(
    answer: &ExplainResponse,
    output: &mut Output<W>,
) -> Result<(), Failure> {
    output.fields(&head(answer))?;
    output.text("\n")?;
    let mut table = Table::new(["", "RULE", "SAW"]);
    for finding in &answer.findings {
        let mark = mark(finding.standing()).to_owned();
        table.push([mark, finding.rule.clone(), saw(finding)]);
    }
    output.table(&table)?;
    for (number, obstacle) in (1..).zip(&answer.obstacles) {
        output.text(&format!("\n{}", removal(number, obstacle)))?;
    }
    Ok(())
}

fn head(answer: &ExplainResponse) -> Vec<(&'static str, String)> {
    let decision = if answer.permitted {
        format!("permit: {}", answer.message)
    } else {
        format!("refusal: {}", answer.message)
    };
    let mut fields = vec![
        ("decision", decision),
        ("rule", answer.rule.clone()),
        ("consumer", answer.consumer.clone()),
    ];
    let items = answer.items.join(", ");
    for (name, value) in [
        ("resource", &answer.resource),
        ("grant", &answer.grant),
        ("items", &items),
    ] {
        if !value.is_empty() {
            fields.push((name, value.clone()));
        }
    }
    let [at, registry] = [&answer.decided_time, &answer.registry_time]
        .map(|time| moment(time.as_ref()).unwrap_or_default());
    fields.push(("moment", at.clone()));
    if registry != at {
        fields.push(("registry", format!("as of {registry}")));
    }
    for other in &answer.other_grants {
        let rule = if other.rule.is_empty() {
            String::new()
        } else {
            format!("{}: ", other.rule)
        };
        let (grant, resource, message) = (&other.grant, &other.resource, &other.message);
        let told = format!("{grant} on {resource}: {rule}{message}");
        fields.push(("other grant", told));
    }
    if answer.further_grant_count > 0 {
        let told = format!("{} more", answer.further_grant_count);
        fields.push(("other grant", told));
    }
    for warning in &answer.warnings {
        fields.push(("warning", warning.clone()));
    }
    fields
}

fn mark(standing: Standing) -> &'static str {
    match standing {
        Standing::Holds => "✓",
        Standing::InTheWay => "✗",
        Standing::NotAsked => "·",
        Standing::Unspecified => "?",
    }
}

/// What a rule that holds says is known by its name; what it looked at is not.
fn saw(finding: &Finding) -> String {
    let fact = |fact: &Fact| format!("{}: {}", fact.key, fact.value);
    let facts: Vec<String> = finding.facts.iter().map(fact).collect();
    let facts = facts.join("; ");
    match (finding.standing(), facts.as_str()) {
        (_, "") => finding.message.clone(),
        (Standing::Holds, _) => facts,
        (Standing::InTheWay | Standing::NotAsked | Standing::Unspecified, _) => {
            format!("{} ({facts})", finding.message)
        }
    }
}

fn removal(number: usize, obstacle: &Obstacle) -> String {
    let (rule, reason, fault) = (&obstacle.rule, &obstacle.reason, &obstacle.fault);
    let message = &obstacle.message;
    let mut lines = vec![format!(
        "{number}. {rule} ({reason}, fault of the {fault}): {message}"
    )];
    lines.extend(obstacle.remedies.iter().map(step));
    lines.join("\n")
}

fn step(remedy: &Remedy) -> String {
    let mut who = word(remedy.who().as_str_name(), "WHO_");
    if !remedy.department.is_empty() {
        who = format!("{who} {}", remedy.department);
    }
    let mut parts = vec![format!("   - {who}: {}", remedy.what)];
    let end = moment(remedy.end_time.as_ref());
    parts.extend(end.map(|end| format!("until {end}")));
    parts.extend(remedy.limit.as_ref().map(limit_told));
    let mut lines = vec![parts.join("; ")];
    // A command does what its method does.
    let by = if remedy.command.is_empty() {
        &remedy.method
    } else {
        &remedy.command
    };
    if !by.is_empty() {
        lines.push(format!("     {by}"));
    }
    lines.join("\n")
}

fn limit_told(limit: &LegalLimit) -> String {
    let longer = match limit.extension_days {
        0 => String::new(),
        days => format!(" (and {days} more if granted)"),
    };
    let when = match (limit.term.as_str(), limit.due_date.as_str()) {
        ("", _) => format!("no time is set: {}", limit.undated),
        (term, "") => format!(
            "{term}{longer} from {}: {}",
            limit.start_date, limit.undated
        ),
        (term, due) => format!("{term}{longer}, by {due}"),
    };
    let assumed = if limit.assumed { ", assumed" } else { "" };
    let (regime, rule) = (&limit.regime, &limit.rule);
    let (document, article) = (&limit.document, &limit.article);
    format!("{when} [{regime} {rule}, {document} art. {article}{assumed}]")
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;
    use domain::policy::Act;

    use super::*;

    #[test]
    fn every_command_that_a_remedy_names_is_there() {
        for act in Act::ALL {
            let mut command = crate::Cli::command();
            let words = act.command().split(' ');
            let is_word = |c: char| c.is_ascii_lowercase() || c == '-';
            let named =
                words.take_while(|word| !word.starts_with('-') && word.chars().all(is_word));
            for word in named.filter(|word| !word.is_empty()) {
                let found = command.find_subcommand(word);
                command = found.unwrap_or_else(|| panic!("{act:?}: {word}")).clone();
            }
            let options = act
                .command()
                .split(' ')
                .filter_map(|word| word.strip_prefix("--"));
            for option in options {
                let mut there = command.get_arguments();
                assert!(
                    there.any(|one| one.get_long() == Some(option)),
                    "{act:?}: {option}"
                );
            }
        }
    }

    #[test]
    fn a_limit_is_told_with_its_day_its_source_and_whether_it_is_assumed() {
        let limit = LegalLimit {
            rule: "APP-CON".to_owned(),
            regime: "CN-2016-51".to_owned(),
            document: "国发〔2016〕51号".to_owned(),
            article: "12".to_owned(),
            term: "10 working days".to_owned(),
            working_days: 10,
            assumed: true,
            start_date: "2022-06-01".to_owned(),
            due_date: "2022-06-16".to_owned(),
            ..LegalLimit::default()
        };
        let source = "[CN-2016-51 APP-CON, 国发〔2016〕51号 art. 12, assumed]";
        let told = format!("10 working days, by 2022-06-16 {source}");
        assert_eq!(limit_told(&limit), told);
        let undated = LegalLimit {
            due_date: String::new(),
            undated: "the notice for 2027 is missing".to_owned(),
            ..limit.clone()
        };
        let told = limit_told(&undated);
        assert!(
            told.starts_with("10 working days from 2022-06-01: the notice"),
            "{told}"
        );
        let unset = LegalLimit {
            term: String::new(),
            ..undated
        };
        assert!(limit_told(&unset).starts_with("no time is set: the notice"));
    }
}
