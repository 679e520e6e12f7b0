//! The routes; this file is the console's table of contents.

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, Method, StatusCode, header};
use axum::middleware::{from_fn_with_state, map_response};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use broker::Failure;
use domain::reason::Reason;

use crate::page::{entry, home, message, rendered};
use crate::session::{SESSION_LIFE, as_token};
use crate::{Console, guard};

const STYLE: &str = include_str!("../assets/console.css");
const ICON: &str = include_str!("../assets/icon.svg");
/// Browsers send it when they fetch a page that nobody asked for yet.
const PURPOSE: HeaderName = HeaderName::from_static("sec-purpose");

pub(crate) fn router(console: &Console, for_programs: Router) -> Router {
    let state = console.clone();
    let for_programs = for_programs
        .with_state(())
        .route_layer(from_fn_with_state(state.clone(), guard::program));
    let with_session = Router::new()
        .route("/", get(home_page))
        .route("/entries/{index}", get(entry_page))
        .route_layer(from_fn_with_state(state.clone(), guard::session));
    let named = Router::new()
        .route("/open/{token}", get(open))
        .route("/close", get(close))
        .route("/assets/console.css", get(style))
        .route("/assets/icon.svg", get(icon))
        .merge(with_session)
        .merge(for_programs)
        .fallback(nothing)
        .layer(from_fn_with_state(state.clone(), guard::host));
    Router::new()
        // Probes come by the machine's address, whatever it is, and learn nothing but this.
        .route("/healthz", get(async || "ok"))
        .merge(named)
        .layer(map_response(guard::headers))
        .with_state(state)
}

async fn home_page(State(console): State<Console>) -> Response {
    answer(home::page(&console.gateway).await)
}

async fn entry_page(State(console): State<Console>, Path(index): Path<String>) -> Response {
    match index.parse() {
        Ok(index) => answer(entry::page(&console.gateway, index).await),
        Err(_) => nothing().await,
    }
}

/// Trades a link for a session.
async fn open(
    State(console): State<Console>,
    method: Method,
    headers: HeaderMap,
    Path(token): Path<String>,
) -> Response {
    // A preview or a prefetch would use the link up before its owner comes.
    if method != Method::GET || headers.contains_key(PURPOSE) {
        return message(
            StatusCode::SERVICE_UNAVAILABLE,
            "请直接打开链接",
            "预览和预取不会用掉链接。",
        );
    }
    let now = console.gateway.now();
    let Some(redeemed) = console.sessions().redeem(&token, now) else {
        return guard::no_session();
    };
    let session = as_token(&console.gateway.new_secret());
    console.sessions().begin(&session, now);
    tracing::info!("a console session was opened");
    let secure = if redeemed.over_https { "; Secure" } else { "" };
    let cookie = format!(
        "{}={session}; HttpOnly; SameSite=Strict; Path=/; Max-Age={}{secure}",
        guard::COOKIE,
        SESSION_LIFE.as_secs(),
    );
    ([(header::SET_COOKIE, cookie)], Redirect::to("/")).into_response()
}

/// Ends the session. A GET will do: other sites cannot send the cookie along.
async fn close(State(console): State<Console>, headers: HeaderMap) -> Response {
    if let Some(token) = guard::token_of(&headers) {
        console.sessions().end(token);
    }
    let cookie = format!(
        "{}=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0",
        guard::COOKIE
    );
    let page = message(
        StatusCode::OK,
        "已退出",
        "会话已结束。再次进入需要新的一次性链接。",
    );
    ([(header::SET_COOKIE, cookie)], page).into_response()
}

async fn style() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], STYLE)
}

async fn icon() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "image/svg+xml")], ICON)
}

async fn nothing() -> Response {
    message(
        StatusCode::NOT_FOUND,
        "没有这个页面",
        "请从进度看板进入；条目以账本索引（从 0 起的整数）编号。",
    )
}

fn answer<T: Template>(page: Result<T, Failure>) -> Response {
    match page {
        Ok(page) => match rendered(&page) {
            Ok(html) => Html(html).into_response(),
            Err(response) => response,
        },
        Err(failure) if failure.reason == Reason::NotFound => {
            message(StatusCode::NOT_FOUND, "没有找到", "账本里还没有这一条目。")
        }
        Err(failure) => {
            tracing::error!(reason = %failure.reason, message = failure.message, "a page failed");
            let text = format!(
                "{}：存储现在不可读，什么也没有改变。请稍后再试。",
                failure.reason
            );
            message(StatusCode::SERVICE_UNAVAILABLE, "暂时不可用", &text)
        }
    }
}
