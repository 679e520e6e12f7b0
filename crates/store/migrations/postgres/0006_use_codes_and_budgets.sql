-- Use-codes: what is kept of each, and the one request that took it. And windows of budgets.

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

-- What all replicas together used of the budgets of lookups, in their present windows.
CREATE TABLE budget_windows (
    system  TEXT   NOT NULL,
    budget  TEXT   NOT NULL,
    -- The keyed hash of a clerk or a case; empty for the system itself.
    who     TEXT   NOT NULL,
    began   BIGINT NOT NULL,
    ends    BIGINT NOT NULL,
    used    BIGINT NOT NULL,
    alarmed BIGINT NOT NULL,
    PRIMARY KEY (system, budget, who)
);
CREATE INDEX budget_windows_by_end ON budget_windows (ends);
