//! Runs of the conformance kit.

use api::registry::v1 as registry;
use sandbox::people::{HUSBAND, Holder, STRANGER};

use super::story::Story;
use super::{ask, new_id};

/// A sample of certificates: who holds one and who holds none.
#[must_use]
pub fn sample(resource: &str, found: &Holder, absent: &Holder) -> registry::ConformanceSample {
    let holder = |holder: &Holder| registry::SampleHolder {
        type_code: holder.type_code.to_owned(),
        code: holder.code.clone().into_owned(),
    };
    registry::ConformanceSample {
        resource: resource.to_owned(),
        holder: Some(holder(found)),
        absent_holder: Some(holder(absent)),
        holder_item: String::new(),
        calls: Vec::new(),
    }
}

/// A run of an endpoint.
#[must_use]
pub fn request(
    endpoint: &str,
    samples: Vec<registry::ConformanceSample>,
) -> registry::CheckConformanceRequest {
    registry::CheckConformanceRequest {
        name: endpoint.to_owned(),
        samples,
        request_id: new_id(),
        validate_only: false,
    }
}

impl Story {
    /// A run of the endpoint of a story of marriages.
    #[must_use]
    pub fn conformance_request(&self) -> registry::CheckConformanceRequest {
        let sample = sample(&self.resource.name, &HUSBAND, &STRANGER);
        request("systems/marriage-registry/endpoints/main", vec![sample])
    }

    /// The endpoint of a story of marriages passes the conformance kit.
    ///
    /// # Panics
    /// When it does not.
    pub async fn conform(&self) {
        let request = ask(self.conformance_request());
        let answer = self.owner.endpoints().check_conformance(request).await;
        let answer = answer.unwrap().into_inner();
        assert!(answer.passed, "{:?}", answer.findings);
    }
}
