-- Use-codes: what is kept of each, and the one request that took it.

CREATE TABLE use_codes (
    name     TEXT   NOT NULL PRIMARY KEY,
    issuer   TEXT   NOT NULL,
    -- Ascends within an issuer: first and last tell how many there are, without counting.
    number   BIGINT NOT NULL,
    body     TEXT   NOT NULL,
    ends     BIGINT NOT NULL,
    taken_by TEXT,
    taken    BIGINT
);
CREATE INDEX use_codes_by_number ON use_codes (issuer, number);
CREATE INDEX use_codes_by_end ON use_codes (ends);
