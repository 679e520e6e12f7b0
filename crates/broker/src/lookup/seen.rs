//! A certificate on its way, looked at for what is no longer as registered.

use domain::certificate::{CertificateRecord, Key};
use domain::drift::{self, Glance};
use domain::endpoint::Protocol;
use domain::item::ItemKey;
use domain::policy::Permit;
use domain::watch::{CERTIFICATES, Watch};

use super::Sought;
use crate::gateway::Gateway;

impl Gateway {
    /// Lets a certificate be looked at, if it is its entry's turn.
    pub(crate) fn look_at(&self, permit: &Permit, sought: &Sought<'_>, record: &CertificateRecord) {
        let resource = permit.resource();
        self.watching.values(&resource.name, CERTIFICATES, |watch| {
            glance(permit, sought, record, watch)
        });
    }
}

fn glance(
    permit: &Permit,
    sought: &Sought<'_>,
    record: &CertificateRecord,
    watch: Option<&Watch>,
) -> Glance {
    let glance = drift::in_traffic(permit.resource(), &record.items);
    let Some(before) = watch.and_then(|watch| watch.shapes.get(CERTIFICATES)) else {
        return glance;
    };
    // Its items are read from metadata: one whose metadatum was renamed is only absent.
    if let Some(metadata) = &record.metadata {
        let Protocol::CertificateLibrary(library) = &permit.endpoint().protocol else {
            return glance;
        };
        let places = library.places(&permit.resource().name);
        return glance.with_names(places, metadata, before);
    }
    // What is about one holder alone is seen by that holder's number.
    let Key::Holder(_) = sought.key else {
        return glance;
    };
    let seen = drift::shape_of_values(&record.items);
    glance.with_names(sought.items.iter().map(ItemKey::as_str), &seen, before)
}
