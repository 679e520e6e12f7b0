//! Where the paths of a document begin, as its servers say.
//!
//! An endpoint is a host and a port. What stands behind them in the URL of a server is a part of every path that is
//! asked for there.

use serde_json::Value;

use super::path::is_plain;
use crate::fault::Cause;

/// Bytes of what stands before every path.
const LENGTH: usize = 255;
/// Servers of one list that are read where any of them may be meant.
const READ: usize = 16;

/// What stands before a path, `/api/v2` or nothing: the path of the first server's URL, with the defaults of its
/// variables. Of several servers nobody can tell which one an endpoint is, so the first counts.
///
/// # Errors
/// `NOT_A_SERVER`.
pub(super) fn base(servers: &Value) -> Result<String, Cause> {
    let servers = servers.as_array();
    let servers = servers.ok_or_else(|| wrong("servers is a list"))?;
    match servers.first() {
        Some(first) => base_of(first),
        None => Ok(String::new()),
    }
}

/// The same of each server; none for one that cannot be read, or for those beyond the first few.
pub(super) fn bases(servers: &Value) -> Vec<Option<String>> {
    let all = servers.as_array().map_or(&[] as &[Value], Vec::as_slice);
    let mut bases: Vec<Option<String>> =
        all.iter().take(READ).map(|one| base_of(one).ok()).collect();
    if !servers.is_array() || all.len() > READ {
        bases.push(None);
    }
    bases
}

fn base_of(server: &Value) -> Result<String, Cause> {
    let url = server.get("url").and_then(Value::as_str);
    let url = url.ok_or_else(|| wrong("a server needs a url"))?;
    let url = filled(url, server.get("variables"))?;
    let path = path_of(&url)?;
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let path = path.trim_end_matches('/');
    let mut segments = path.split('/').skip(1);
    if path.len() > LENGTH || !segments.all(|segment| !segment.is_empty() && is_plain(segment)) {
        return Err(wrong(
            "the path of a server's url is plain text, such as /api/v2, of at most 255 bytes",
        ));
    }
    Ok(path.to_owned())
}

/// The URL with the defaults of its variables.
fn filled(url: &str, variables: Option<&Value>) -> Result<String, Cause> {
    let mut whole = String::new();
    let mut rest = url;
    while let Some((before, after)) = rest.split_once('{') {
        let variable = after.split_once('}').and_then(|(name, next)| {
            let default = variables?.get(name)?.get("default")?.as_str()?;
            Some((default, next))
        });
        let Some((default, next)) = variable else {
            return Err(wrong("each variable of a server's url needs a default"));
        };
        whole.push_str(before);
        whole.push_str(default);
        rest = next;
    }
    whole.push_str(rest);
    Ok(whole)
}

/// What stands behind the host.
fn path_of(url: &str) -> Result<&str, Cause> {
    let scheme = url.find("://").filter(|at| {
        let scheme = url.get(..*at).unwrap_or_default();
        scheme.bytes().all(|b| b.is_ascii_alphanumeric())
    });
    let behind = scheme.and_then(|at| url.get(at + "://".len()..));
    match behind.or_else(|| url.strip_prefix("//")) {
        Some(host) => Ok(host
            .find(['/', '?', '#'])
            .and_then(|at| host.get(at..))
            .unwrap_or_default()),
        None if url.starts_with('/') => Ok(url),
        None if matches!(url, "" | "." | "./") => Ok(""),
        // Relative to where the document was found, which a document does not say.
        None => Err(wrong(
            "write a server's url with https://host in front, or from the root, such as /api/v2",
        )),
    }
}

fn wrong(message: &str) -> Cause {
    Cause::new("NOT_A_SERVER", message)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_path_of_the_first_server_stands_before_every_path() {
        for (servers, expected) in [
            (json!([]), Some("")),
            (json!([{"url": "/"}]), Some("")),
            (json!([{"url": "/api/v2"}]), Some("/api/v2")),
            (
                json!([{"url": "/api/v2/"}, {"url": "/api/v3"}]),
                Some("/api/v2"),
            ),
            (
                json!([{"url": "https://a.example:8443/api/v2"}]),
                Some("/api/v2"),
            ),
            (json!([{"url": "https://a.example"}]), Some("")),
            (json!([{"url": "https://a.example?x=/y"}]), Some("")),
            (json!([{"url": "//a.example/api?x#y"}]), Some("/api")),
            (
                json!([{"url": "https://{host}/{base}/x", "variables": {"host": {"default": "a"}, "base": {"default": "api/v2"}}}]),
                Some("/api/v2/x"),
            ),
            (
                json!([{"url": "{root}", "variables": {"root": {"default": ""}}}]),
                Some(""),
            ),
            (json!({"url": "/api"}), None),
            (json!(7), None),
            (json!(null), None),
            (json!([{}]), None),
            (json!([{"url": 7}]), None),
            (json!([{"url": "/{base}"}]), None),
            (json!([{"url": "/{base", "variables": {}}]), None),
            (json!([{"url": "api/v2"}]), None),
            (json!([{"url": "a.example/api"}]), None),
            (json!([{"url": "/api/../x"}]), None),
            (json!([{"url": "/api//x"}]), None),
            (json!([{"url": "/api/%2e%2e"}]), None),
            (json!([{"url": "/接口"}]), None),
        ] {
            assert_eq!(base(&servers).ok().as_deref(), expected, "{servers}");
        }
    }
}
