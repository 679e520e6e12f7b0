//! A certificate on its way, looked at for what is no longer as registered.

use domain::certificate::CertificateRecord;
use domain::drift::{self, Change, Shape};
use domain::endpoint::Protocol;
use domain::item::ItemKey;
use domain::policy::Permit;
use domain::watch::CERTIFICATES;

use crate::gateway::Gateway;

impl Gateway {
    /// Lets a certificate be looked at, if it is its entry's turn.
    pub(crate) fn look_at(&self, permit: &Permit, asked: &[ItemKey], record: &CertificateRecord) {
        let resource = permit.resource();
        self.watching.values(&resource.name, |watch| {
            let before = watch.and_then(|watch| watch.shapes.get(CERTIFICATES));
            let nothing = Shape::default();
            let mut changes = drift::in_traffic(resource, asked, &record.items, &nothing, before);
            changes.extend(of_metadata(permit, record, before));
            changes
        });
    }
}

/// Where the metadata of a library's record are called otherwise than when its answer was good. Its items are read
/// from there, so one whose metadatum was renamed is only absent.
fn of_metadata(permit: &Permit, record: &CertificateRecord, before: Option<&Shape>) -> Vec<Change> {
    let (Protocol::CertificateLibrary(library), Some(seen), Some(before)) =
        (&permit.endpoint().protocol, &record.metadata, before)
    else {
        return Vec::new();
    };
    let holding = library.holding(&permit.resource().name);
    let places = holding.into_iter().flat_map(|holding| &holding.fields);
    drift::against_places(seen, before, places.map(|(_, place)| place.as_str()))
}
