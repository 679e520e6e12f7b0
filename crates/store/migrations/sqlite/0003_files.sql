-- Files: what providers leave with the gateway. The bytes lie in objects outside of the database.

CREATE TABLE files (
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
CREATE INDEX files_by_parent ON files (parent, name);
CREATE INDEX files_by_state ON files (parent, state);

-- The manifest of a file: which object holds which bytes of it.
CREATE TABLE file_parts (
    file   TEXT   NOT NULL,
    number BIGINT NOT NULL,
    start  BIGINT NOT NULL,
    size   BIGINT NOT NULL,
    object TEXT   NOT NULL,
    digest TEXT   NOT NULL,
    PRIMARY KEY (file, number)
);

-- When the gateway has to look at a file again: an upload that nobody goes on with, a term that ends,
-- a removal that was begun. A file that is gone has no row.
CREATE TABLE file_deadlines (
    file TEXT   NOT NULL PRIMARY KEY,
    due  BIGINT NOT NULL
);
CREATE INDEX file_deadlines_by_due ON file_deadlines (due, file);
