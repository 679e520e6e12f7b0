//! nginx with `grpc_pass`: mutual TLS on both legs, no policy, no access log.

use std::net::SocketAddr;

use tokio::process::Command;

use super::front::Front;
use crate::Error;
use crate::child::{Child, free_address};
use crate::keys::HOST;

/// Starts nginx in front of the backend.
pub(super) async fn start(front: &Front<'_>) -> Result<(Child, SocketAddr), Error> {
    let address = free_address()?;
    let folder = front.places.folder.join("nginx");
    std::fs::create_dir_all(&folder)?;
    let file = folder.join("nginx.conf");
    std::fs::write(&file, configuration(front, address))?;
    let mut command = Command::new(&front.places.nginx);
    command.arg("-p").arg(&folder).arg("-c").arg(&file);
    // Also where it logs before it has read its configuration.
    command.arg("-e").arg("stderr");
    let mut child = Child::start("nginx", &mut command, &front.places.folder)?;
    child.reachable(address).await?;
    Ok((child, address))
}

/// Where a default would end connections in the middle of a run (so many requests, so many
/// seconds), it is lifted; what concerns speed stays as nginx has it.
fn configuration(front: &Front<'_>, address: SocketAddr) -> String {
    let Front {
        places,
        server,
        client,
        backend,
        ..
    } = front;
    format!(
        "daemon off;
pid nginx.pid;
error_log stderr warn;
worker_processes {cores};
events {{ worker_connections 4096; }}
http {{
  access_log off;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  keepalive_timeout 1d;
  keepalive_time 1d;
  keepalive_requests 1000000000;
  upstream echo {{
    server {backend};
    keepalive 1024;
    keepalive_timeout 1d;
    keepalive_time 1d;
    keepalive_requests 1000000000;
  }}
  server {{
    listen {address} ssl http2;
    http2_max_concurrent_streams 1024;
    ssl_protocols TLSv1.3;
    ssl_certificate {server_certificate};
    ssl_certificate_key {server_key};
    ssl_client_certificate {server_authority};
    ssl_verify_client on;
    ssl_session_tickets off;
    ssl_session_cache off;
    location / {{
      grpc_pass grpcs://echo;
      grpc_ssl_protocols TLSv1.3;
      grpc_ssl_certificate {client_certificate};
      grpc_ssl_certificate_key {client_key};
      grpc_ssl_trusted_certificate {client_authority};
      grpc_ssl_verify on;
      grpc_ssl_server_name on;
      grpc_ssl_name {HOST};
      grpc_ssl_session_reuse off;
    }}
  }}
}}
",
        cores = places.cores,
        server_certificate = server.certificate.display(),
        server_key = server.key.display(),
        server_authority = server.authority.display(),
        client_certificate = client.certificate.display(),
        client_key = client.key.display(),
        client_authority = client.authority.display(),
    )
}
