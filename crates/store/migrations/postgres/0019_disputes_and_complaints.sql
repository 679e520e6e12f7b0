-- Disputes: two departments that share do not agree. `parent` is what a dispute is about.

CREATE TABLE disputes (
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
CREATE INDEX disputes_by_parent ON disputes (parent, name);
CREATE INDEX disputes_by_state ON disputes (state, name);

-- Complaints: a person says that data about them was misused, is wrong or got out. `alias` is the keyed hash of the
-- person's receipt; what people wrote is sealed in `body`.

CREATE TABLE complaints (
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
CREATE INDEX complaints_by_parent ON complaints (parent, name);
CREATE INDEX complaints_by_state ON complaints (state, name);
