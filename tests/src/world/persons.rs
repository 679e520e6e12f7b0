//! The social insurance bureau once more, as a service that speaks HTTP and JSON.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use api::catalogue::v1 as catalogue;
use api::registry::v1 as registry;
use api::sharing::v1 as sharing;
use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use sandbox::identity::Identity;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use super::hostile;
use super::insured::{OWNER, SYSTEM};
use super::json::{Http, Reply, Speaks};
use super::story::{agree, publish};
use super::terms::{CASE, CLERK, COMPETENT, PLATFORM, application};
use super::{Client, HOST, World, ask, new_id};
use crate::city;

/// What the document says, shortened to what counts.
pub const DOCUMENT: &str = r#"{
  "openapi": "3.0.3",
  "info": {"title": "参保信息", "version": "1"},
  "paths": {
    "/persons/{id}": {"get": {"responses": {"200": {"description": "one person"}}}},
    "/persons/{id}/address": {"put": {"requestBody": {"content": {}}, "responses": {}}}
  }
}"#;
/// What the service answers of everybody.
pub const PERSON: &str = r#"{"person": {"name": "测试甲", "idNumber": "430502190102030017",
 "base": 5320.10, "number": 123456789012345678901234567890,
 "jobs": [{"employer": "甲公司", "code": "9143"}, {"employer": "乙公司", "code": "9144"}],
 "secret": {"name": "x"}}, "version": 7, "internal": true}"#;

/// Whom the service does not know.
pub const NOBODY: &str = "430521190506300131";
/// Where the service serves its document.
pub const DOCUMENT_PATH: &str = "/openapi.json";
/// The longest request line that it takes.
const LONGEST_LINE: usize = 8192;

/// Items with their places in the answer.
const ITEMS: [(&str, &str, &str); 5] = [
    ("name", "C", "person.name"),
    ("id_number", "C", "person.idNumber"),
    ("base", "Y", "person.base"),
    ("number", "N", "person.number"),
    ("employer", "C", "person.jobs.employer"),
];

/// A request as the service saw it.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Method, path and query.
    pub line: String,
    /// The headers.
    pub headers: http::HeaderMap,
    /// The body.
    pub body: Bytes,
}

/// The service behind the gateway, granted in part to the platform.
#[derive(Debug)]
pub struct Persons {
    /// The world it plays in.
    pub world: World,
    /// The consumer.
    pub platform: Client,
    /// The provider as a caller.
    pub provider: Client,
    /// Where the service is.
    pub address: SocketAddr,
    /// Somebody who sees all evidence.
    pub auditor: Client,
    /// An officer of the provider's department.
    pub owner: Client,
    /// What was agreed.
    pub grant: sharing::Grant,
    /// What the service was asked, in order.
    pub seen: Arc<Mutex<Vec<Seen>>>,
    service: Arc<Service>,
    serving: JoinHandle<()>,
}

/// What the service answers with, and what it was asked.
#[derive(Debug)]
struct Service {
    seen: Arc<Mutex<Vec<Seen>>>,
    body: Mutex<String>,
    document: Mutex<Answer>,
    /// Whoever holds it keeps the document back.
    held: Arc<tokio::sync::Mutex<()>>,
}

/// An answer whole: code, kind and body.
type Answer = (u16, String, String);

impl Service {
    fn new(document: &str) -> Arc<Self> {
        let document = (200, "application/json".to_owned(), document.to_owned());
        Arc::new(Self {
            seen: Arc::default(),
            body: Mutex::new(PERSON.to_owned()),
            document: Mutex::new(document),
            held: Arc::default(),
        })
    }
}

impl Persons {
    /// Registers the document, publishes the resource, and grants these items.
    ///
    /// # Panics
    /// When a step is refused.
    pub async fn granting(items: &[&str]) -> Self {
        Self::described(DOCUMENT, items).await
    }

    /// The same where the gateway fetches the document from the service.
    ///
    /// # Panics
    /// When a step is refused.
    pub async fn fetched(document: &str, items: &[&str]) -> Self {
        let endpoint = format!("systems/{SYSTEM}/endpoints/http");
        let told = registry::Interface {
            reflected_from: endpoint,
            document_path: DOCUMENT_PATH.to_owned(),
            ..registry::Interface::default()
        };
        Self::starting(document, told, items).await
    }

    /// The same by another document of the same methods.
    ///
    /// # Panics
    /// When a step is refused.
    pub async fn described(document: &str, items: &[&str]) -> Self {
        let sent = registry::Interface {
            openapi: document.into(),
            ..registry::Interface::default()
        };
        Self::starting(document, sent, items).await
    }

    async fn starting(document: &str, description: registry::Interface, items: &[&str]) -> Self {
        let world = World::start().await;
        let platform = world.enrol_system(PLATFORM).await;
        let provider = world.enrol_provider(SYSTEM).await;
        let service = Service::new(document);
        let listener = TcpListener::bind((HOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let tls = hostile::tls(&provider.identity);
        let serving = tokio::spawn(serve(listener, tls, Arc::clone(&service)));
        let owner = world.enrol_officer(OWNER, "zhao").await;
        let publisher = world.enrol_officer(COMPETENT, "li").await;
        let applicant = world.enrol_officer(COMPETENT, "zhang").await;
        let auditor = world.enrol_auditor("audit").await;
        register(&owner, "http", &address).await;
        describe(&owner, description).await;
        let resource = resource();
        publish(&owner, &publisher, &resource).await;
        let mut terms = application(&resource);
        terms.items = items.iter().map(|&item| item.to_owned()).collect();
        let grant = agree(&applicant, &owner, terms).await;
        Self {
            world,
            platform,
            provider,
            address,
            auditor,
            owner,
            grant,
            seen: Arc::clone(&service.seen),
            service,
            serving,
        }
    }

    /// Registers one more place of the service.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn add_endpoint(&self, name: &str, address: SocketAddr) {
        register(&self.owner, name, &address).await;
    }

    /// Answers everybody with this from now on.
    ///
    /// # Panics
    /// Never.
    pub fn answer_with(&self, body: &str) {
        body.clone_into(&mut self.service.body.lock().unwrap());
    }

    /// Answers with this where it serves its document.
    ///
    /// # Panics
    /// Never.
    pub fn serve_document(&self, code: u16, kind: &str, body: &str) {
        let answer = (code, kind.to_owned(), body.to_owned());
        *self.service.document.lock().unwrap() = answer;
    }

    /// Answers nobody who asks for its document until this is dropped.
    pub async fn hold_document(&self) -> tokio::sync::OwnedMutexGuard<()> {
        Arc::clone(&self.service.held).lock_owned().await
    }

    /// Serves at the same address whoever connects, with or without a certificate.
    ///
    /// # Panics
    /// When the address was taken meanwhile.
    pub async fn serve_anybody(&mut self) {
        self.stop().await;
        let listener = TcpListener::bind(self.address).await.unwrap();
        let tls = hostile::tls_for_anybody(&self.provider.identity);
        self.serving = tokio::spawn(serve(listener, tls, Arc::clone(&self.service)));
    }

    /// Ends the service; the address stays.
    pub async fn stop(&mut self) {
        if self.serving.is_finished() {
            return;
        }
        self.serving.abort();
        // Ended when this returns, well or by the abort.
        let _ = (&mut self.serving).await;
    }

    /// Asks as the platform, with this deadline.
    pub async fn ask(
        &self,
        speaks: Speaks,
        method: Method,
        path: &str,
        deadline: &str,
        body: &str,
    ) -> Reply {
        let own = &self.platform.identity;
        let mut open = Http::open(&self.world.gateway, Some(own), speaks).await;
        let (matter, id) = (city::matter(0).name.to_string(), new_id());
        let mut headers = vec![
            ("grpc-timeout", deadline),
            ("shuqiao-matter", matter.as_str()),
            ("shuqiao-case", CASE),
            ("shuqiao-operator", CLERK),
            ("shuqiao-request-id", id.as_str()),
        ];
        if !body.is_empty() {
            headers.push(("content-type", "application/json"));
        }
        open.send(method, path, &headers, body.to_owned()).await
    }
}

impl Drop for Persons {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// The service alone, under this identity; whoever asks is looked at by TLS only.
///
/// # Panics
/// When nothing can be listened on.
pub async fn alone(identity: &Identity) -> SocketAddr {
    let listener = TcpListener::bind((HOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let tls = hostile::tls(identity);
    tokio::spawn(serve(listener, tls, Service::new(DOCUMENT)));
    address
}

async fn serve(listener: TcpListener, tls: rustls::ServerConfig, service: Arc<Service>) {
    let acceptor = TlsAcceptor::from(Arc::new(tls));
    let mut open = tokio::task::JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let (acceptor, service) = (acceptor.clone(), Arc::clone(&service));
        open.spawn(async move {
            let Ok(stream) = acceptor.accept(stream).await else {
                return;
            };
            let service =
                hyper::service::service_fn(move |request| answer(request, Arc::clone(&service)));
            // How the other side ends it is not of interest.
            let _ = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

async fn answer(
    request: Request<Incoming>,
    service: Arc<Service>,
) -> hyper::Result<Response<Full<Bytes>>> {
    let (head, body) = request.into_parts();
    let path = head.uri.path_and_query().unwrap();
    let asked = Seen {
        line: format!("{} {path}", head.method),
        headers: head.headers,
        body: body.collect().await?.to_bytes(),
    };
    let answer = |status| {
        let body = service.body.lock().unwrap().clone();
        (status, "application/json;charset=UTF-8".to_owned(), body)
    };
    service.seen.lock().unwrap().push(asked.clone());
    if asked.line.ends_with(DOCUMENT_PATH) {
        drop(service.held.lock().await);
    }
    let (status, kind, body) = match asked.line.as_str() {
        line if line.len() > LONGEST_LINE => answer(414),
        line if line.ends_with(NOBODY) => answer(404),
        line if line.ends_with(DOCUMENT_PATH) => service.document.lock().unwrap().clone(),
        _ => answer(200),
    };
    let mut response = Response::builder()
        .status(status)
        .header("content-type", kind);
    if (300..400).contains(&status) {
        response = response.header("location", "/MARKED");
    }
    Ok(response.body(Full::from(body)).unwrap())
}

/// Registers the document.
async fn describe(owner: &Client, description: registry::Interface) {
    let parent = format!("systems/{SYSTEM}");
    let request = registry::CreateInterfaceRequest {
        parent: parent.clone(),
        interface: Some(registry::Interface {
            name: format!("{parent}/interfaces/http"),
            ..description
        }),
        request_id: new_id(),
    };
    let made = owner.interfaces().create_interface(ask(request)).await;
    let paths: Vec<String> = made
        .unwrap()
        .into_inner()
        .methods
        .into_iter()
        .map(|method| method.path)
        .collect();
    assert_eq!(paths, ["GET /persons/{id}", "PUT /persons/{id}/address"]);
}

/// Registers a place of the service.
async fn register(owner: &Client, name: &str, address: &SocketAddr) {
    let parent = format!("systems/{SYSTEM}");
    let request = registry::CreateEndpointRequest {
        parent: parent.clone(),
        endpoint: Some(registry::Endpoint {
            name: format!("{parent}/endpoints/{name}"),
            protocol: registry::endpoint::Protocol::HttpJson.into(),
            address: address.to_string(),
            ..registry::Endpoint::default()
        }),
        request_id: new_id(),
        validate_only: false,
    };
    let made = owner.endpoints().create_endpoint(ask(request)).await;
    let made = made.unwrap().into_inner();
    let serving = registry::endpoint::Health::Serving;
    assert_eq!(made.health(), serving, "{}", made.last_error);
}

/// The resource behind the service.
#[must_use]
pub fn resource() -> catalogue::Resource {
    let fields = ITEMS.map(|(item, _, path)| catalogue::ItemField {
        item: item.to_owned(),
        path: path.to_owned(),
    });
    let operation = |method: &str| catalogue::Operation {
        method: method.to_owned(),
        fields: fields.clone().into(),
        structure: vec!["version".to_owned()],
    };
    let item = |(key, data_type, _): (&str, &str, &str)| catalogue::ResourceItem {
        key: key.to_owned(),
        title: key.to_owned(),
        data_type: data_type.to_owned(),
        sensitive: false,
        ..catalogue::ResourceItem::default()
    };
    catalogue::Resource {
        items: ITEMS.map(item).into(),
        api: Some(catalogue::Api {
            interface: format!("systems/{SYSTEM}/interfaces/http"),
            operations: vec![
                operation("GET /persons/{id}"),
                operation("PUT /persons/{id}/address"),
            ],
        }),
        ..super::insured::resource()
    }
}
