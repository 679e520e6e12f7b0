//! What stands in front of every page: the host check, the session, the headers.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{self, HeaderName};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use broker::Failure;
use domain::caller::Caller;
use domain::credential::Principal;

use crate::page::{message, unavailable};
use crate::{Console, words};

/// The session's cookie.
pub(crate) const COOKIE: &str = "shuqiao_console";

const HEADERS: [(HeaderName, &str); 6] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; \
         frame-ancestors 'none'; base-uri 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
];

/// What proxies put on a request that they pass on.
const PASSED_ON: [HeaderName; 5] = [
    header::FORWARDED,
    header::VIA,
    HeaderName::from_static("x-forwarded-for"),
    HeaderName::from_static("x-forwarded-host"),
    HeaderName::from_static("x-real-ip"),
];

/// Puts the security headers on an answer, whatever it is.
pub(crate) async fn headers(mut response: Response) -> Response {
    for (name, value) in HEADERS {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Answers only to the names of this console: a page of another site whose name was turned to
/// point here (DNS rebinding) comes with that site's name.
pub(crate) async fn host(State(console): State<Console>, request: Request, next: Next) -> Response {
    if is_for_us(&request, console.host.as_deref()) {
        return next.run(request).await;
    }
    message(
        StatusCode::MISDIRECTED_REQUEST,
        "不认识的主机名",
        "控制台只应答本机地址（127.0.0.1、localhost）和配置的主机名。请用网关打印的地址打开。",
    )
}

/// Lets a request with an open session pass, and says for whom.
pub(crate) async fn session(
    State(console): State<Console>,
    mut request: Request,
    next: Next,
) -> Response {
    match caller_of(&console, request.headers()) {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(response) => *response,
    }
}

/// In whose name a request looks: the holder of the certificate that its session was opened for, asked anew at every
/// request, as over gRPC.
fn caller_of(console: &Console, headers: &HeaderMap) -> Result<Caller, Box<Response>> {
    let now = console.gateway.now();
    let token = token_of(headers);
    let holder = token.and_then(|token| console.sessions().touch(token, now));
    let holder = holder.ok_or_else(|| Box::new(no_session()))?;
    let caller = console.gateway.authenticate(&holder);
    let caller = caller.map_err(|failure| {
        Box::new(if failure.rule.is_some() {
            not_good(&failure)
        } else {
            unavailable(&failure)
        })
    })?;
    match caller.principal() {
        Principal::Officer { .. } | Principal::Auditor { .. } | Principal::Operator { .. } => {
            Ok(caller)
        }
        Principal::System { .. } | Principal::Gateway => Err(Box::new(only_people())),
    }
}

/// Lets a program on this machine pass, and whoever oversees and has a session. A request that somebody passed on comes from
/// this machine too, and is not from here: it is known by its headers, or by the name under which others reach the
/// console.
pub(crate) async fn program(
    State(console): State<Console>,
    request: Request,
    next: Next,
) -> Response {
    if is_from_here(&request) {
        return next.run(request).await;
    }
    match caller_of(&console, request.headers()) {
        // What a program reads is about everybody.
        Ok(caller) if caller.oversees() => next.run(request).await,
        Ok(_) => wrong_role(),
        Err(response) => *response,
    }
}

fn is_from_here(request: &Request) -> bool {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let near = peer.is_some_and(|ConnectInfo(peer)| peer.ip().to_canonical().is_loopback());
    let passed_on = PASSED_ON
        .iter()
        .any(|name| request.headers().contains_key(name));
    near && !passed_on && is_for_us(request, None)
}

/// The answer to whoever has no session: how to get one.
pub(crate) fn no_session() -> Response {
    message(
        StatusCode::UNAUTHORIZED,
        "需要一次性链接",
        "没有会话，或会话已结束（闲置 30 分钟、最长 8 小时），或链接已用过、已过期。\
         链接由网关启动时打印在运行 shuqiao serve 或 shuqiao demo 的终端里，只能打开一次，15 分钟内有效；\
         需要新链接时请联系网关管理员。",
    )
}

/// The certificate that the session was opened for is not good any more.
fn not_good(failure: &Failure) -> Response {
    let rule = failure.rule.map(words::refusal).unwrap_or_default();
    let text =
        format!("会话所凭的证书不能再用：{rule}。请持有人续期或重新入网后，再取一次性链接。");
    message(StatusCode::FORBIDDEN, "证书已失效", &text)
}

/// The answer to a session that was opened for a program.
fn only_people() -> Response {
    message(
        StatusCode::FORBIDDEN,
        "控制台只给人看",
        "会话所凭的证书属于系统。请用审计员、部门工作人员或网关管理员的证书取链接；系统请经 gRPC 调用。",
    )
}

/// The answer to somebody who may see other pages, and not this one.
pub(crate) fn wrong_role() -> Response {
    message(
        StatusCode::FORBIDDEN,
        "您的角色看不到这一页",
        "这里的内容涉及所有部门，只给审计员和网关管理员。本部门的内容见目录、系统和清单各页。",
    )
}

/// The session's token among the cookies.
pub(crate) fn token_of(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok());
    cookies
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == COOKIE)
        .map(|(_, token)| token)
}

/// Every name that the request goes by must be ours, and there must be one.
fn is_for_us(request: &Request, configured: Option<&str>) -> bool {
    let host = request
        .headers()
        .get(header::HOST)
        .map(|host| host.to_str().unwrap_or_default());
    let target = request.uri().authority().map(Authority::as_str);
    let names = [host, target];
    names.iter().any(Option::is_some)
        && names.iter().flatten().all(|name| is_ours(name, configured))
}

fn is_ours(name: &str, configured: Option<&str>) -> bool {
    // User information before a host has no place here and serves to mislead.
    if name.contains('@') {
        return false;
    }
    let Ok(authority) = name.parse::<Authority>() else {
        return false;
    };
    let host = authority.host();
    let address = host
        .trim_start_matches('[')
        .trim_end_matches(']')
        .parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost")
        || address.is_ok_and(|address| address.is_loopback())
        || configured.is_some_and(|configured| host.eq_ignore_ascii_case(configured))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_names_are_ours() {
        for (name, ours) in [
            ("localhost", true),
            ("LOCALHOST:9090", true),
            ("127.0.0.1:9090", true),
            ("127.8.0.1", true),
            ("[::1]:9090", true),
            ("gw.example:443", true),
            ("", false),
            ("evil.example", false),
            ("localhost.evil.example", false),
            ("127.0.0.1.evil.example", false),
            ("evil.example@localhost", false),
            ("10.0.0.1:9090", false),
            ("0.0.0.0", false),
        ] {
            assert_eq!(is_ours(name, Some("GW.example")), ours, "{name}");
        }
        assert!(!is_ours("gw.example", None));
    }

    #[test]
    fn the_token_is_found_among_other_cookies() {
        let mut headers = HeaderMap::new();
        headers.append(
            header::COOKIE,
            HeaderValue::from_static("a=b; xshuqiao_console=1"),
        );
        assert_eq!(token_of(&headers), None);
        headers.append(
            header::COOKIE,
            HeaderValue::from_static("c; shuqiao_console=2"),
        );
        assert_eq!(token_of(&headers), Some("2"));
    }
}
