//! A code ends, and what has ended is removed; under a clock that the test moves.

use std::time::Duration;

use broker::{Failure, Grounds, IssuedUseCode, Lookup, NewUseCode, Purpose, Use};
use domain::caller::Caller;
use domain::name::{CertificateTypeName, RequestId, ResourceName, SystemName};
use domain::policy::shaoyang_date;
use domain::reason::Reason;
use domain::subject::Subject;
use domain::use_code::{Addressee, PlainCode};
use jiff::SignedDuration;
use kit::city;
use kit::databases::Database;
use kit::gateway::act;
use kit::tables::Tables;
use sandbox::people;
use tokio::time::Instant;

kit::on_each_database!(
    a_code_ends_and_is_removed,
    whoever_took_it_in_time_may_repeat_itself_until_the_request_id_is_free,
);

/// Business licences over a provider that cannot be reached, and a portal.
struct Scene {
    tables: Tables,
    portal: Caller,
    kind: CertificateTypeName,
}

impl Scene {
    async fn set(database: &Database) -> Self {
        let tables = Tables::start(database).await;
        let gateway = &tables.gateway;
        let request = gateway.new_request();
        let registering = act(&tables.operator, &request, "CreateSystem");
        let portal = city::system("city-portal");
        let document = "虚构系统底数清单".to_owned();
        gateway
            .create_system(&registering, portal, document)
            .await
            .unwrap();
        let portal = gateway.system_caller(&tables.operator, "city-portal").await;
        let licences = domain::resource::Resource {
            name: ResourceName::from_id("102001-000077").unwrap(),
            title: "营业执照证照".to_owned(),
            ..city::resource("enterprise-registrations")
        };
        let licences = tables.publish(licences).await;
        let terms = city::terms("yjs-platform", &licences);
        tables.agree_on(terms.clone()).await;
        let issuing = domain::application::Terms {
            consumer: SystemName::from_id("city-portal").unwrap(),
            issues_use_codes: true,
            network_zones: Vec::new(),
            quota: domain::quota::Quota::default(),
            ..terms
        };
        tables.agree_on(issuing).await;
        let endpoint = city::endpoint("enterprise-registry.main", "127.0.0.1:1");
        tables.register(endpoint).await.unwrap();
        Self {
            tables,
            portal,
            kind: licences.certificate_type.unwrap(),
        }
    }

    async fn code(&self) -> IssuedUseCode {
        let gateway = &self.tables.gateway;
        let today = shaoyang_date(gateway.now());
        let regions = &gateway.reference().regions;
        let wanted = NewUseCode {
            holder: Subject::parse("001", &people::SHOP.code, regions, today).unwrap(),
            certificate_type: self.kind.clone(),
            matter: city::matter(0).name,
            case_number: "CASE-1".to_owned(),
            addressee: Addressee::System {
                system: SystemName::from_id("yjs-platform").unwrap(),
            },
            life_s: Some(600),
        };
        let request = gateway.new_request();
        let asking = act(&self.portal, &request, "CreateUseCode");
        gateway.create_use_code(&asking, &wanted).await.unwrap()
    }

    /// Why a lookup under a request id fails: nobody is there to answer it.
    async fn lookup(&self, code: &str, request_id: &RequestId) -> Reason {
        let used = Use {
            caller: self.tables.platform.clone(),
            request_id: request_id.clone(),
            purpose: Purpose {
                matter: city::matter(0).name,
                case_number: "CASE-1".to_owned(),
                operator: None,
            },
            deadline: Instant::now() + Duration::from_secs(30),
            place: None,
        };
        let lookup = Lookup {
            certificate_type: self.kind.clone(),
            grounds: Grounds::UseCode(PlainCode::parse(code).unwrap()),
            items: Vec::new(),
            part_of: None,
            max_age_s: None,
        };
        let failed: Result<_, Failure> = self.tables.gateway.lookup(&used, &lookup).await;
        failed.unwrap_err().reason
    }

    fn advance(&self, seconds: i64) {
        let by = SignedDuration::from_secs(seconds);
        self.tables.gateway.clock.advance(by);
    }

    /// How many codes are left once those that have ended are removed.
    async fn left(&self, database: &Database) -> u64 {
        self.tables.gateway.tidy_use_codes().await.unwrap();
        database.execute("UPDATE use_codes SET ends = ends").await
    }
}

async fn a_code_ends_and_is_removed(database: &Database) {
    let scene = Scene::set(database).await;
    let new_request = || scene.tables.gateway.new_request();
    let (in_time, late) = (scene.code().await, scene.code().await);
    scene.advance(599);
    let reason = scene.lookup(&in_time.code, &new_request()).await;
    assert_eq!(reason, Reason::ProviderUnavailable);
    assert_eq!(scene.left(database).await, 2);
    scene.advance(1);
    let reason = scene.lookup(&late.code, &new_request()).await;
    assert_eq!(reason, Reason::UseCodeRefused);
    // The one that was taken stays until its request can repeat itself no more.
    assert_eq!(scene.left(database).await, 1);
    scene.advance(23 * 60 * 60);
    assert_eq!(scene.left(database).await, 0);
}

async fn whoever_took_it_in_time_may_repeat_itself_until_the_request_id_is_free(
    database: &Database,
) {
    let scene = Scene::set(database).await;
    let made = scene.code().await;
    let one = scene.tables.gateway.new_request();
    for (seconds, expected) in [
        (0, Reason::ProviderUnavailable),
        (601, Reason::ProviderUnavailable),
        (22 * 60 * 60, Reason::ProviderUnavailable),
        (60 * 60, Reason::UseCodeRefused),
    ] {
        scene.advance(seconds);
        assert_eq!(scene.lookup(&made.code, &one).await, expected, "{seconds}");
    }
}
