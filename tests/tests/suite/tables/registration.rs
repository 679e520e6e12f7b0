//! What may be registered as a database, and what is found out before it is.

use std::collections::BTreeSet;

use broker::Failure;
use domain::endpoint::{Address, Endpoint, EndpointPatch, Protocol};
use domain::name::ResourceName;
use domain::reason::Reason;
use domain::source::{Identifier, SecretName, SqlSource, View};
use kit::databases::on_sqlite;
use kit::gateway::act;
use kit::tables::source::{Source, write_secret};
use kit::tables::{CONSUMER, PROVIDER, Tables, key};

fn sql(endpoint: &mut Endpoint) -> &mut SqlSource {
    match &mut endpoint.protocol {
        Protocol::Sql(source) => source,
        Protocol::Grpc
        | Protocol::HttpJson
        | Protocol::NetworkIdentity
        | Protocol::CertificateLibrary(_)
        | Protocol::FileDrop(_) => {
            panic!("no database")
        }
    }
}

fn told(failure: &Failure) -> BTreeSet<(String, String)> {
    let fault = |fault: &domain::fault::FieldFault| (fault.field.clone(), fault.code.clone());
    failure.faults.iter().map(fault).collect()
}

/// Runs a test over each database that is installed, its view not yet registered.
async fn before_registration(test: impl AsyncFn(&Tables, &Source, Endpoint)) {
    let mut sources = vec![Source::sqlite()];
    sources.extend(Source::postgres().await);
    sources.extend(Source::mysql());
    for source in sources {
        source.load(&[]).await;
        on_sqlite(async |database| {
            let tables = Tables::start(database).await;
            let endpoint = source.endpoint(&tables);
            test(&tables, &source, endpoint).await;
        })
        .await;
        source.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn columns_that_are_missing_or_do_not_fit_are_all_named_at_once() {
    before_registration(async |tables: &Tables, source: &Source, good: Endpoint| {
        let mut bad = good.clone();
        let view = &mut sql(&mut bad).views[0];
        let column = |name: &str| Identifier::parse(name).unwrap();
        view.columns.insert(key("name"), column("missing"));
        view.columns.insert(key("count"), column("Note"));
        view.columns.insert(key("note"), column("c_count"));
        view.key = vec![column("c_ratio"), column("gone")];
        let failure = tables.register(bad).await.unwrap_err();
        let wanted = [
            ("columns[name]", "COLUMN_MISSING"),
            ("columns[count]", "COLUMN_TYPE"),
            ("columns[note]", "COLUMN_TYPE"),
            ("key[0]", "COLUMN_TYPE"),
            ("key[1]", "COLUMN_MISSING"),
        ];
        let wanted =
            wanted.map(|(field, code)| (format!("endpoint.sql.views[0].{field}"), code.to_owned()));
        assert_eq!(told(&failure), wanted.into(), "{:?}", source.engine());

        let mut bad = good.clone();
        sql(&mut bad).views[0].name = column("nowhere");
        let failure = tables.register(bad).await.unwrap_err();
        let wanted = (
            "endpoint.sql.views[0].view".to_owned(),
            "VIEW_MISSING".to_owned(),
        );
        assert_eq!(told(&failure), [wanted].into());

        let made = tables.register(good).await.unwrap();
        assert!(made.health.is_serving(), "{:?}", made.health);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_that_could_write_is_refused() {
    before_registration(
        async |tables: &Tables, source: &Source, endpoint: Endpoint| {
            let grant = match source {
                Source::Sqlite(_) => return,
                Source::Postgres(..) => format!("GRANT INSERT ON held TO {}", source.user()),
                Source::Mysql(_) => {
                    format!("GRANT DELETE ON tables.held TO '{}'@'%'", source.user())
                }
            };
            source.run(&grant).await;
            let failure = tables.register(endpoint).await.unwrap_err();
            assert_eq!(failure.faults[0].code, "DATABASE_REFUSED");
            assert!(
                failure.faults[0].message.contains("can write"),
                "{failure:?}"
            );
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secret_that_others_can_read_is_not_used_and_never_told() {
    before_registration(
        async |tables: &Tables, source: &Source, endpoint: Endpoint| {
            if matches!(source, Source::Sqlite(_)) {
                return;
            }
            let refused = async |endpoint: Endpoint, word: &str| {
                let failure = tables.register(endpoint).await.unwrap_err();
                let told = format!("{failure:?}");
                assert!(told.contains(word) && !told.contains("pass word"), "{told}");
            };
            let folder = tables.gateway.folder();
            write_secret(folder, &source.user(), 0o640);
            refused(endpoint.clone(), "0600").await;
            write_secret(folder, "nobody_here", 0o600);
            refused(endpoint.clone(), "DATABASE_REFUSED").await;
            let mut other = endpoint.clone();
            sql(&mut other).secret = Some(SecretName::parse("not-there").unwrap());
            refused(other, "not-there").await;
            write_secret(folder, &source.user(), 0o600);
            let made = tables.register(endpoint).await.unwrap();
            let shown = serde_json::to_string(&made).unwrap();
            assert!(!shown.contains("pass word"));
            let bundle = tables.gateway.export(&tables.operator, None).await;
            let text = String::from_utf8_lossy(&bundle);
            assert!(!text.contains("pass word") && !text.contains(&source.user()));
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_view_by_which_alone_an_entry_is_reached_is_not_left_out() {
    before_registration(async |tables: &Tables, _: &Source, endpoint: Endpoint| {
        let gateway = &tables.gateway;
        let name = endpoint.name.clone();
        tables.register(endpoint.clone()).await.unwrap();
        let draft = domain::resource::Resource {
            name: ResourceName::from_id("102001-000601").unwrap(),
            title: "企业登记历史信息".to_owned(),
            state: domain::resource::ResourceState::Draft,
            ..tables.resource.clone()
        };
        let other = draft.name.clone();
        let request = gateway.new_request();
        let creating = act(&tables.owner, &request, "CreateResource");
        gateway.create_resource(&creating, draft).await.unwrap();
        let change = async |views: &[&ResourceName]| {
            let mut changed = endpoint.clone();
            let source = sql(&mut changed);
            let view = source.views.remove(0);
            source.views.extend(views.iter().map(|resource| View {
                resource: ResourceName::clone(resource),
                ..view.clone()
            }));
            let patch = EndpointPatch {
                sql: Some(source.clone()),
                ..EndpointPatch::default()
            };
            let request = gateway.new_request();
            let changing = act(&tables.owner, &request, "UpdateEndpoint");
            gateway.update_endpoint(&changing, &name, patch, "").await
        };
        let failure = change(&[&other]).await.unwrap_err();
        assert_eq!(failure.reason, Reason::StateConflict, "{failure:?}");
        let left_out = tables.resource.name.as_str();
        assert!(failure.message.contains(left_out), "{}", failure.message);
        change(&[&other, &tables.resource.name]).await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_laid_down_for_another_system_is_not_reached_by_its_name() {
    before_registration(
        async |tables: &Tables, source: &Source, endpoint: Endpoint| {
            let kind = match source {
                Source::Sqlite(_) => "sources",
                Source::Postgres(..) | Source::Mysql(_) => "secrets",
            };
            let folder = tables.gateway.folder().join(kind);
            let (own, others) = (folder.join(PROVIDER), folder.join(CONSUMER));
            std::fs::rename(&own, &others).unwrap();
            let failure = tables.register(endpoint.clone()).await.unwrap_err();
            let fault = &failure.faults[0];
            assert_eq!(fault.code, "DATABASE_REFUSED");
            let place = format!("is not in the gateway's folder {kind}/{PROVIDER}");
            assert!(fault.message.contains(&place), "{}", fault.message);
            std::fs::rename(&others, &own).unwrap();
            tables.register(endpoint).await.unwrap();
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_outside_of_the_allowed_networks_is_not_looked_for() {
    before_registration(
        async |tables: &Tables, source: &Source, mut endpoint: Endpoint| {
            if matches!(source, Source::Sqlite(_)) {
                endpoint.address = Address::parse_file("file:elsewhere.db").unwrap();
                let failure = tables.register(endpoint).await.unwrap_err();
                assert_eq!(failure.faults[0].code, "DATABASE_REFUSED");
                return;
            }
            endpoint.address = Address::parse("192.0.2.1:5432").unwrap();
            let failure = tables.register(endpoint).await.unwrap_err();
            assert_eq!(failure.faults[0].code, "ADDRESS_NOT_ALLOWED");
        },
    )
    .await;
}
