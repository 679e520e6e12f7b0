//! The gRPC adapters: parse the message, call the use case, write the answer.
//!
//! One file a noun. Every fault of a request is collected before the use case is called.

mod applications;
mod batch;
mod catalogue;
mod certificates;
mod clocks;
mod complaints;
mod compliance;
mod corrections;
mod credentials;
mod demands;
mod departments;
mod disputes;

mod endpoints;
mod enrolment;
mod events;
mod evidence;
mod exchange;
mod explain;
mod file_links;
mod files;
mod flight;
mod grants;
mod grounds;
mod incoming;
mod interfaces;
mod libraries;
mod needs;
mod operations;
mod rows;
mod search;
mod sources;
mod statuses;
mod subscriptions;
mod systems;
mod terms;
mod use_codes;
mod use_records;
mod work_items;

use std::sync::Arc;

pub(crate) use catalogue::wire_basis;

use api::catalogue::v1::demand_service_server::DemandServiceServer;
use api::catalogue::v1::resource_service_server::ResourceServiceServer;
use api::catalogue::v1::work_item_service_server::WorkItemServiceServer;
use api::certificate::v1::certificate_file_service_server::CertificateFileServiceServer;
use api::certificate::v1::certificate_service_server::CertificateServiceServer;
use api::certificate::v1::certificate_status_service_server::CertificateStatusServiceServer;
use api::certificate::v1::use_code_service_server::UseCodeServiceServer;
use api::compliance::v1::clock_service_server::ClockServiceServer;
use api::compliance::v1::plan_service_server::PlanServiceServer;
use api::evidence::v1::evidence_service_server::EvidenceServiceServer;
use api::exchange::v1::exchange_service_server::ExchangeServiceServer;
use api::exchange::v1::file_service_server::FileServiceServer;
use api::registry::v1::department_service_server::DepartmentServiceServer;
use api::registry::v1::endpoint_service_server::EndpointServiceServer;
use api::registry::v1::enrolment_service_server::EnrolmentServiceServer;
use api::registry::v1::interface_service_server::InterfaceServiceServer;
use api::registry::v1::system_service_server::SystemServiceServer;
use api::registry::v1::tls_certificate_service_server::TlsCertificateServiceServer;
use api::sharing::v1::application_service_server::ApplicationServiceServer;
use api::sharing::v1::complaint_service_server::ComplaintServiceServer;
use api::sharing::v1::correction_service_server::CorrectionServiceServer;
use api::sharing::v1::dispute_service_server::DisputeServiceServer;
use api::sharing::v1::event_service_server::EventServiceServer;
use api::sharing::v1::grant_service_server::GrantServiceServer;
use api::sharing::v1::subscription_service_server::SubscriptionServiceServer;
use api::sharing::v1::use_record_service_server::UseRecordServiceServer;
use arrow_flight::flight_service_server::FlightServiceServer;
use broker::Gateway;
use domain::policy::shaoyang_date;
use jiff::civil::Date;
use tonic::server::NamedService;
use tonic::service::Routes;

/// The largest request message.
pub(crate) const MESSAGE_BYTES: usize = 1024 * 1024;

/// Serves every service over one gateway.
#[derive(Clone, Debug)]
pub(crate) struct Adapter {
    gateway: Arc<Gateway>,
}

impl Adapter {
    /// The day in Shaoyang.
    fn today(&self) -> Date {
        shaoyang_date(self.gateway.now())
    }
}

/// The table of contents of the gRPC surface.
pub(crate) fn routes(gateway: Arc<Gateway>) -> Result<Routes, tonic_reflection::server::Error> {
    let adapter = Adapter { gateway };
    let mut routes = Routes::builder();
    let mut names = vec!["grpc.health.v1.Health"];
    macro_rules! serve {
        ($($server:ident),+ $(,)?) => {
            $(
                names.push(<$server<Adapter> as NamedService>::NAME);
                routes.add_service(
                    $server::new(adapter.clone()).max_decoding_message_size(MESSAGE_BYTES),
                );
            )+
        };
    }
    serve!(
        // registry
        DepartmentServiceServer,
        SystemServiceServer,
        EndpointServiceServer,
        InterfaceServiceServer,
        EnrolmentServiceServer,
        TlsCertificateServiceServer,
        // catalogue and sharing
        ResourceServiceServer,
        DemandServiceServer,
        WorkItemServiceServer,
        ApplicationServiceServer,
        GrantServiceServer,
        UseRecordServiceServer,
        DisputeServiceServer,
        ComplaintServiceServer,
        CorrectionServiceServer,
        EventServiceServer,
        SubscriptionServiceServer,
        // the data path
        ExchangeServiceServer,
        FileServiceServer,
        CertificateServiceServer,
        UseCodeServiceServer,
        CertificateFileServiceServer,
        CertificateStatusServiceServer,
        // what came of it
        PlanServiceServer,
        ClockServiceServer,
        EvidenceServiceServer,
    );
    // Described by Arrow's own proto file, which every Flight client brings along.
    routes.add_service(
        FlightServiceServer::new(adapter.clone()).max_decoding_message_size(MESSAGE_BYTES),
    );
    // Tools speak either version; both must know health as well.
    let descriptors = || {
        let builder = tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(api::DESCRIPTOR_SET)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET);
        // By name: the provider contract is described too, but others serve it.
        names
            .iter()
            .fold(builder, |builder, name| builder.with_service_name(*name))
    };
    routes.add_service(descriptors().build_v1()?);
    routes.add_service(descriptors().build_v1alpha()?);
    Ok(routes.routes())
}
