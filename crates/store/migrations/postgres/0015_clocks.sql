-- Clocks: every clock that runs or ran, with the cards it has earned. `look` is the day on which it is looked at next.

CREATE TABLE clocks (
    name         TEXT   NOT NULL PRIMARY KEY,
    parent       TEXT   NOT NULL,
    state        TEXT   NOT NULL,
    alias        TEXT   UNIQUE,
    body         TEXT   NOT NULL,
    revision     BIGINT NOT NULL,
    create_time  BIGINT NOT NULL,
    update_time  BIGINT NOT NULL,
    create_entry BIGINT,
    update_entry BIGINT,
    look         TEXT
);
CREATE INDEX clocks_by_parent ON clocks (parent, name);
CREATE INDEX clocks_by_look ON clocks (look, name);
