//! `NetworkIdentityService`: a simulated resolver of network identity codes.
//!
//! A real one is an adapter to the national service. Here a code is computed from whom it stands for and
//! whom it was made for, so that everybody in the sandbox can have one.

use api::provider::v1 as pb;
use api::provider::v1::network_identity_service_server::NetworkIdentityService;
use api::provider::v1::resolve_network_identity_response::{Result as Resolved, Unresolved};
use domain::subject::hex;
use sm3::{Digest as _, Sm3};
use tonic::{Request, Response, Status};

use super::behaviour::Behaviour;
use super::{Provider, ticket_of};
use crate::people::{self, Holder};

/// The code that a holder of the sandbox shows to one system, `systems/{id}`.
#[must_use]
pub fn network_code(holder: &Holder, audience: &str) -> String {
    code("SYN", holder, audience)
}

/// A code of the same holder whose time is over.
#[must_use]
pub fn expired_network_code(holder: &Holder, audience: &str) -> String {
    code("SYNX", holder, audience)
}

fn code(kind: &str, holder: &Holder, audience: &str) -> String {
    let text = [kind, &holder.code, audience].join("\n");
    format!("{kind}.{}", hex(&Sm3::digest(text.as_bytes())))
}

#[tonic::async_trait]
impl NetworkIdentityService for Provider {
    async fn resolve_network_identity(
        &self,
        request: Request<pb::ResolveNetworkIdentityRequest>,
    ) -> Result<Response<pb::ResolveNetworkIdentityResponse>, Status> {
        let request = request.into_inner();
        let begun = self.conduct.begin(request.ticket.as_ref(), &request.code);
        let behaviour = begun.await?;
        let ticket = ticket_of(request.ticket)?;
        let shown = |code: fn(&Holder, &str) -> String| {
            let mut everybody = people::NAMED.into_iter();
            everybody.find(|holder| code(holder, &request.audience) == request.code)
        };
        let result = match (behaviour, shown(network_code)) {
            (Behaviour::BreakOff, _) => return Err(Status::unavailable("the line is down")),
            // Somebody who cannot be: the check character is wrong.
            (Behaviour::MistypedItem, _) => Resolved::Holder(api::certificate::v1::Holder {
                type_code: "111".to_owned(),
                code: "430502190102030018".to_owned(),
            }),
            (_, Some(holder)) => Resolved::Holder(holder.to_wire()),
            (_, None) if shown(expired_network_code).is_some() => {
                Resolved::Unresolved(Unresolved::Expired.into())
            }
            (_, None) => Resolved::Unresolved(Unresolved::Unknown.into()),
        };
        Ok(Response::new(pb::ResolveNetworkIdentityResponse {
            request_id: behaviour.answer_id(&ticket),
            result: Some(result),
        }))
    }
}
