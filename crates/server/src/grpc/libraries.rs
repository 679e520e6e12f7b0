//! Certificate libraries as endpoints, between the wire and the domain.

use std::collections::BTreeMap;

use api::registry::v1 as pb;
use domain::item::ItemKey;
use domain::library::{Holding, KeyId, Library, MetadataKey, PublicKey, Signer, SignerId};
use domain::name::ResourceName;
use domain::source::SecretName;

use super::incoming::Fields;

/// A library from the wire; every fault is noted.
pub(super) fn library_from(
    fields: &mut Fields,
    wire: Option<pb::CertificateLibrary>,
) -> Option<Library> {
    let wire = fields.message("endpoint.library", wire)?;
    let secret = fields.name("endpoint.library.secret", &wire.secret, SecretName::parse);
    let key_id = fields.name("endpoint.library.key_id", &wire.key_id, KeyId::parse);
    let public_key = fields.name(
        "endpoint.library.public_key",
        &wire.public_key,
        PublicKey::parse,
    );
    let identifier = fields.name(
        "endpoint.library.signer_id",
        &wire.signer_id,
        SignerId::or_default,
    );
    let holdings: Vec<Option<Holding>> = wire
        .holdings
        .into_iter()
        .enumerate()
        .map(|(index, held)| {
            holding_from(fields, &format!("endpoint.library.holdings[{index}]"), held)
        })
        .collect();
    Some(Library {
        secret: secret?,
        signer: Signer {
            key_id: key_id?,
            public_key: public_key?,
            identifier: identifier?,
        },
        encrypted: wire.encrypted,
        holdings: holdings.into_iter().collect::<Option<_>>()?,
    })
}

fn holding_from(fields: &mut Fields, field: &str, wire: pb::LibraryHolding) -> Option<Holding> {
    let at = format!("{field}.resource");
    let resource = fields.name(&at, &wire.resource, ResourceName::parse);
    let at = format!("{field}.fields");
    // In one order, so that the same request always has the same faults.
    let places: Vec<_> = wire
        .fields
        .into_iter()
        .collect::<BTreeMap<_, _>>()
        .into_iter()
        .map(|(key, place)| {
            let key = fields.name(&at, &key, ItemKey::parse);
            key.zip(fields.name(&at, &place, MetadataKey::parse))
        })
        .collect();
    Some(Holding {
        resource: resource?,
        fields: places.into_iter().collect::<Option<_>>()?,
    })
}

/// A library for the wire.
pub(super) fn library_to(library: Library) -> pb::CertificateLibrary {
    let holding = |held: Holding| pb::LibraryHolding {
        resource: held.resource.into(),
        fields: held
            .fields
            .into_iter()
            .map(|(key, place)| (key.into(), place.into()))
            .collect(),
    };
    pb::CertificateLibrary {
        secret: library.secret.into(),
        key_id: library.signer.key_id.into(),
        public_key: library.signer.public_key.into(),
        signer_id: library.signer.identifier.into(),
        encrypted: library.encrypted,
        holdings: library.holdings.into_iter().map(holding).collect(),
    }
}
