//! Simulated departments: the sandbox's providers, which a test can stop, replace and cut off.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};

use sandbox::identity::Identity;
use sandbox::insurance::DESCRIPTOR_SET;
use sandbox::provider::{Provider, Running};
use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use super::Client;

const ANYWHERE: SocketAddr = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0));

/// A simulated system that answers the gateway.
#[derive(Debug)]
pub struct Department {
    /// The system as a caller.
    pub client: Client,
    id: String,
    address: SocketAddr,
    running: Option<Running>,
}

/// A network line that carries bytes until it is cut.
#[derive(Debug)]
pub struct Line(JoinHandle<()>);

// === impl Department ===

impl Department {
    /// Starts its server anywhere, under its own certificate.
    pub(super) async fn start(client: Client, id: &str) -> Self {
        let own = client.identity.clone();
        let mut department = Self {
            client,
            id: id.to_owned(),
            address: ANYWHERE,
            running: None,
        };
        department.answer_as(&own).await;
        department
    }

    /// Where its server listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its server.
    ///
    /// # Panics
    /// When it was stopped.
    #[must_use]
    pub fn running(&self) -> &Running {
        self.running.as_ref().unwrap()
    }

    /// Stops its server; the address stays its own.
    pub async fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            running.stop().await;
        }
    }

    /// Answers at its address under an identity, its own or another's.
    ///
    /// # Panics
    /// When the address was taken meanwhile.
    pub async fn answer_as(&mut self, identity: &Identity) {
        self.answer_telling(identity, DESCRIPTOR_SET).await;
    }

    /// Answers at its address as before, and tells by reflection that its own service is described so.
    ///
    /// # Panics
    /// When the address was taken meanwhile, or the description is none.
    pub async fn tell(&mut self, description: &[u8]) {
        let own = self.client.identity.clone();
        self.answer_telling(&own, description).await;
    }

    async fn answer_telling(&mut self, identity: &Identity, description: &[u8]) {
        self.stop().await;
        let holdings = sandbox::data::holdings_for(&self.id).unwrap();
        let running = Provider::start_telling(identity, self.address, holdings, description)
            .await
            .unwrap();
        self.address = running.address();
        self.running = Some(running);
    }

    /// Answers from another address, so that the old one is a line that can be cut.
    ///
    /// # Panics
    /// When the address was taken meanwhile.
    pub async fn answer_through_a_line(&mut self) -> Line {
        let known = self.address;
        self.stop().await;
        self.address = ANYWHERE;
        let own = self.client.identity.clone();
        self.answer_as(&own).await;
        Line::between(known, self.address).await
    }
}

// === impl Line ===

impl Line {
    async fn between(listen: SocketAddr, target: SocketAddr) -> Self {
        let listener = TcpListener::bind(listen).await.unwrap();
        let carrying = tokio::spawn(async move {
            let mut carried = JoinSet::new();
            while let Ok((mut from, _)) = listener.accept().await {
                carried.spawn(async move {
                    if let Ok(mut to) = TcpStream::connect(target).await {
                        // How it ended is for the two sides to find out.
                        let _ = tokio::io::copy_bidirectional(&mut from, &mut to).await;
                    }
                });
            }
        });
        Self(carrying)
    }

    /// A line of its own to a server, and where it is taken up. Whatever has sent so many bytes over one connection
    /// finds it ended.
    ///
    /// # Panics
    /// When nothing can be listened on.
    pub async fn that_carries(bytes: u64, target: SocketAddr) -> (Self, SocketAddr) {
        let listener = TcpListener::bind(ANYWHERE).await.unwrap();
        let address = listener.local_addr().unwrap();
        let carrying = tokio::spawn(async move {
            let mut carried = JoinSet::new();
            while let Ok((from, _)) = listener.accept().await {
                carried.spawn(async move {
                    let Ok(to) = TcpStream::connect(target).await else {
                        return;
                    };
                    let (asking, mut answered) = from.into_split();
                    let (mut answering, mut asked) = to.into_split();
                    let mut asking = asking.take(bytes);
                    // Whichever ends first ends the other.
                    tokio::select! {
                        _ = tokio::io::copy(&mut asking, &mut asked) => {}
                        _ = tokio::io::copy(&mut answering, &mut answered) => {}
                    }
                });
            }
        });
        (Self(carrying), address)
    }

    /// Cuts it: both sides see their connections end without a word.
    pub fn cut(self) {
        self.0.abort();
    }
}
