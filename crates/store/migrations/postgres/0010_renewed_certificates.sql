-- The text of TLS certificates that were renewed, so that an answer that was lost can be given once more.

CREATE TABLE certificate_texts (
    name         TEXT   NOT NULL PRIMARY KEY,
    parent       TEXT   NOT NULL,
    state        TEXT   NOT NULL,
    alias        TEXT   UNIQUE,
    body         TEXT   NOT NULL,
    revision     BIGINT NOT NULL,
    create_time  BIGINT NOT NULL,
    update_time  BIGINT NOT NULL,
    create_entry BIGINT,
    update_entry BIGINT
);
CREATE INDEX certificate_texts_by_parent ON certificate_texts (parent, name);
