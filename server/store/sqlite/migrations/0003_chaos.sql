-- Access tokens of a chain are numbered; those up to `expired` have expired before their time.
ALTER TABLE token_chains ADD COLUMN issued INTEGER NOT NULL DEFAULT 0;
ALTER TABLE token_chains ADD COLUMN expired INTEGER NOT NULL DEFAULT 0;

-- How often a partner met a rule, and until when the rule holds for it: rules of all partners count each by itself.
CREATE TABLE chaos_rule_lanes (
  id INTEGER PRIMARY KEY,
  rule_id TEXT NOT NULL,
  client_id TEXT NOT NULL,
  expires_at INTEGER,
  matched INTEGER NOT NULL,
  hits INTEGER NOT NULL,
  UNIQUE (rule_id, client_id)
) STRICT;
CREATE INDEX chaos_rule_lanes_by_client ON chaos_rule_lanes (client_id);

-- What rules did to a delivery so far: those that met it, the replays that are to follow once it is delivered, and the
-- rules that its next scheduled attempt names as having postponed it.
CREATE TABLE chaos_deliveries (
  id INTEGER PRIMARY KEY,
  delivery_id TEXT NOT NULL UNIQUE,
  client_id TEXT NOT NULL,
  met TEXT NOT NULL,
  replays TEXT NOT NULL,
  postponed_by TEXT NOT NULL
) STRICT;
CREATE INDEX chaos_deliveries_by_client ON chaos_deliveries (client_id);

-- Deliveries that wait for something other than time, in the order in which they began to.
CREATE TABLE held_deliveries (
  id INTEGER PRIMARY KEY,
  delivery_id TEXT NOT NULL UNIQUE,
  client_id TEXT NOT NULL,
  rule_id TEXT NOT NULL,
  since INTEGER NOT NULL,
  until_event TEXT,
  follows TEXT
) STRICT;
CREATE INDEX held_deliveries_by_client ON held_deliveries (client_id);
CREATE INDEX held_deliveries_by_rule ON held_deliveries (rule_id);
CREATE INDEX held_deliveries_by_follows ON held_deliveries (follows) WHERE follows IS NOT NULL;
