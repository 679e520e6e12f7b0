-- What is open is listed for whoever has to do something about it, among all that was ever answered.

CREATE INDEX applications_by_state ON applications (state, name);
CREATE INDEX demands_by_state ON demands (state, name);
