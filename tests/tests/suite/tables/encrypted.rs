//! TLS to databases: who a server must prove to be, and what is seen of it.

use domain::endpoint::{Address, Endpoint};
use kit::databases::on_sqlite;
use kit::tables::Tables;
use kit::tables::mariadb::MariaDb;
use kit::tables::source::{Source, write_authority};
use kit::tables::vouched::Voucher;

/// What a registration at this host was refused for.
async fn refused(tables: &Tables, endpoint: &Endpoint, host: &str) -> String {
    let endpoint = at(endpoint, host);
    let failure = tables.register(endpoint).await.unwrap_err();
    assert_eq!(failure.faults[0].code, "DATABASE_REFUSED", "{failure:?}");
    failure.faults[0].message.clone()
}

fn at(endpoint: &Endpoint, host: &str) -> Endpoint {
    let place = format!("{host}:{}", endpoint.address.port());
    Endpoint {
        address: Address::parse(&place).unwrap(),
        ..endpoint.clone()
    }
}

/// Registers the server at this host, and gives version and suite as it states them.
async fn accepted(tables: &Tables, endpoint: &Endpoint, host: &str) -> (String, String) {
    let made = tables.register(at(endpoint, host)).await.unwrap();
    assert!(made.health.is_serving(), "{:?}", made.health);
    let seen = tables.gateway.observation(&made.name).unwrap();
    let tls = seen.tls.unwrap();
    assert_eq!(tls.certificate, None, "the driver shows none");
    (tls.version, tls.cipher_suite)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgres_server_must_be_of_the_named_authority_and_bear_its_name() {
    let Some(source) = Source::own_postgres().await else {
        return;
    };
    let Source::Postgres(server, _) = &source else {
        panic!("it is PostgreSQL");
    };
    let (voucher, stranger) = (Voucher::new(), Voucher::new());
    source.load(&[]).await;
    on_sqlite(async |database| {
        let tables = Tables::start(database).await;
        let endpoint = source.endpoint(&tables);
        let folder = tables.gateway.folder();
        // Who names an authority asks for TLS, on this machine too.
        write_authority(folder, &voucher.authority_pem);
        let told = refused(&tables, &endpoint, "127.0.0.1").await;
        assert!(told.contains("offers no TLS"), "{told}");

        server.offer_tls(&voucher.vouch("127.0.0.1"));
        let told = refused(&tables, &endpoint, "localhost").await;
        assert!(told.contains("for another name"), "{told}");
        write_authority(folder, &stranger.authority_pem);
        let told = refused(&tables, &endpoint, "127.0.0.1").await;
        assert!(told.contains("of another authority"), "{told}");
        write_authority(folder, "no certificate");
        refused(&tables, &endpoint, "127.0.0.1").await;

        write_authority(folder, &voucher.authority_pem);
        let (version, suite) = accepted(&tables, &endpoint, "127.0.0.1").await;
        assert!(version.starts_with("TLSv1_"), "{version}");
        assert!(
            suite.contains("_GCM_") || suite.contains("CHACHA20"),
            "{suite}"
        );
        tables.agree(None, &[]).await;
        let read = tables.read(tables.wish(None, Vec::new())).await;
        assert!(read.ended.is_ok(), "{:?}", read.ended);
    })
    .await;
    // A server that shows a certificate for its name, under an endpoint of its own.
    server.offer_tls(&voucher.vouch("localhost"));
    on_sqlite(async |database| {
        let tables = Tables::start(database).await;
        let endpoint = source.endpoint(&tables);
        write_authority(tables.gateway.folder(), &voucher.authority_pem);
        let told = refused(&tables, &endpoint, "127.0.0.1").await;
        assert!(told.contains("for another name"), "{told}");
        accepted(&tables, &endpoint, "localhost").await;
    })
    .await;
    source.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mysql_server_must_be_of_the_named_authority_and_bear_its_name() {
    let (voucher, stranger) = (Voucher::new(), Voucher::new());
    let Some(server) = MariaDb::start_showing(Some(&voucher.vouch("localhost"))) else {
        return;
    };
    let source = Source::Mysql(server);
    source.load(&[]).await;
    on_sqlite(async |database| {
        let tables = Tables::start(database).await;
        let endpoint = source.endpoint(&tables);
        let folder = tables.gateway.folder();
        write_authority(folder, &stranger.authority_pem);
        let told = refused(&tables, &endpoint, "localhost").await;
        assert!(told.contains("of another authority"), "{told}");
        write_authority(folder, &voucher.authority_pem);
        let told = refused(&tables, &endpoint, "127.0.0.1").await;
        assert!(told.contains("for another name"), "{told}");
        let (version, suite) = accepted(&tables, &endpoint, "localhost").await;
        assert!(version.starts_with("TLSv1_"), "{version}");
        assert!(!suite.is_empty());
    })
    .await;
    source.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_no_authority_is_named_this_machine_is_spoken_to_without_tls() {
    let Some(source) = Source::postgres().await else {
        return;
    };
    source.load(&[]).await;
    on_sqlite(async |database| {
        let tables = Tables::start(database).await;
        let made = tables.register(source.endpoint(&tables)).await.unwrap();
        let seen = tables.gateway.observation(&made.name).unwrap();
        assert_eq!((seen.tls, seen.error), (None, None));
    })
    .await;
    source.remove().await;
}
