-- Subscriptions: where events are brought to, and how far each has come.

CREATE TABLE subscriptions (
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
CREATE INDEX subscriptions_by_parent ON subscriptions (parent, name);
CREATE INDEX subscriptions_by_state ON subscriptions (state, name);
