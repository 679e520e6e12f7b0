//! How a certificate is sought, and on what that rests, from the wire.

use api::certificate::v1 as pb;
use broker::Grounds;
use domain::basis::HolderAuthorisation;
use domain::certificate::Key;
use domain::policy::shaoyang_date;

use super::Adapter;
use super::incoming::Fields;

impl Adapter {
    /// The grounds of a use, of its parsed key and of what the caller says of an authorisation.
    pub(super) fn grounds_from(
        &self,
        fields: &mut Fields,
        key: Option<Key>,
        authorisation: Option<&pb::HolderAuthorisation>,
    ) -> Option<Grounds> {
        let given = self.authorisation_from(fields, "authorisation", authorisation);
        Some(match given? {
            Some(authorisation) => Grounds::Authorised(key?, authorisation),
            None => Grounds::Duty(key?),
        })
    }

    /// What a holder authorised; `Some(None)` where nothing is said of it.
    pub(super) fn authorisation_from(
        &self,
        fields: &mut Fields,
        field: &str,
        given: Option<&pb::HolderAuthorisation>,
    ) -> Option<Option<HolderAuthorisation>> {
        let Some(given) = given else {
            return Some(None);
        };
        let today = shaoyang_date(self.gateway.now());
        match HolderAuthorisation::parse(&given.reference, &given.granted_on, today) {
            Ok(authorisation) => Some(Some(authorisation)),
            Err(causes) => {
                for (part, cause) in causes {
                    fields.fault(&format!("{field}.{part}"), &cause);
                }
                None
            }
        }
    }
}
