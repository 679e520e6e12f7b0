//! Runs of the conformance kit.

use api::registry::v1 as registry;
use sandbox::people::{HUSBAND, Holder, STRANGER};

use super::insured::{ENDPOINT, Insured};
use super::story::Story;
use super::{ask, new_id};

/// Nobody of the social insurance bureau has this number.
const NOBODY_INSURED: &str = "430502190203040038";

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

impl Insured {
    /// A run of the bureau's own service: a question for each method that is free of effects.
    #[must_use]
    pub fn conformance_request(&self) -> registry::CheckConformanceRequest {
        let question = |json: &str| {
            Some(registry::SampleQuestion {
                json: vec![json.to_owned()],
                path: String::new(),
            })
        };
        let call = |method: &str, found: &str, absent: &str| registry::SampleCall {
            method: format!("/shaoyang.insurance.v1.InsuranceService/{method}"),
            found: question(found),
            absent: question(absent),
        };
        let person = r#"{"idNumber": "430502190102030017"}"#;
        let nobody = format!(r#"{{"idNumber": "{NOBODY_INSURED}"}}"#);
        let payments = r#"{"idNumber": "430502190102030017", "limit": 20}"#;
        let sample = registry::ConformanceSample {
            resource: self.grant.resource.clone(),
            calls: vec![
                call("GetInsured", person, &nobody),
                call("ListPayments", payments, &nobody),
                registry::SampleCall {
                    absent: None,
                    ..call("CheckInsured", person, "")
                },
            ],
            ..registry::ConformanceSample::default()
        };
        request(ENDPOINT, vec![sample])
    }
}
