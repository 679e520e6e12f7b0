-- What was used of each grant on each day in Shaoyang, added up from the intents and outcomes of the ledger.

CREATE TABLE grant_uses (
    grant_name TEXT NOT NULL,
    day        TEXT NOT NULL,
    body       TEXT NOT NULL,
    PRIMARY KEY (grant_name, day)
);

-- Up to which entry of the ledger they are added up.
CREATE TABLE grant_uses_head (
    id    BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    value BIGINT NOT NULL
);
INSERT INTO grant_uses_head (id, value) VALUES (1, 0);

-- Records of use that consumers keep (Order 809 art. 29).
CREATE TABLE use_records (
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
CREATE INDEX use_records_by_parent ON use_records (parent, name);
