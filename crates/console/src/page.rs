//! The pages: what each shows, computed apart from how it is fetched.

pub(crate) mod board;
pub(crate) mod calls;
pub(crate) mod entry;
pub(crate) mod home;
mod names;

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

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
