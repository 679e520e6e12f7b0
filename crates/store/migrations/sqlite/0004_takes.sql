-- What the intents and outcomes of a segment take, as JSON, for whoever has to count them later: request
-- ids that its first entries claim (claims), uses of grants (uses), and intents whose request ids it frees
-- (frees). An embedded database appends segments before it counts them: those that begin at the value
-- that ledger_counts has under the empty name, or behind it, are not counted yet.
ALTER TABLE ledger_segments ADD COLUMN takes TEXT NOT NULL DEFAULT '{}';
