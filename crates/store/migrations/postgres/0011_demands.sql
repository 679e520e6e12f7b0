-- Demands: data that somebody needs, or has to provide, and that nobody publishes yet.

CREATE TABLE demands (
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
CREATE INDEX demands_by_parent ON demands (parent, name);
