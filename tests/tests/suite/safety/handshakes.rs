//! Handshakes: TLS 1.3 only, nothing resumed, nobody of another authority, nobody who is silent.

use std::sync::Arc;

use kit::world::World;
use kit::world::forge::Forge;
use kit::world::wire::{settings, shake, tls};
use rustls::HandshakeKind;
use rustls::version::{TLS12, TLS13};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// The trust domain of a gateway that is told no other.
const TRUST_DOMAIN: &str = "shuqiao.shaoyang";
/// The beginning of a record that holds a handshake message of 512 bytes, which never comes whole.
const HALF_A_HELLO: [u8; 9] = [22, 3, 1, 2, 0, 1, 0, 1, 252];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_offers_tls_1_2_only_is_refused() {
    let world = World::start().await;
    let own = Some(&world.operator.identity);
    let refused = shake(&world.gateway, tls(&world.gateway, own, &TLS12))
        .await
        .unwrap_err();
    assert!(refused.to_string().contains("ProtocolVersion"), "{refused}");
    // The same client, but for the version.
    let mut served = shake(&world.gateway, tls(&world.gateway, own, &TLS13))
        .await
        .unwrap();
    settings(&mut served).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_of_another_authority_or_out_of_its_time_does_not_get_in() {
    let world = World::start().await;
    let ours = Forge::with_stolen_key(world.folder().path());
    let theirs = Forge::of_the_same_name(TRUST_DOMAIN);
    let own = Forge::with_stolen_own_key(world.folder().path());
    let cases = [
        (
            "another authority of the same name",
            theirs.certificate(|_| {}),
            "DecryptError",
        ),
        ("the gateway's own authority", own.certificate(|_| {}), ""),
        (
            "expired",
            ours.certificate(|p| p.not_after = rcgen::date_time_ymd(2021, 1, 1)),
            "CertificateExpired",
        ),
        (
            "not valid yet",
            ours.certificate(|p| p.not_before = rcgen::date_time_ymd(2098, 1, 1)),
            "",
        ),
        (
            "made for servers only",
            ours.certificate(|p| {
                p.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
            }),
            "",
        ),
        (
            "an authority's own",
            ours.certificate(|p| {
                p.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
            }),
            "",
        ),
    ];
    for (case, identity, alert) in cases {
        let config = tls(&world.gateway, Some(&identity), &TLS13);
        let begun = async {
            let mut stream = shake(&world.gateway, config).await?;
            settings(&mut stream).await
        };
        let refused = begun.await.expect_err(case).to_string();
        assert!(
            refused.contains("alert") && refused.contains(alert),
            "{case}: {refused}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_session_is_resumed_so_every_connection_proves_its_certificate() {
    let world = World::start().await;
    // The client remembers sessions and would gladly resume one.
    let config = tls(&world.gateway, Some(&world.operator.identity), &TLS13);
    for attempt in 1..=3 {
        let mut stream = shake(&world.gateway, Arc::clone(&config)).await.unwrap();
        // Tickets would come before the first data.
        settings(&mut stream).await.unwrap();
        let (_, session) = stream.get_ref();
        assert_eq!(
            session.handshake_kind(),
            Some(HandshakeKind::Full),
            "connection {attempt}"
        );
        assert_eq!(session.tls13_tickets_received(), 0, "connection {attempt}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_silent_or_stops_half_way_is_disconnected() {
    let world = World::start().await;
    let silent = async {
        let mut stream = TcpStream::connect(&world.gateway.address).await.unwrap();
        read_to_end(&mut stream).await
    };
    let half = async {
        let mut stream = TcpStream::connect(&world.gateway.address).await.unwrap();
        stream.write_all(&HALF_A_HELLO).await.unwrap();
        read_to_end(&mut stream).await
    };
    let shaken = async {
        // The handshake is whole, and then nothing is asked for: no certificate is needed for it.
        let config = tls(&world.gateway, None, &TLS13);
        let mut stream = shake(&world.gateway, config).await.unwrap();
        read_to_end(&mut stream).await
    };
    let ended = async { tokio::join!(silent, half, shaken) };
    tokio::time::timeout(std::time::Duration::from_secs(60), ended)
        .await
        .expect("still open");
}

/// Reads until the other side closes or breaks the connection.
async fn read_to_end(stream: &mut (impl tokio::io::AsyncRead + Unpin)) {
    let mut rest = Vec::new();
    // A connection that is reset is closed too.
    let _ = stream.read_to_end(&mut rest).await;
}
