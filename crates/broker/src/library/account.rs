//! The gateway's account at a library: what it says who it is, and how it reads what is locked.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use domain::library::Library;
use serde_json::{Map, Value};

use super::envelope::{Locked, Told};
use super::sm2::OwnKey;
use crate::connections::ProviderFault;
use crate::secrets;

/// An account as its file holds it. Nothing of it is printed.
pub(super) struct Account {
    id: String,
    token: String,
    key: Option<OwnKey>,
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Account(…)")
    }
}

impl Account {
    /// Three lines: access id, access token, and the SM2 key where answers are encrypted.
    pub(super) fn of(text: &str, library: &Library) -> Result<Self, ProviderFault> {
        let refused = |what: &str| secrets::refused(&library.secret, what);
        let mut lines = text.lines().map(str::trim);
        let (Some(id), Some(token)) = (lines.next(), lines.next()) else {
            return Err(refused("needs the access id and the access token"));
        };
        if id.is_empty() || token.is_empty() {
            return Err(refused("needs the access id and the access token"));
        }
        let key = match (library.encrypted, lines.next()) {
            (false, _) => None,
            (true, Some(line)) => Some(
                OwnKey::parse(line).ok_or_else(|| refused("has no SM2 key on its third line"))?,
            ),
            (true, None) => return Err(refused("has no SM2 key on its third line")),
        };
        Ok(Self {
            id: id.to_owned(),
            token: token.to_owned(),
            key,
        })
    }

    /// The body of a question.
    pub(super) fn question(
        &self,
        request_id: &str,
        cause: &str,
        input: Vec<(&'static str, Value)>,
    ) -> Bytes {
        let own = [
            ("accessId", Value::from(self.id.as_str())),
            ("accessToken", self.token.as_str().into()),
            ("requestId", request_id.into()),
            ("useCause", cause.into()),
        ];
        let members: Map<String, Value> = own
            .into_iter()
            .chain(input)
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        Value::Object(members).to_string().into()
    }

    /// The data of an answer: base64, and locked with the gateway's key where that is agreed.
    pub(super) fn unlock(&self, library: &Library, told: Locked) -> Result<Told, ProviderFault> {
        let bad = |what: &str| ProviderFault::bad_answer(format!("the library's data {what}"));
        let data = match told.data {
            None => None,
            Some(text) => {
                let bytes = STANDARD.decode(text).map_err(|_| bad("is not base64"))?;
                match (&self.key, library.encrypted) {
                    (Some(key), true) => {
                        let opened = key.open(&bytes);
                        Some(opened.ok_or_else(|| bad("is not encrypted to the gateway's key"))?)
                    }
                    _ => Some(bytes),
                }
            }
        };
        Ok(Told {
            code: told.code,
            data,
            signed: told.signed,
        })
    }
}
