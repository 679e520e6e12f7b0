//! Who calls: only the gateway may.

use tonic::{Request, Status};
use x509_parser::extensions::GeneralName;

const SCHEME: &str = "spiffe://";
const GATEWAY: &str = "gateway";

/// Looks at the certificate that the client proved to hold in the handshake.
///
/// The authority issues certificates to systems and people too, so a good certificate alone is not
/// enough.
pub(super) fn only_the_gateway(request: Request<()>) -> Result<Request<()>, Status> {
    let certificates = request.peer_certs().unwrap_or_default();
    match certificates.first() {
        Some(leaf) if is_gateway(leaf) => Ok(request),
        _ => Err(Status::unauthenticated(
            "only the gateway may call a provider",
        )),
    }
}

fn is_gateway(leaf: &[u8]) -> bool {
    let Ok((_, certificate)) = x509_parser::parse_x509_certificate(leaf) else {
        return false;
    };
    let Ok(Some(names)) = certificate.subject_alternative_name() else {
        return false;
    };
    let mut uris = names
        .value
        .general_names
        .iter()
        .filter_map(|name| match name {
            GeneralName::URI(uri) => Some(*uri),
            _ => None,
        });
    // Exactly one: a certificate that stands for two principals stands for neither.
    matches!((uris.next(), uris.next()), (Some(uri), None) if names_gateway(uri))
}

/// `spiffe://{trust domain}/gateway`, the whole path. The end alone would not do: it is also the end
/// of `spiffe://{trust domain}/auditors/gateway`.
fn names_gateway(uri: &str) -> bool {
    uri.strip_prefix(SCHEME)
        .and_then(|rest| rest.split_once('/'))
        .is_some_and(|(domain, path)| !domain.is_empty() && path == GATEWAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_path_names_the_gateway() {
        for (uri, gateway) in [
            ("spiffe://shuqiao.shaoyang/gateway", true),
            ("spiffe://shuqiao.shaoyang/auditors/gateway", false),
            ("spiffe://shuqiao.shaoyang/systems/gateway", false),
            ("spiffe://shuqiao.shaoyang/gateway/", false),
            ("spiffe:///gateway", false),
            ("spiffe://gateway", false),
            ("https://shuqiao.shaoyang/gateway", false),
            ("", false),
        ] {
            assert_eq!(names_gateway(uri), gateway, "{uri}");
        }
    }

    #[test]
    fn what_is_no_certificate_is_not_the_gateway() {
        assert!(!is_gateway(b"nothing"));
    }
}
