//! How a certificate is sought, and on what that rests, from the wire.

use api::certificate::v1 as pb;
use api::certificate::v1::lookup_certificate_request::Key as WireKey;
use broker::Grounds;
use domain::basis::HolderAuthorisation;
use domain::fault::Cause;
use domain::policy::shaoyang_date;
use domain::use_code::PlainCode;

use super::Adapter;
use super::incoming::Fields;

impl Adapter {
    /// The grounds of a use: the key, and what the caller says of an authorisation.
    pub(super) fn grounds_from(
        &self,
        fields: &mut Fields,
        key: Option<&WireKey>,
        authorisation: Option<&pb::HolderAuthorisation>,
    ) -> Option<Grounds> {
        let given = self.authorisation_from(fields, "authorisation", authorisation);
        if let Some(WireKey::UseCode(text)) = key {
            if authorisation.is_some() {
                let cause = Cause::new("NOT_BOTH", "the use-code is the authorisation");
                fields.fault("authorisation", &cause);
            }
            let code = fields.take("use_code", PlainCode::parse(text));
            return code.map(Grounds::UseCode);
        }
        let key = self.key_from(fields, key);
        Some(match given {
            Some(authorisation) => Grounds::Authorised(key?, authorisation),
            None => Grounds::Duty(key?),
        })
    }

    /// What a holder authorised, where something is said of it. What is wrong with it is noted, so the
    /// whole is refused.
    pub(super) fn authorisation_from(
        &self,
        fields: &mut Fields,
        field: &str,
        given: Option<&pb::HolderAuthorisation>,
    ) -> Option<HolderAuthorisation> {
        let given = given?;
        let today = shaoyang_date(self.gateway.now());
        let parsed = HolderAuthorisation::parse(&given.reference, &given.granted_on, today);
        for (part, cause) in parsed.as_ref().err().into_iter().flatten() {
            fields.fault(&format!("{field}.{part}"), cause);
        }
        parsed.ok()
    }
}
