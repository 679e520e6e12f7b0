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

-- One row about the whole: whose log it is, and how often the registry changed.
CREATE TABLE ledger_head (
    id         BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    revision   BIGINT NOT NULL,
    origin     TEXT   NOT NULL,
    log_key    TEXT   NOT NULL
);
INSERT INTO ledger_head (id, revision, origin, log_key) VALUES (1, 0, '', '');

-- What each of the latest revisions changed: 'TABLE NAME', or nothing that a gateway keeps in memory
-- under the empty text. Every revision has a row, so that a gap shows that rows were dropped.
CREATE TABLE registry_changes (
    revision BIGINT NOT NULL,
    changed  TEXT   NOT NULL,
    PRIMARY KEY (revision, changed)
);

-- Numbers without gap: of all entries under the empty name, of the uses of a grant under its own.
-- The number of a new entry comes from here, never from a sequence: a sequence leaves holes after a
-- crash. The row with the empty name orders all writers.
CREATE TABLE ledger_counts (
    name  TEXT   NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
);
INSERT INTO ledger_counts (name, value) VALUES ('', 0);

-- What was committed together: entries from one index on, joined by line feeds as they are. Mentions
-- is a JSON list of the names by which they are found.
CREATE TABLE ledger_segments (
    first_index BIGINT  NOT NULL PRIMARY KEY,
    entries     BIGINT  NOT NULL,
    mentions    TEXT    NOT NULL,
    body        BYTEA   NOT NULL
);

-- Which segment mentions a grant ('g:'), a system ('s:') or a department ('d:'). Written by who
-- integrates: the segments behind the tree's head are not in here yet.
CREATE TABLE ledger_mentions (
    name        TEXT   NOT NULL,
    first_index BIGINT NOT NULL,
    PRIMARY KEY (name, first_index)
);

-- The head of the Merkle tree, apart from the other: who integrates must not hold up who records.
CREATE TABLE ledger_tree (
    id         BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    integrated BIGINT NOT NULL
);
INSERT INTO ledger_tree (id, integrated) VALUES (1, 0);

-- Tiles of the Merkle tree, 1 to 256 hashes each.
CREATE TABLE ledger_tiles (
    level    BIGINT NOT NULL,
    position BIGINT NOT NULL,
    hashes   BYTEA  NOT NULL,
    PRIMARY KEY (level, position)
);

CREATE TABLE ledger_checkpoints (
    size BIGINT NOT NULL PRIMARY KEY,
    time BIGINT NOT NULL,
    note TEXT   NOT NULL
);
CREATE INDEX ledger_checkpoints_by_time ON ledger_checkpoints (time);

-- Exchanges under way or delivered within the replay window, by caller and request id.
CREATE TABLE exchange_requests (
    intent BIGINT  NOT NULL PRIMARY KEY,
    claim  TEXT    NOT NULL UNIQUE
);

-- Which entry proves which fact of which system. Written only beside the entry itself.
CREATE TABLE system_proofs (
    system TEXT   NOT NULL,
    fact   TEXT   NOT NULL,
    entry  BIGINT NOT NULL,
    PRIMARY KEY (system, fact)
);
