-- One table a noun: key columns for the database, the rest as the JSON of the domain type.
-- Times are microseconds UTC; *_entry columns are indexes of the evidence ledger.

CREATE TABLE departments (
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
CREATE INDEX departments_by_parent ON departments (parent, name);

CREATE TABLE systems (
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
CREATE INDEX systems_by_parent ON systems (parent, name);

CREATE TABLE endpoints (
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
CREATE INDEX endpoints_by_parent ON endpoints (parent, name);

CREATE TABLE credentials (
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
CREATE INDEX credentials_by_parent ON credentials (parent, name);

CREATE TABLE enrolment_tokens (
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
CREATE INDEX enrolment_tokens_by_parent ON enrolment_tokens (parent, name);

CREATE TABLE resources (
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
CREATE INDEX resources_by_parent ON resources (parent, name);

CREATE TABLE applications (
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
CREATE INDEX applications_by_parent ON applications (parent, name);

CREATE TABLE grants (
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
CREATE INDEX grants_by_parent ON grants (parent, name);

CREATE TABLE matters (
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
CREATE INDEX matters_by_parent ON matters (parent, name);

CREATE TABLE certificate_types (
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
CREATE INDEX certificate_types_by_parent ON certificate_types (parent, name);

CREATE TABLE plans (
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
CREATE INDEX plans_by_parent ON plans (parent, name);

-- State changes by the request id they came with: a repeated request finds its answer here.
CREATE TABLE requests (
    caller     TEXT   NOT NULL,
    request_id TEXT   NOT NULL,
    digest     TEXT   NOT NULL,
    answer     TEXT   NOT NULL,
    entry      BIGINT,
    PRIMARY KEY (caller, request_id)
);

-- One row of heads. The number of a new entry comes from here, never from a sequence: a sequence
-- leaves holes after a crash.
CREATE TABLE ledger_head (
    id         BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    size       BIGINT NOT NULL,
    revision   BIGINT NOT NULL,
    origin     TEXT   NOT NULL,
    log_key    TEXT   NOT NULL
);
INSERT INTO ledger_head (id, size, revision, origin, log_key) VALUES (1, 0, 0, '', '');

-- The head of the Merkle tree, apart from the other: who integrates must not hold up who records.
CREATE TABLE ledger_tree (
    id         BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    integrated BIGINT NOT NULL
);
INSERT INTO ledger_tree (id, integrated) VALUES (1, 0);

CREATE TABLE ledger_entries (
    idx             BIGINT NOT NULL PRIMARY KEY,
    time            BIGINT NOT NULL,
    kind            TEXT   NOT NULL,
    event           TEXT,
    grant_name      TEXT,
    system          TEXT,
    department      TEXT,
    peer            TEXT,
    peer_department TEXT,
    body            BLOB   NOT NULL
);
CREATE INDEX ledger_entries_by_grant ON ledger_entries (grant_name, idx);
CREATE INDEX ledger_entries_by_system ON ledger_entries (system, idx);
CREATE INDEX ledger_entries_by_peer ON ledger_entries (peer, idx);
CREATE INDEX ledger_entries_by_department ON ledger_entries (department, idx);
CREATE INDEX ledger_entries_by_peer_department ON ledger_entries (peer_department, idx);

-- The number of the last use of each grant.
CREATE TABLE ledger_grants (
    grant_name TEXT   NOT NULL PRIMARY KEY,
    sequence   BIGINT NOT NULL
);

-- Exchanges under way or delivered, by the request id they came with.
CREATE TABLE exchange_requests (
    caller     TEXT   NOT NULL,
    request_id TEXT   NOT NULL,
    intent     BIGINT NOT NULL UNIQUE,
    PRIMARY KEY (caller, request_id)
);

-- Hashes of the Merkle tree by stored-hash index.
CREATE TABLE ledger_hashes (
    idx  BIGINT NOT NULL PRIMARY KEY,
    hash BLOB   NOT NULL
);

CREATE TABLE ledger_checkpoints (
    size BIGINT NOT NULL PRIMARY KEY,
    time BIGINT NOT NULL,
    note TEXT   NOT NULL
);

-- Which entry proves which fact of which system. Written only beside the entry itself.
CREATE TABLE system_proofs (
    system TEXT   NOT NULL,
    fact   TEXT   NOT NULL,
    entry  BIGINT NOT NULL,
    PRIMARY KEY (system, fact)
);
