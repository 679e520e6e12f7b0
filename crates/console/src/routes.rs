//! The routes; this file is the console's table of contents.

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderName, Method, StatusCode, header};
use axum::middleware::{from_fn_with_state, map_response};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Extension, Router};
use broker::Failure;
use domain::caller::Caller;
use domain::name::{ResourceName, SystemName};
use domain::reason::Reason;

use crate::page::{
    bad_address, catalogue, demands, entry, home, message, quality, rendered, resource, system,
    systems, unavailable, work_items,
};
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
        .route("/catalogue", get(catalogue_page))
        .route("/catalogue/resources/{id}", get(resource_page))
        .route("/catalogue/quality", get(quality_page))
        .route("/demands", get(demands_page))
        .route("/work-items", get(work_items_page))
        .route("/systems", get(systems_page))
        .route("/systems/{id}", get(system_page))
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

async fn home_page(
    State(console): State<Console>,
    Extension(caller): Extension<Caller>,
) -> Response {
    answer(home::page(&console.gateway, &caller).await, "")
}

async fn entry_page(
    State(console): State<Console>,
    Extension(caller): Extension<Caller>,
    Path(index): Path<String>,
) -> Response {
    let missing = "账本里没有这一条目，或它与您的部门无关。";
    match index.parse() {
        Ok(index) => answer(entry::page(&console.gateway, &caller, index).await, missing),
        Err(_) => nothing().await,
    }
}

async fn catalogue_page(
    State(console): State<Console>,
    Extension(caller): Extension<Caller>,
    wanted: Result<Query<catalogue::Wanted>, QueryRejection>,
) -> Response {
    match wanted {
        Ok(Query(wanted)) => answer(
            catalogue::page(&console.gateway, &caller, &wanted).await,
            "",
        ),
        Err(_) => unreadable(),
    }
}

async fn resource_page(
    State(console): State<Console>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Response {
    let missing = "目录里没有这一条，或它还没有发布、只有其部门和主管部门能看。请从目录检索进入。";
    match ResourceName::from_id(&id) {
        Ok(name) => answer(
            resource::page(&console.gateway, &caller, &name).await,
            missing,
        ),
        Err(_) => message(StatusCode::NOT_FOUND, "没有找到", missing),
    }
}

async fn quality_page(
    State(console): State<Console>,
    Extension(caller): Extension<Caller>,
    wanted: Result<Query<quality::Wanted>, QueryRejection>,
) -> Response {
    match wanted {
        Ok(Query(wanted)) => answer(quality::page(&console.gateway, &caller, &wanted).await, ""),
        Err(_) => unreadable(),
    }
}

async fn work_items_page(
    State(console): State<Console>,
    Extension(caller): Extension<Caller>,
    wanted: Result<Query<work_items::Wanted>, QueryRejection>,
) -> Response {
    match wanted {
        Ok(Query(wanted)) => answer(
            work_items::page(&console.gateway, &caller, &wanted).await,
            "",
        ),
        Err(_) => unreadable(),
    }
}

async fn demands_page(
    State(console): State<Console>,
    Extension(caller): Extension<Caller>,
    wanted: Result<Query<demands::Wanted>, QueryRejection>,
) -> Response {
    match wanted {
        Ok(Query(wanted)) => answer(demands::page(&console.gateway, &caller, &wanted).await, ""),
        Err(_) => unreadable(),
    }
}

async fn systems_page(
    State(console): State<Console>,
    Extension(caller): Extension<Caller>,
    wanted: Result<Query<systems::Wanted>, QueryRejection>,
) -> Response {
    match wanted {
        Ok(Query(wanted)) => answer(systems::page(&console.gateway, &caller, &wanted).await, ""),
        Err(_) => unreadable(),
    }
}

async fn system_page(
    State(console): State<Console>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Response {
    let missing = "没有登记这个系统。请从系统清单进入；登记系统用 shuqiaoctl systems。";
    match SystemName::from_id(&id) {
        Ok(name) => answer(
            system::page(&console.gateway, &caller, &name).await,
            missing,
        ),
        Err(_) => message(StatusCode::NOT_FOUND, "没有找到", missing),
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
    console.sessions().begin(&session, redeemed.holder, now);
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

/// The answer to parameters that are no text, or stand twice.
fn unreadable() -> Response {
    message(
        StatusCode::BAD_REQUEST,
        "地址中的条件不对",
        "地址里有读不出的字符，或同一个条件写了两次。请从页面上的链接或检索框重新开始。",
    )
}

/// The page, or in words why there is none; `missing` where what it is about is not there.
fn answer<T: Template>(page: Result<T, Failure>, missing: &str) -> Response {
    match page {
        Ok(page) => match rendered(&page) {
            Ok(html) => Html(html).into_response(),
            Err(response) => response,
        },
        Err(failure) if failure.reason == Reason::NotFound => {
            message(StatusCode::NOT_FOUND, "没有找到", missing)
        }
        Err(failure) if failure.reason == Reason::RequestInvalid => bad_address(&failure),
        Err(failure) => unavailable(&failure),
    }
}
