//! Lookups, and what stands around them: needs, use-codes, links to files and changes.

use api::certificate::v1 as certificate;
use api::value::v1::{ItemValue, item_value};
use kit::world::new_id;
use kit::world::story::Story;
use kit::world::terms::{self, PLATFORM};
use sandbox::people;

use super::Role::{Applicant, Auditor, Operator, Platform, Provider};
use super::{Row, SYSTEMS, Things, row};

impl Things {
    /// Who may ask for certificates and what a matter needs of them.
    pub(super) fn certificates(&self) -> Vec<Row> {
        let story = &self.story;
        let holder = &people::HUSBAND;
        vec![
            row(
                "certificate.v1.CertificateService/GetMatterNeeds",
                &certificate::GetMatterNeedsRequest {
                    name: terms::purpose().matter,
                    consumer: format!("systems/{PLATFORM}"),
                },
                &[Operator, Auditor, Applicant, Platform],
            ),
            row(
                "certificate.v1.CertificateService/LookupCertificate",
                &story.lookup_request(holder),
                &SYSTEMS,
            ),
            row(
                "certificate.v1.CertificateService/BatchLookupCertificates",
                &certificate::BatchLookupCertificatesRequest {
                    purpose: Some(terms::purpose()),
                    requests: vec![story.part_request(holder)],
                },
                &SYSTEMS,
            ),
            row(
                "certificate.v1.CertificateService/LookupForMatter",
                &crate::needs::request(holder),
                &SYSTEMS,
            ),
            row(
                "certificate.v1.CertificateService/VerifyCertificate",
                &verification(&story.lookup_request(holder)),
                &SYSTEMS,
            ),
        ]
    }

    /// Who may hand out use-codes and links, and tell of changes.
    pub(super) fn around_certificates(&self) -> Vec<Row> {
        let story = &self.story;
        let holder = &people::HUSBAND;
        vec![
            row(
                "certificate.v1.UseCodeService/CreateUseCode",
                &code_request(story),
                &SYSTEMS,
            ),
            row(
                "certificate.v1.UseCodeService/WithdrawUseCode",
                &certificate::WithdrawUseCodeRequest {
                    name: self.use_code.clone(),
                    request_id: new_id(),
                },
                &[Platform],
            ),
            row(
                "certificate.v1.CertificateFileService/CreateCertificateFileLink",
                &file_link(&story.lookup_request(holder)),
                &SYSTEMS,
            ),
            row(
                "certificate.v1.CertificateStatusService/AnnounceCertificateChanges",
                &certificate::AnnounceCertificateChangesRequest {
                    certificate_type: story.resource.certificate_type.clone(),
                    changes: vec![certificate::CertificateChange {
                        kind: certificate::certificate_change::Kind::Data.into(),
                        holders: vec![holder.to_wire()],
                        ..certificate::CertificateChange::default()
                    }],
                    listed: false,
                    request_id: new_id(),
                },
                &[Provider],
            ),
        ]
    }
}

pub(super) fn code_request(story: &Story) -> certificate::CreateUseCodeRequest {
    use certificate::create_use_code_request::Addressee;
    certificate::CreateUseCodeRequest {
        holder: Some(people::HUSBAND.to_wire()),
        certificate_type: story.resource.certificate_type.clone(),
        matter: terms::purpose().matter,
        case_number: terms::CASE.to_owned(),
        addressee: Some(Addressee::System(format!("systems/{PLATFORM}"))),
        life_s: 0,
        request_id: new_id(),
    }
}

fn file_link(lookup: &certificate::LookupCertificateRequest) -> impl prost::Message + use<> {
    use certificate::create_certificate_file_link_request::Key;
    certificate::CreateCertificateFileLinkRequest {
        certificate_type: lookup.certificate_type.clone(),
        key: Some(Key::Holder(people::HUSBAND.to_wire())),
        purpose: lookup.purpose.clone(),
        format: certificate::CertificateFileFormat::Ofd.into(),
        request_id: new_id(),
        authorisation: None,
    }
}

fn verification(lookup: &certificate::LookupCertificateRequest) -> impl prost::Message + use<> {
    certificate::VerifyCertificateRequest {
        certificate_type: lookup.certificate_type.clone(),
        key: Some(certificate::verify_certificate_request::Key::Holder(
            people::HUSBAND.to_wire(),
        )),
        purpose: lookup.purpose.clone(),
        claimed: vec![ItemValue {
            key: "registration_number".to_owned(),
            kind: Some(item_value::Kind::Text("J430502-2022-000001".to_owned())),
        }],
        request_id: new_id(),
        ..certificate::VerifyCertificateRequest::default()
    }
}
