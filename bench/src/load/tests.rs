//! The load client against the echo backend, over real mutual TLS.

use std::net::Ipv4Addr;

use sandbox::identity::Identity;
use tokio::net::TcpListener;

use super::*;
use crate::keys::{Authority, HOST};
use crate::{echo, tls};

/// Starts the echo backend; it ends with the test.
async fn target(authority: &Authority, caller: &Identity) -> Target {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let identity = authority.issue("backend").unwrap();
    tokio::spawn(async move { echo::serve(&identity, listener).await });
    Target {
        address,
        host: HOST.to_owned(),
        tls: tls::client_config(caller).unwrap(),
    }
}

fn streams(records: u32) -> Question {
    Question {
        path: echo::STREAM,
        headers: HeaderMap::new(),
        message: echo::framed(&echo::v1::StreamRequest { records }),
        id_at: None,
    }
}

const BOUNDS: Bounds = Bounds {
    calls: 101,
    time: Duration::from_mins(1),
};

#[tokio::test]
async fn every_call_is_made_once_and_its_messages_are_counted() {
    let authority = Authority::new().unwrap();
    let target = target(&authority, &authority.issue("caller").unwrap()).await;
    let lines = connect(&target, 3).await.unwrap();
    let question = Question {
        path: echo::ECHO,
        headers: HeaderMap::new(),
        message: echo::framed(&echo::v1::EchoRequest::default()),
        id_at: None,
    };
    let unary = run(&lines, 4, &question, BOUNDS).await.unwrap();
    assert!(unary.faults().is_empty(), "{:?}", unary.faults());
    assert_eq!((unary.calls(), unary.messages()), (101, 101));

    let streamed = run(&lines, 4, &streams(7), BOUNDS).await.unwrap();
    assert!(streamed.faults().is_empty(), "{:?}", streamed.faults());
    assert_eq!((streamed.calls(), streamed.messages()), (101, 707));
    assert!(streamed.bytes() > 707 * 4000);
}

#[tokio::test]
async fn a_call_that_does_not_end_with_ok_is_a_fault() {
    let authority = Authority::new().unwrap();
    let target = target(&authority, &authority.issue("caller").unwrap()).await;
    let lines = connect(&target, 1).await.unwrap();
    let tally = run(&lines, 2, &streams(0), BOUNDS).await.unwrap();
    assert_eq!(tally.calls(), 0);
    let counted: Vec<_> = tally.faults().iter().collect();
    let [(fault, count)] = counted[..] else {
        panic!("{counted:?}");
    };
    assert!(fault.starts_with("grpc-status 3"), "{fault}");
    assert_eq!(*count, 101);
}

#[tokio::test]
async fn a_caller_of_another_authority_gets_nothing() {
    let (authority, other) = (Authority::new().unwrap(), Authority::new().unwrap());
    let stranger = Identity {
        authority_pem: authority.issue("any").unwrap().authority_pem,
        ..other.issue("stranger").unwrap()
    };
    let target = target(&authority, &stranger).await;
    // The client's side of a TLS 1.3 handshake ends before the server has looked at it.
    if let Ok(lines) = connect(&target, 1).await {
        let tally = run(&lines, 1, &streams(1), BOUNDS).await.unwrap();
        assert_eq!(tally.calls(), 0);
        assert!(!tally.faults().is_empty());
    }
}
