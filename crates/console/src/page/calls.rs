//! The latest calls as shown.

use broker::Call;
use domain::snapshot::Snapshot;

use super::names;
use crate::words;

/// One call.
pub(crate) struct CallView {
    pub(crate) index: u64,
    pub(crate) time: String,
    pub(crate) permitted: bool,
    /// The call was permitted and yet went wrong.
    pub(crate) went_wrong: bool,
    /// In Chinese; empty for a word that this version does not know.
    pub(crate) result: &'static str,
    /// The rule id or the disposition itself.
    pub(crate) code: String,
    pub(crate) fault: &'static str,
    /// The resource, the consumer and the provider.
    pub(crate) parties: [PartyView; 3],
}

/// Something that a call names.
pub(crate) struct PartyView {
    /// What people call it; empty where the call names none.
    pub(crate) shown: String,
    pub(crate) link: Option<String>,
}

/// Lays a call out, with names from the registry.
pub(crate) fn call_view(call: &Call, snapshot: &Snapshot) -> CallView {
    let result = if call.permitted {
        words::disposition(&call.result)
    } else {
        words::refusal(&call.result)
    };
    CallView {
        index: call.index,
        time: words::moment(call.time),
        permitted: call.permitted,
        went_wrong: call.permitted && !call.fault.is_empty(),
        result,
        code: call.result.clone(),
        fault: words::fault(&call.fault),
        parties: [&call.resource, &call.consumer, &call.provider].map(|name| PartyView {
            shown: names::shown(name, snapshot),
            link: names::link(name, snapshot),
        }),
    }
}
