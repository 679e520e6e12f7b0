-- Versions of catalogue entries as they were published. Rows are added, never changed.

CREATE TABLE resource_versions (
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
CREATE INDEX resource_versions_by_parent ON resource_versions (parent, name);
