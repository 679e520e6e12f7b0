-- File links: the way to the file of one certificate, for minutes. The name holds the digest of the
-- link's secret. When the gateway has to look at one again stands in file_deadlines.

CREATE TABLE file_links (
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
CREATE INDEX file_links_by_parent ON file_links (parent, name);
