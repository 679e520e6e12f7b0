-- What issuers announce: of which certificates an answer that is kept has become old, and the public
-- lists of states.

-- One row for each announcing entry; gateways that keep answers drop those that its tags name. The oldest
-- rows go: a gateway that missed one drops everything it keeps.
CREATE TABLE certificate_changes (
    entry            BIGINT NOT NULL PRIMARY KEY,
    certificate_type TEXT   NOT NULL,
    tags             TEXT   NOT NULL
);

CREATE TABLE status_lists (
    certificate_type TEXT   NOT NULL PRIMARY KEY,
    salt             TEXT   NOT NULL,
    entries          BIGINT NOT NULL,
    update_time      BIGINT NOT NULL,
    update_entry     BIGINT NOT NULL
);

CREATE TABLE certificate_statuses (
    certificate_type TEXT   NOT NULL,
    hash             TEXT   NOT NULL,
    system           TEXT   NOT NULL,
    history          TEXT   NOT NULL,
    PRIMARY KEY (certificate_type, hash)
);
