//! Return codes of a certificate library, and what each comes to.

use crate::certificate::CertificateState;
use crate::reason::Reason;

/// What a return code says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// Certificates in force follow.
    Answered,
    /// There is none, or no such person: the two look alike.
    NoMatch,
    /// There is exactly one and it is not in force.
    NotInForce(CertificateState),
    /// The question itself is not one that the library answers, such as a holder type of others.
    Question,
    /// It did not answer.
    Fault(Reason),
}

/// Code, what the library says by it, and what we make of it. The codes are those of a deployed service
/// of Shandong; what they come to here is our own choice.
const TABLE: [(i64, &str, Meaning); 17] = {
    use CertificateState::{Cancelled, Expired, Suspended};
    use Meaning::{Answered, Fault, NoMatch, NotInForce, Question};
    use Reason::{LibraryAccessRefused, LibraryNotReady, ProviderBadAnswer};
    [
        (0, "ok", Answered),
        (10, "no match", NoMatch),
        (11, "authentication failed", Fault(LibraryAccessRefused)),
        // The gateway fills in all that its contract demands: the two sides have different contracts.
        (12, "a required input is empty", Fault(ProviderBadAnswer)),
        (
            13,
            "the type is missing or unpublished",
            Fault(LibraryNotReady),
        ),
        (21, "abolished or cancelled", NotInForce(Cancelled)),
        (22, "expired", NotInForce(Expired)),
        (23, "of restricted use", NotInForce(Suspended)),
        (
            100,
            "no permission for this type",
            Fault(LibraryAccessRefused),
        ),
        (101, "the state is misconfigured", Fault(LibraryNotReady)),
        (102, "bad file type", Question),
        (103, "bad holder type", Question),
        (
            105,
            "the catalogue entry is not found",
            Fault(LibraryNotReady),
        ),
        (
            106,
            "the catalogue entry is not unique",
            Fault(LibraryNotReady),
        ),
        (107, "the template is not found", Fault(LibraryNotReady)),
        (108, "the template is not unique", Fault(LibraryNotReady)),
        (113, "the type code is wrong", Fault(LibraryNotReady)),
    ]
};

/// What a code says, and what we make of it; none for one that is not agreed.
pub fn meaning(code: i64) -> Option<(&'static str, Meaning)> {
    let mut rows = TABLE.iter();
    let row = rows.find(|(known, _, _)| *known == code);
    row.map(|(_, says, meaning)| (*says, *meaning))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reason::Fault;

    #[test]
    fn every_code_stands_once_and_in_order() {
        assert!(TABLE.is_sorted_by(|one, two| one.0 < two.0));
        assert_eq!(meaning(14), None);
        assert_eq!(meaning(-1), None);
    }

    #[test]
    fn whose_fault_a_code_is() {
        for (code, fault) in [
            (0, None),
            (10, None),
            (11, Some(Fault::Gateway)),
            (12, Some(Fault::Provider)),
            (13, Some(Fault::Provider)),
            (21, None),
            (22, None),
            (23, None),
            (100, Some(Fault::Gateway)),
            (101, Some(Fault::Provider)),
            (102, None),
            (103, None),
            (106, Some(Fault::Provider)),
            (113, Some(Fault::Provider)),
        ] {
            let found = match meaning(code).unwrap().1 {
                Meaning::Fault(reason) => Some(reason.fault()),
                _ => None,
            };
            assert_eq!(found, fault, "{code}");
        }
    }

    #[test]
    fn what_is_not_in_force_says_how() {
        for (code, state) in [
            (21, CertificateState::Cancelled),
            (22, CertificateState::Expired),
            (23, CertificateState::Suspended),
        ] {
            let found = meaning(code).unwrap().1;
            assert_eq!(found, Meaning::NotInForce(state), "{code}");
        }
    }
}
