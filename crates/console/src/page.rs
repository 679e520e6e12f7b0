//! The pages: what each shows, computed apart from how it is fetched.

pub(crate) mod board;
pub(crate) mod calls;
pub(crate) mod catalogue;
mod clock;
pub(crate) mod demands;
pub(crate) mod entry;
pub(crate) mod home;
mod names;
pub(crate) mod quality;
pub(crate) mod resource;
pub(crate) mod system;
pub(crate) mod systems;
pub(crate) mod work_items;

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use broker::Failure;
use domain::caller::Caller;
use domain::credential::Principal;
use domain::snapshot::Snapshot;

use crate::words;

/// What stands around every page: the menu, and in whose name one looks.
pub(crate) struct Frame {
    /// The place in the menu, and whether the page is the place itself.
    place: (&'static str, bool),
    who: String,
    oversees: bool,
}

impl Frame {
    /// Around a page that stands in the menu.
    pub(crate) fn at(place: &'static str, caller: &Caller, snapshot: &Snapshot) -> Self {
        let who = match caller.principal() {
            Principal::Officer {
                department,
                account,
            } => {
                let known = snapshot.department(department);
                let short = known.map_or(department.as_str(), |known| &known.short_name);
                format!("{short} {account}")
            }
            Principal::Auditor { account } => format!("审计员 {account}"),
            Principal::Operator { account } => format!("网关管理员 {account}"),
            other @ (Principal::System { .. } | Principal::Gateway) => other.to_string(),
        };
        Self {
            place: (place, true),
            who,
            oversees: caller.oversees(),
        }
    }

    /// Around a page that lies below one of the menu.
    pub(crate) fn below(place: &'static str, caller: &Caller, snapshot: &Snapshot) -> Self {
        let mut frame = Self::at(place, caller, snapshot);
        frame.place.1 = false;
        frame
    }

    /// What `aria-current` says of a place of the menu; empty for the others.
    fn current(&self, place: &str) -> &'static str {
        match self.place {
            (own, true) if own == place => "page",
            (own, false) if own == place => "true",
            _ => "",
        }
    }
}

/// A page of few words: no session, nothing found, nothing readable.
#[derive(Template)]
#[template(path = "message.html")]
struct MessagePage<'a> {
    title: &'a str,
    text: &'a str,
}

/// Answers with a page of few words.
pub(crate) fn message(status: StatusCode, title: &str, text: &str) -> Response {
    match rendered(&MessagePage { title, text }) {
        Ok(html) => (status, Html(html)).into_response(),
        Err(response) => response,
    }
}

/// The answer while the store cannot be read.
pub(crate) fn unavailable(failure: &Failure) -> Response {
    tracing::error!(reason = %failure.reason, message = failure.message, "a page failed");
    let text = format!(
        "{}：存储现在不可读，什么也没有改变。请稍后再试。",
        failure.reason
    );
    message(StatusCode::SERVICE_UNAVAILABLE, "暂时不可用", &text)
}

/// The answer to an address that asks for what cannot be: every fault, and what to do.
pub(crate) fn bad_address(failure: &Failure) -> Response {
    let told = failure
        .faults
        .iter()
        .map(|fault| words::address_fault(&fault.field, &fault.code, &fault.message));
    let text = told.collect::<Vec<_>>().join(" ");
    message(StatusCode::BAD_REQUEST, "地址中的条件不对", &text)
}

/// The page as text.
#[expect(
    clippy::result_large_err,
    reason = "the error is the answer itself, made once and sent"
)]
pub(crate) fn rendered<T: Template>(page: &T) -> Result<String, Response> {
    page.render().map_err(|error| {
        tracing::error!(%error, "a page could not be written");
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    })
}
