//! The one path that no method stands behind: the file of a link.

use serde_json::{Value, json};

use crate::edge::LINK_PREFIX;

/// Path and what is served under it.
pub(super) fn path() -> (String, Value) {
    let bytes =
        json!({"schema": {"type": "string", "contentMediaType": "application/octet-stream"}});
    let content = json!({"application/ofd": bytes, "application/pdf": bytes});
    let operation = json!({
        "operationId": "CertificateFileLink_Fetch",
        "tags": ["CertificateFileService"],
        "summary": "Fetches the file of a link.",
        "description": "Serves the system that the link was made for, once and for minutes. Where a \
            download broke off, a range goes on.",
        "parameters": [
            {"$ref": "#/components/parameters/deadline"},
            {
                "name": "secret", "in": "path", "required": true,
                "description": "What stands at the end of the link's `uri`.",
                "schema": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
            },
            {
                "name": "range", "in": "header",
                "description": "The first byte wanted; other forms of a range do not count.",
                "schema": {"type": "string", "pattern": "^bytes=[0-9]+-$"},
            },
        ],
        "responses": {
            "200": {"description": "The whole file.", "content": content},
            "206": {"description": "The file from that byte on.", "content": content},
            "default": {"$ref": "#/components/responses/refused"},
        },
    });
    (
        format!("{LINK_PREFIX}{{secret}}"),
        json!({ "get": operation }),
    )
}
