//! The way from an engineer's own machine: to one address, by certificates that are given.

use std::sync::Arc;
use std::time::Duration;

use domain::endpoint::Address;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;

use crate::reach::{Connected, NoWay, Reach, Shown};
use crate::tls::speaking_http2;

const CONNECT: Duration = Duration::from_secs(3);

/// The way to an endpoint that no gateway knows.
#[derive(Clone, Debug)]
pub struct Direct {
    /// Where it is.
    pub address: Address,
    /// The name that its certificate must carry.
    pub name: ServerName<'static>,
    /// What is shown as the gateway.
    pub gateway: Arc<ClientConfig>,
    /// What shows nothing.
    pub nothing: Arc<ClientConfig>,
    /// What shows the certificate of an authority that nobody knows.
    pub stranger: Arc<ClientConfig>,
    /// What shows the certificate of a system.
    pub system: Arc<ClientConfig>,
}

impl Reach for Direct {
    async fn dial(&self, shown: Shown) -> Result<Connected, NoWay> {
        let config = match shown {
            Shown::Gateway => &self.gateway,
            Shown::Nothing => &self.nothing,
            Shown::Stranger => &self.stranger,
            Shown::System => &self.system,
        };
        let dialled = tokio::time::timeout(CONNECT, self.dial_by(config)).await;
        let told = |what: &str| NoWay::Theirs(format!("no connection: {what}"));
        let stream = dialled
            .map_err(|_| told("timed out"))?
            .map_err(|error| told(&error.to_string()))?;
        speaking_http2(stream)
    }
}

impl Direct {
    async fn dial_by(&self, config: &Arc<ClientConfig>) -> std::io::Result<Connected> {
        let place = (self.address.host(), self.address.port());
        let stream = TcpStream::connect(place).await?;
        stream.set_nodelay(true)?;
        let connector = TlsConnector::from(Arc::clone(config));
        connector.connect(self.name.clone(), stream).await
    }
}
