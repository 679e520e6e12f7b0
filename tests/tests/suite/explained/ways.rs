//! The ways to data in one world, each as a call and as the question about it.

use api::catalogue::v1 as catalogue;
use api::certificate::v1 as certificate;
use api::exchange::v1 as pb;
use api::exchange::v1::explain_request::Target;
use api::sharing::v1 as sharing;
use api::value::v1::{ItemValue, Purpose, item_value::Kind};
use kit::world::insured::{Insured, call};
use kit::world::story::{agree, publish};
use kit::world::terms::{
    PLATFORM, WITHHELD, application, lookup_request, purpose, wire_resource, with_files,
};
use kit::world::{Client, Department, World, ask, filed, new_id};
use sandbox::people::{COMPANY, HUSBAND};
use tonic::Status;
use tonic::metadata::MetadataValue;
use tonic_types::StatusExt as _;

/// A method of the insurance bureau.
pub(super) const METHOD: &str = "/shaoyang.insurance.v1.InsuranceService/GetInsured";
/// An item of firms that nobody is granted.
const BEYOND: &str = "legal_representative";

/// Everything that the platform is granted, one entry for each way.
pub(super) struct Stage {
    pub(super) insured: Insured,
    pub(super) firms: Department,
    /// An officer of the department of firms.
    pub(super) owner: Client,
    pub(super) entries: [catalogue::Resource; 3],
    pub(super) grants: Vec<sharing::Grant>,
    file: pb::File,
}

/// A way to data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Lookup,
    Verify,
    Rows,
    File,
    CertificateFile,
    Method,
}

pub(super) const WAYS: [Way; 6] = [
    Way::Lookup,
    Way::Verify,
    Way::Rows,
    Way::File,
    Way::CertificateFile,
    Way::Method,
];

/// What is wrong with a request, if anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    InOrder,
    ForeignMatter,
    NoOperator,
    ItemBeyond,
}

/// What a call heard: nothing where it passed policy, else the rule, the reason, and all rules in its way.
pub(super) type Heard = Option<(String, String, Vec<String>)>;

impl Stage {
    pub(super) async fn start() -> Self {
        let insured = Insured::granting(World::start().await, &["name", "base"]).await;
        let firms = insured.world.provider("enterprise-registry").await;
        let owner = insured.world.enrol_officer("市市场监管局", "sun").await;
        let civil = insured.world.enrol_officer("市民政局", "qian").await;
        insured.world.register_system("marriage-registry").await;
        let entries = [
            wire_resource("enterprise-registrations"),
            catalogue::Resource {
                title: "企业登记名录".to_owned(),
                ..filed::resource("resources/102001-000091")
            },
            with_files("marriage-registrations"),
        ];
        let mut grants = vec![insured.grant.clone()];
        for (entry, owner) in entries.iter().zip([&owner, &owner, &civil]) {
            publish(owner, &insured.publisher, entry).await;
            grants.push(agree(&insured.applicant, owner, application(entry)).await);
        }
        let file = pb::File {
            resource: entries[1].name.clone(),
            display_name: "企业名录.csv".to_owned(),
            content_type: "text/csv".to_owned(),
            size: 3,
            items: vec!["enterprise_name".to_owned()],
            ..pb::File::default()
        };
        let ids = sandbox::files::RequestIds {
            begin: new_id(),
            complete: new_id(),
        };
        let channel = firms.client.channel();
        let file = sandbox::files::leave(channel, file, b"a,b", ids).await;
        Self {
            insured,
            firms,
            owner,
            entries,
            grants,
            file: file.unwrap(),
        }
    }

    pub(super) fn platform(&self) -> &Client {
        &self.insured.platform
    }

    /// What an auditor is told of the platform.
    pub(super) async fn told(&self, question: pb::ExplainRequest) -> pb::ExplainResponse {
        let mut exchange = self.insured.auditor.exchange();
        let told = exchange.explain(ask(question)).await;
        told.unwrap().into_inner()
    }
}

impl Asked {
    fn purpose(self) -> Purpose {
        let mut purpose = purpose();
        match self {
            Self::ForeignMatter => purpose.matter = kit::city::matter(1).name.to_string(),
            Self::NoOperator => purpose.operator.clear(),
            Self::InOrder | Self::ItemBeyond => {}
        }
        purpose
    }

    fn beyond(self, key: &str) -> Vec<String> {
        let beyond = (self == Self::ItemBeyond).then(|| key.to_owned());
        beyond.into_iter().collect()
    }
}

impl Way {
    /// The question about a call.
    pub(super) fn question(self, stage: &Stage, asked: Asked) -> pb::ExplainRequest {
        use catalogue::ShareMode;
        let [firms, files, marriages] = &stage.entries;
        let kind =
            |entry: &catalogue::Resource| Target::CertificateType(entry.certificate_type.clone());
        let (target, mode) = match self {
            Self::Lookup | Self::Verify => (kind(firms), ShareMode::Api),
            Self::Rows => (Target::Resource(firms.name.clone()), ShareMode::Table),
            Self::File => (Target::Resource(files.name.clone()), ShareMode::File),
            Self::CertificateFile => (kind(marriages), ShareMode::File),
            Self::Method => (Target::Method(METHOD.to_owned()), ShareMode::Unspecified),
        };
        let mut question = pb::ExplainRequest {
            consumer: format!("systems/{PLATFORM}"),
            target: Some(target),
            purpose: Some(asked.purpose()),
            whole: self == Self::CertificateFile,
            share_mode: mode.into(),
            ..pb::ExplainRequest::default()
        };
        match self {
            Self::Lookup => question.items = asked.beyond(BEYOND),
            Self::Method => question.items = asked.beyond("address"),
            Self::Verify => question.compared_items = vec![claimed(asked).key],
            Self::Rows => question.compared_items = asked.beyond(BEYOND),
            Self::File => question.items = stage.file.items.clone(),
            Self::CertificateFile => {}
        }
        question
    }

    /// Makes the call.
    pub(super) async fn call(self, stage: &Stage, asked: Asked) -> Heard {
        let sent = match self {
            Self::Lookup => look_up(stage, asked).await,
            Self::Verify => verify(stage, asked).await,
            Self::Rows => read_rows(stage, asked).await,
            Self::File => read_file(stage, asked).await,
            Self::CertificateFile => link(stage, asked).await,
            Self::Method => get(stage, asked).await,
        };
        let status = sent.err()?;
        let details = status.get_error_details();
        let info = details.error_info().unwrap();
        let text = |key: &str| info.metadata.get(key).cloned().unwrap_or_default();
        assert!(!text("rule").is_empty(), "{status:?}");
        // One obstacle alone is the rule.
        let all = match text("obstacles") {
            none if none.is_empty() => text("rule"),
            several => several,
        };
        let all = all.split(',').map(str::to_owned).collect();
        Some((text("rule"), info.reason.clone(), all))
    }
}

async fn look_up(stage: &Stage, asked: Asked) -> Result<(), Status> {
    let request = certificate::LookupCertificateRequest {
        purpose: Some(asked.purpose()),
        items: asked.beyond(BEYOND),
        ..lookup_request(&stage.entries[0].certificate_type, &COMPANY)
    };
    let mut certificates = stage.platform().certificates();
    certificates.lookup_certificate(ask(request)).await?;
    Ok(())
}

fn claimed(asked: Asked) -> ItemValue {
    let beyond = asked == Asked::ItemBeyond;
    let key = if beyond { BEYOND } else { "enterprise_name" };
    ItemValue {
        key: key.to_owned(),
        kind: Some(Kind::Text("测试第一贸易有限公司".to_owned())),
    }
}

async fn verify(stage: &Stage, asked: Asked) -> Result<(), Status> {
    use certificate::verify_certificate_request::Key;
    let request = certificate::VerifyCertificateRequest {
        certificate_type: stage.entries[0].certificate_type.clone(),
        key: Some(Key::Holder(COMPANY.to_wire())),
        purpose: Some(asked.purpose()),
        claimed: vec![claimed(asked)],
        request_id: new_id(),
        ..certificate::VerifyCertificateRequest::default()
    };
    let mut certificates = stage.platform().certificates();
    certificates.verify_certificate(ask(request)).await?;
    Ok(())
}

async fn read_rows(stage: &Stage, asked: Asked) -> Result<(), Status> {
    let order = asked.beyond(BEYOND).into_iter().map(|item| pb::OrderBy {
        item,
        ..pb::OrderBy::default()
    });
    let request = pb::ReadRowsRequest {
        resource: stage.entries[0].name.clone(),
        purpose: Some(asked.purpose()),
        limit: 1,
        request_id: new_id(),
        order: order.collect(),
        ..pb::ReadRowsRequest::default()
    };
    let mut exchange = stage.platform().exchange();
    let mut parts = exchange.read_rows(ask(request)).await?.into_inner();
    while parts.message().await?.is_some() {}
    Ok(())
}

async fn read_file(stage: &Stage, asked: Asked) -> Result<(), Status> {
    let request = pb::ReadFileRequest {
        name: stage.file.name.clone(),
        purpose: Some(asked.purpose()),
        request_id: new_id(),
        ..pb::ReadFileRequest::default()
    };
    let mut files = stage.platform().files();
    let mut parts = files.read_file(ask(request)).await?.into_inner();
    while parts.message().await?.is_some() {}
    Ok(())
}

/// Items of the certificate are withheld, so its file never is to be had.
async fn link(stage: &Stage, asked: Asked) -> Result<(), Status> {
    use certificate::create_certificate_file_link_request::Key;
    let entry = &stage.entries[2];
    assert!(
        entry
            .items
            .iter()
            .any(|item| WITHHELD.contains(&item.key.as_str()))
    );
    let request = certificate::CreateCertificateFileLinkRequest {
        certificate_type: entry.certificate_type.clone(),
        key: Some(Key::Holder(HUSBAND.to_wire())),
        purpose: Some(asked.purpose()),
        format: certificate::CertificateFileFormat::Pdf.into(),
        request_id: new_id(),
        authorisation: None,
    };
    let mut links = stage.platform().certificate_files();
    links.create_certificate_file_link(ask(request)).await?;
    Ok(())
}

async fn get(stage: &Stage, asked: Asked) -> Result<(), Status> {
    let mut request = call(sandbox::insurance::GetInsuredRequest {
        id_number: HUSBAND.code.to_string(),
    });
    let metadata = request.metadata_mut();
    let matter = asked.purpose().matter;
    metadata.insert("shuqiao-matter", MetadataValue::try_from(matter).unwrap());
    if asked == Asked::NoOperator {
        metadata.remove("shuqiao-operator");
    }
    if asked == Asked::ItemBeyond {
        metadata.insert("shuqiao-items", MetadataValue::from_static("address"));
    }
    stage.platform().insurance().get_insured(request).await?;
    Ok(())
}
