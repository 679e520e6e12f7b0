-- Request signatures that were seen: a nonce store with an end for each row.

CREATE TABLE request_signatures (
    nonce   TEXT   NOT NULL PRIMARY KEY,
    system  TEXT   NOT NULL,
    expires BIGINT NOT NULL,
    -- Ascends within a system: first and last tell how many there are, without counting.
    number  BIGINT NOT NULL
);
CREATE INDEX request_signatures_by_number ON request_signatures (system, number);
CREATE INDEX request_signatures_by_end ON request_signatures (expires);
