-- Watches: what the gateway itself has seen of an entry of the catalogue.

CREATE TABLE watches (
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
CREATE INDEX watches_by_parent ON watches (parent, name);
