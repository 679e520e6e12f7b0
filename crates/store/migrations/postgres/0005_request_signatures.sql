-- Request signatures that were seen: a nonce store with an end for each row.

CREATE TABLE request_signatures (
    nonce   TEXT   NOT NULL PRIMARY KEY,
    system  TEXT   NOT NULL,
    expires BIGINT NOT NULL
);
CREATE INDEX request_signatures_by_system ON request_signatures (system);
CREATE INDEX request_signatures_by_end ON request_signatures (expires);
