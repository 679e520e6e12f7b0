-- Corrections: records that are disputed, or were. `alias` holds who disputes which record while it is open.

CREATE TABLE corrections (
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
CREATE INDEX corrections_by_parent ON corrections (parent, name);
CREATE INDEX corrections_by_state ON corrections (state, name);
