//! What an event is called, and what to do next.

/// Title and next step, by the whole name or its beginning; the first that fits.
const SENTENCES: [(&str, &str, &str); 78] = [
    (
        "sharing.application.submitted",
        "an application was submitted",
        "The provider answers it by its due day.",
    ),
    (
        "sharing.application.approved",
        "an application was approved",
        "The consumer may use the grant from its first day on.",
    ),
    (
        "sharing.application.refused",
        "an application was refused",
        "The applicant reads the reason in the application and may apply again.",
    ),
    (
        "sharing.application.signed_off",
        "an application was signed off",
        "The applicant submits it.",
    ),
    (
        "sharing.application.material_requested",
        "an applicant is asked for material",
        "The applicant supplies it by its own due day; the provider's clock stands still.",
    ),
    (
        "sharing.application.material_supplied",
        "material was supplied",
        "The provider's clock runs on; it answers by its due day.",
    ),
    (
        "sharing.application.extension_requested",
        "a longer time is asked for",
        "The competent department consents or declines, and the provider tells the applicant, before the last day is over.",
    ),
    (
        "sharing.application.offered",
        "an applicant is offered less",
        "The applicant accepts the offer or declines it.",
    ),
    (
        "sharing.application.approval_proposed",
        "an approval is proposed",
        "A second person of the provider approves.",
    ),
    (
        "sharing.application.offer_proposed",
        "an offer of less is proposed",
        "A second person of the provider approves.",
    ),
    (
        "sharing.application.",
        "an application changed",
        "Read the application.",
    ),
    (
        "sharing.grant.created",
        "a grant was made",
        "The consumer may use it from its first day on.",
    ),
    (
        "sharing.grant.suspended",
        "a grant was suspended",
        "The consumer stops its calls until the grant is resumed.",
    ),
    (
        "sharing.grant.resumed",
        "a grant was resumed",
        "The consumer may call again.",
    ),
    (
        "sharing.grant.revoked",
        "a grant was revoked",
        "The consumer stops its calls and applies anew if it still needs the data.",
    ),
    (
        "sharing.grant.provided",
        "what was agreed on can be used",
        "The consumer may call.",
    ),
    (
        "sharing.grant.narrowed",
        "a grant was narrowed",
        "The consumer keeps its calls to what is left.",
    ),
    (
        "sharing.grant.amended",
        "a grant was agreed on anew",
        "The consumer may call by the new terms.",
    ),
    (
        "sharing.grant.expired",
        "a grant came to its end",
        "The consumer stops its calls and applies anew if it still needs the data.",
    ),
    (
        "sharing.grant.rectification_ordered",
        "a misuse is to be put right",
        "The consumer stops its calls, puts it right by the due day and reports how.",
    ),
    (
        "sharing.grant.rectification_reported",
        "a misuse was put right, as its consumer reports",
        "The provider lets the grant go on, or says what is still wrong.",
    ),
    (
        "sharing.grant.rectification_rejected",
        "what was put right does not do",
        "The consumer puts right what is said to be wrong by the new due day.",
    ),
    (
        "sharing.grant.disposal_stated",
        "what became of the data was stated",
        "The provider looks whether that is what it demanded.",
    ),
    ("sharing.grant.", "a grant changed", "Read the grant."),
    (
        "sharing.use_record.created",
        "a record of use was made",
        "Both sides may read it, and the competent department may inspect it.",
    ),
    (
        "sharing.dispute.raised",
        "a dispute was raised",
        "The other party answers; both negotiate until the due day.",
    ),
    (
        "sharing.dispute.settlement_proposed",
        "a settlement of a dispute was proposed",
        "The other party accepts or declines it.",
    ),
    (
        "sharing.dispute.settlement_declined",
        "a settlement of a dispute was declined",
        "Propose another one, or take the dispute to the competent department.",
    ),
    (
        "sharing.dispute.given_up",
        "a party says that negotiation failed",
        "The other party says so too, or proposes a settlement.",
    ),
    (
        "sharing.dispute.settled",
        "a dispute was settled",
        "Both parties do what they agreed on.",
    ),
    (
        "sharing.dispute.escalated",
        "a dispute was taken to the next level",
        "The competent department records the decision by the due day.",
    ),
    (
        "sharing.dispute.decided",
        "a dispute was decided",
        "Read the decision; that of the competent department may be taken further until the due day.",
    ),
    (
        "sharing.dispute.stands",
        "the decision of a dispute stands",
        "Both parties do what was decided.",
    ),
    ("sharing.dispute.", "a dispute changed", "Read the dispute."),
    (
        "sharing.complaint.entered",
        "a complaint of a person was entered",
        "The department with which it lies answers it by the due day.",
    ),
    (
        "sharing.complaint.forwarded",
        "a complaint of a person was passed on",
        "The department with which it lies now answers it by the due day.",
    ),
    (
        "sharing.complaint.assigned",
        "a complaint of a person was assigned",
        "The department with which it lies now answers it by the due day.",
    ),
    (
        "sharing.complaint.answered",
        "a complaint of a person was answered",
        "Who entered it tells the person.",
    ),
    (
        "sharing.complaint.",
        "a complaint of a person came to its end",
        "Nothing has to be done.",
    ),
    (
        "sharing.correction.raised",
        "a record is disputed",
        "The provider takes it up, verifies the record and feeds back by its due day.",
    ),
    (
        "sharing.correction.accepted",
        "a correction was taken up",
        "The provider verifies the record and feeds back by its due day.",
    ),
    (
        "sharing.correction.closed",
        "a disputed record was verified",
        "Whoever raised the correction reads the answer and looks the record up again.",
    ),
    (
        "sharing.correction.withdrawn",
        "a correction was taken back",
        "Nothing has to be done.",
    ),
    (
        "sharing.correction.",
        "a correction changed",
        "Read the correction.",
    ),
    (
        "sharing.subscription.failing",
        "a subscription gave up",
        "Bring the receiver back and resume the subscription.",
    ),
    (
        "sharing.subscription.paused",
        "a subscription was paused by its receiver",
        "Resume it when the receiver takes events again.",
    ),
    (
        "sharing.subscription.",
        "a subscription changed",
        "Nothing has to be done.",
    ),
    (
        "catalogue.resource.published",
        "an entry of the catalogue was published",
        "Holders of grants compare the new version with what they use.",
    ),
    (
        "catalogue.resource.suspended",
        "an entry of the catalogue was suspended",
        "Holders of grants stop their calls until it is resumed.",
    ),
    (
        "catalogue.resource.resumed",
        "an entry of the catalogue was resumed",
        "Holders of grants may call again.",
    ),
    (
        "catalogue.resource.recalled",
        "an entry of the catalogue was recalled",
        "Holders of grants stop their calls.",
    ),
    (
        "catalogue.resource.retirement_announced",
        "an entry of the catalogue will be retired",
        "Holders of grants find another source before its last day.",
    ),
    (
        "catalogue.resource.retired",
        "an entry of the catalogue was retired",
        "Holders of grants stop their calls.",
    ),
    (
        "catalogue.resource.registered",
        "an entry of the catalogue was signed off",
        "The competent department reviews it; holders of grants acknowledge a breaking change.",
    ),
    (
        "catalogue.resource.drifted",
        "what is served of an entry differs from what is registered",
        "The provider corrects the entry or its service; holders of grants look at what they get.",
    ),
    (
        "catalogue.resource.drift_ended",
        "what is served of an entry is what is registered again",
        "Nothing has to be done.",
    ),
    (
        "catalogue.resource.data_updated",
        "the data of an entry was brought up to date",
        "Consumers may read it anew.",
    ),
    (
        "catalogue.resource.update_required",
        "an entry has to be brought up to date",
        "The provider publishes its next version by the due day.",
    ),
    (
        "catalogue.resource.",
        "an entry of the catalogue changed",
        "Read the entry.",
    ),
    (
        "catalogue.demand.created",
        "a demand for data was raised",
        "The competent department says who has to answer it.",
    ),
    (
        "catalogue.demand.assigned",
        "a demand for data was assigned",
        "The named department answers it by its due day.",
    ),
    (
        "catalogue.demand.",
        "a demand for data changed",
        "Read the demand.",
    ),
    (
        "registry.endpoint.failing",
        "an endpoint does not answer",
        "The provider brings it back; consumers expect failures until then.",
    ),
    (
        "registry.endpoint.serving",
        "an endpoint answers again",
        "Consumers may call again.",
    ),
    (
        "registry.endpoint.maintenance_announced",
        "maintenance of an endpoint was announced",
        "Consumers make no calls in that window.",
    ),
    (
        "registry.endpoint.maintenance_called_off",
        "maintenance of an endpoint was called off",
        "Consumers may call in that window.",
    ),
    (
        "registry.endpoint.not_conformed",
        "an endpoint did not keep the contract",
        "The provider reads the report of the run and runs the kit again.",
    ),
    (
        "registry.endpoint.",
        "an endpoint changed",
        "Read the endpoint.",
    ),
    (
        "registry.interface.created",
        "a description of an interface was registered",
        "Consumers compare it with what they call before an entry uses it.",
    ),
    (
        "registry.tls_certificate.revoked",
        "a TLS certificate was revoked",
        "Its holder enrols anew if it is still needed.",
    ),
    (
        "registry.tls_certificate.",
        "a TLS certificate changed hands or was renewed",
        "Revoke it if nobody of yours asked for it.",
    ),
    (
        "registry.system.suspended",
        "a system was suspended",
        "Its partners expect no calls and no answers until it is resumed.",
    ),
    ("registry.system.", "a system changed", "Read the system."),
    (
        "registry.department.",
        "a department changed",
        "Read the department.",
    ),
    (
        "exchange.file.completed",
        "a file is there",
        "Holders of grants in file mode may read it.",
    ),
    (
        "exchange.file.withdrawn",
        "a file was withdrawn",
        "Whoever read it asks the provider whether to go on using it.",
    ),
    (
        "compliance.card.warning",
        "a last day is near",
        "The department that it waits for does what is due.",
    ),
    (
        "compliance.card.",
        "a last day has passed",
        "The department that it waits for does what is due, and the competent department sees to it.",
    ),
];

/// Title and next step of an event.
pub(super) fn of(name: &str) -> (&'static str, &'static str) {
    let found = SENTENCES
        .iter()
        .find(|(begin, _, _)| name.starts_with(begin));
    found.map_or(
        ("something changed", "Read what it names."),
        |(_, title, next)| (title, next),
    )
}
