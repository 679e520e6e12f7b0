//! This gateway as a lookup of a certificate sees it, when the answer is kept.

use std::net::{Ipv4Addr, SocketAddr};

use api::certificate::v1 as pb;
use api::certificate::v1::lookup_certificate_request::Key;
use http::HeaderMap;
use sandbox::people;
use sandbox::provider::{Provider, Running};
use uuid::Uuid;

use super::{Contender, Kind, Places};
use crate::child::Child;
use crate::keys::HOST;
use crate::load::{Question, Target};
use crate::world::{LICENCES, MATTER, World};
use crate::{Error, echo, tls};

const PATH: &str = "/shuqiao.certificate.v1.CertificateService/LookupCertificate";

/// Starts the gateway and an issuer, whose catalogue entry lets answers be kept for longer than a
/// comparison takes.
pub(super) async fn start(places: &Places) -> Result<(Contender, Vec<Child>, Running), Error> {
    let places = &places.within("cached")?;
    let world = World::start(&places.shuqiao, &places.folder).await?;
    let holdings = sandbox::data::holdings_for("enterprise-registry")?;
    let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let issuer = Provider::start(world.provider(), anywhere, holdings).await?;
    let kind = world.share_licences(issuer.address()).await?;
    let target = Target {
        address: world.address()?,
        host: HOST.to_owned(),
        tls: tls::client_config(world.consumer())?,
    };
    for wanted in [false, true] {
        let answer = world.look_up(lookup(&kind)).await?;
        let kept = answer.certificate.map(|certificate| certificate.from_cache);
        if kept != Some(wanted) {
            return Err(format!("from the cache: {kept:?}, where {wanted} belongs").into());
        }
    }
    let ledger = world.ledger(1);
    let gateway = world.into_process();
    let contender = Contender {
        kind: Kind::Cached,
        target,
        headers: HeaderMap::new(),
        pid: gateway.pid()?,
        backend: None,
        ledger: Some(ledger),
        question: Some(question(&kind)?),
    };
    Ok((contender, vec![gateway], issuer))
}

/// One company's licence, the granted items of it.
fn lookup(kind: &str) -> pb::LookupCertificateRequest {
    pb::LookupCertificateRequest {
        certificate_type: kind.to_owned(),
        key: Some(Key::Holder(people::COMPANY.to_wire())),
        purpose: Some(api::value::v1::Purpose {
            matter: MATTER.to_owned(),
            case_number: "BENCH-1".to_owned(),
            operator: "window-01".to_owned(),
        }),
        items: LICENCES.map(str::to_owned).to_vec(),
        request_id: crate::world::new_id(),
        ..pb::LookupCertificateRequest::default()
    }
}

fn question(kind: &str) -> Result<Question, Error> {
    let request = lookup(kind);
    let message = echo::framed(&request);
    let id = request.request_id.as_bytes();
    let mut places = message.windows(id.len());
    let id_at = places.position(|window| window == id);
    // The id is the same length each time, so nothing else in the message moves.
    if id_at.is_none() || Uuid::parse_str(&request.request_id).is_err() {
        return Err("the request id does not stand in the message".into());
    }
    Ok(Question {
        path: PATH,
        headers: HeaderMap::new(),
        message,
        id_at,
    })
}
