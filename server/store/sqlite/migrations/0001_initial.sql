-- Instants are milliseconds since 1970, durations milliseconds. Rows of lists are shown newest first by `id`, which
-- grows with each insertion. Identifiers of the API are UNIQUE text beside it.

CREATE TABLE meta (
  name TEXT NOT NULL UNIQUE,
  value TEXT NOT NULL
) STRICT;

CREATE TABLE partners (
  id INTEGER PRIMARY KEY,
  client_id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  tenant_slug TEXT NOT NULL,
  public_key BLOB NOT NULL,
  webhook_url TEXT,
  webhook_secret TEXT NOT NULL,
  provisioned INTEGER NOT NULL,
  auto_approve INTEGER,
  auto_complete INTEGER,
  delivery_timeout INTEGER NOT NULL,
  seeded INTEGER NOT NULL,
  tag INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX partners_by_key ON partners (public_key);

CREATE TABLE lanes (
  id INTEGER PRIMARY KEY,
  client_id TEXT NOT NULL UNIQUE,
  mode TEXT NOT NULL CHECK (mode IN ('real', 'scaled', 'manual')),
  scale INTEGER NOT NULL,
  anchor_virtual INTEGER NOT NULL,
  anchor_wall INTEGER NOT NULL,
  initial_mode TEXT NOT NULL CHECK (initial_mode IN ('real', 'scaled', 'manual')),
  initial_scale INTEGER NOT NULL,
  initial_anchor_virtual INTEGER NOT NULL,
  initial_anchor_wall INTEGER NOT NULL,
  high_water INTEGER NOT NULL,
  paused INTEGER NOT NULL
) STRICT;

CREATE TABLE counters (
  client_id TEXT NOT NULL,
  name TEXT NOT NULL,
  value INTEGER NOT NULL,
  UNIQUE (client_id, name)
) STRICT;

CREATE TABLE spv_requests (
  id INTEGER PRIMARY KEY,
  slug TEXT NOT NULL UNIQUE,
  client_id TEXT NOT NULL,
  tenant_slug TEXT NOT NULL,
  template_id TEXT NOT NULL,
  template_version TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('pending-review', 'approved', 'rejected', 'cancelled')),
  rejection_reason TEXT,
  approved_at INTEGER,
  cancelled_at INTEGER,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  opportunity_slug TEXT,
  vehicle_slug TEXT,
  sp_slug TEXT,
  spc_slug TEXT,
  share_classes TEXT NOT NULL,
  attributes TEXT NOT NULL
) STRICT;
CREATE INDEX spv_requests_by_client ON spv_requests (client_id);
CREATE INDEX spv_requests_by_status ON spv_requests (status);
CREATE INDEX spv_requests_by_client_status ON spv_requests (client_id, status);
CREATE UNIQUE INDEX spv_requests_by_vehicle ON spv_requests (vehicle_slug) WHERE vehicle_slug IS NOT NULL;

-- Tables named …_counts say how many rows there are of each kind and are kept by triggers: counting a million rows takes
-- no longer than counting ten. They follow from the rows that they count, so snapshots leave them out.
CREATE TABLE spv_request_counts (
  client_id TEXT NOT NULL,
  status TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (client_id, status)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER spv_requests_inserted AFTER INSERT ON spv_requests BEGIN
  INSERT INTO spv_request_counts VALUES (NEW.client_id, NEW.status, 1) ON CONFLICT DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER spv_requests_moved AFTER UPDATE OF status ON spv_requests WHEN OLD.status <> NEW.status BEGIN
  UPDATE spv_request_counts SET count = count - 1 WHERE client_id = OLD.client_id AND status = OLD.status;
  INSERT INTO spv_request_counts VALUES (NEW.client_id, NEW.status, 1) ON CONFLICT DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER spv_requests_deleted AFTER DELETE ON spv_requests BEGIN
  UPDATE spv_request_counts SET count = count - 1 WHERE client_id = OLD.client_id AND status = OLD.status;
END;

CREATE TABLE investors (
  id INTEGER PRIMARY KEY,
  person_id TEXT NOT NULL UNIQUE,
  client_id TEXT NOT NULL,
  partner_investor_id TEXT NOT NULL,
  email TEXT NOT NULL,
  first_name TEXT NOT NULL,
  last_name TEXT NOT NULL,
  date_of_birth TEXT NOT NULL,
  country_of_residence TEXT,
  created_at INTEGER NOT NULL,
  UNIQUE (client_id, partner_investor_id)
) STRICT;

CREATE TABLE subscriptions (
  id INTEGER PRIMARY KEY,
  slug TEXT NOT NULL UNIQUE,
  client_id TEXT NOT NULL,
  spv_slug TEXT NOT NULL,
  person_id TEXT NOT NULL,
  partner_subscription_id TEXT,
  lump_sum_currency TEXT NOT NULL,
  lump_sum_value TEXT NOT NULL,
  share_class_slug TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('pending', 'completed')),
  form_sha256 TEXT,
  form_size INTEGER,
  form_content_type TEXT,
  form_uploaded_at INTEGER,
  funding_sha256 TEXT,
  funding_size INTEGER,
  funding_content_type TEXT,
  funding_uploaded_at INTEGER,
  funding_amount TEXT,
  funding_currency TEXT,
  funding_wire_reference TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  completed_at INTEGER,
  completion_emitted INTEGER NOT NULL,
  UNIQUE (spv_slug, person_id)
) STRICT;
CREATE INDEX subscriptions_by_client ON subscriptions (client_id);
CREATE INDEX subscriptions_by_status ON subscriptions (status);
CREATE INDEX subscriptions_by_client_status ON subscriptions (client_id, status);
CREATE INDEX subscriptions_by_spv ON subscriptions (spv_slug);
CREATE INDEX subscriptions_to_emit ON subscriptions (client_id, completed_at)
  WHERE status = 'completed' AND completion_emitted = 0;
CREATE INDEX subscriptions_by_form ON subscriptions (form_sha256) WHERE form_sha256 IS NOT NULL;
CREATE INDEX subscriptions_by_funding ON subscriptions (funding_sha256) WHERE funding_sha256 IS NOT NULL;

CREATE TABLE subscription_counts (
  client_id TEXT NOT NULL,
  status TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (client_id, status)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER subscriptions_inserted AFTER INSERT ON subscriptions BEGIN
  INSERT INTO subscription_counts VALUES (NEW.client_id, NEW.status, 1) ON CONFLICT DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER subscriptions_moved AFTER UPDATE OF status ON subscriptions WHEN OLD.status <> NEW.status BEGIN
  UPDATE subscription_counts SET count = count - 1 WHERE client_id = OLD.client_id AND status = OLD.status;
  INSERT INTO subscription_counts VALUES (NEW.client_id, NEW.status, 1) ON CONFLICT DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER subscriptions_deleted AFTER DELETE ON subscriptions BEGIN
  UPDATE subscription_counts SET count = count - 1 WHERE client_id = OLD.client_id AND status = OLD.status;
END;

-- One row per event; its cold part is in `events` under the same id.
CREATE TABLE deliveries (
  id INTEGER PRIMARY KEY,
  delivery_id TEXT NOT NULL UNIQUE,
  client_id TEXT NOT NULL,
  event_type TEXT NOT NULL,
  subject TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('pending', 'in_flight', 'retrying', 'delivered', 'dead')),
  attempt_count INTEGER NOT NULL,
  schedule INTEGER NOT NULL,
  schedule_attempts INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  next_attempt_at INTEGER,
  schedule_started_at INTEGER,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX deliveries_due ON deliveries (client_id, next_attempt_at, sequence)
  WHERE status IN ('pending', 'retrying') AND next_attempt_at IS NOT NULL;
-- Serves every list: those with fewer filters merge the few groups that `delivery_counts` names.
CREATE INDEX deliveries_by_group ON deliveries (client_id, status, event_type);

CREATE TABLE events (
  id INTEGER PRIMARY KEY REFERENCES deliveries (id) ON DELETE CASCADE,
  occurred_at INTEGER NOT NULL,
  subjects TEXT NOT NULL,
  body TEXT NOT NULL
) STRICT;

-- Every slug and person id in an event's data.
CREATE TABLE event_subjects (
  name TEXT NOT NULL,
  delivery INTEGER NOT NULL,
  PRIMARY KEY (name, delivery)
) STRICT, WITHOUT ROWID;

CREATE TABLE attempts (
  id INTEGER PRIMARY KEY,
  delivery INTEGER NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,
  kind TEXT NOT NULL CHECK (kind IN ('scheduled', 'copy', 'tampered', 'replay')),
  schedule INTEGER NOT NULL,
  number INTEGER NOT NULL,
  virtual_time INTEGER NOT NULL,
  wall_time INTEGER NOT NULL,
  offset_ms INTEGER NOT NULL,
  latency_ms INTEGER NOT NULL,
  delivered INTEGER NOT NULL,
  failure TEXT NOT NULL,
  failure_detail TEXT NOT NULL,
  response_status INTEGER NOT NULL,
  chaos_rule TEXT NOT NULL,
  request_headers TEXT NOT NULL,
  response_body BLOB NOT NULL
) STRICT;
CREATE INDEX attempts_by_delivery ON attempts (delivery);

CREATE TABLE delivery_counts (
  client_id TEXT NOT NULL,
  status TEXT NOT NULL,
  event_type TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (client_id, status, event_type)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER deliveries_inserted AFTER INSERT ON deliveries BEGIN
  INSERT INTO delivery_counts VALUES (NEW.client_id, NEW.status, NEW.event_type, 1)
    ON CONFLICT DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER deliveries_moved AFTER UPDATE OF status ON deliveries WHEN OLD.status <> NEW.status BEGIN
  UPDATE delivery_counts SET count = count - 1
    WHERE client_id = OLD.client_id AND status = OLD.status AND event_type = OLD.event_type;
  INSERT INTO delivery_counts VALUES (NEW.client_id, NEW.status, NEW.event_type, 1)
    ON CONFLICT DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER deliveries_deleted AFTER DELETE ON deliveries BEGIN
  UPDATE delivery_counts SET count = count - 1
    WHERE client_id = OLD.client_id AND status = OLD.status AND event_type = OLD.event_type;
END;

-- AUTOINCREMENT: the id of a timer that is gone never names another one.
CREATE TABLE timers (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  client_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  due_at INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  subject TEXT NOT NULL,
  payload TEXT NOT NULL
) STRICT;
CREATE INDEX timers_due ON timers (client_id, due_at, sequence);
CREATE INDEX timers_by_subject ON timers (client_id, kind, subject);

CREATE TABLE idempotency_keys (
  id INTEGER PRIMARY KEY,
  client_id TEXT NOT NULL,
  key TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  status INTEGER NOT NULL,
  fingerprint BLOB NOT NULL,
  body TEXT NOT NULL,
  UNIQUE (client_id, key)
) STRICT;
CREATE INDEX idempotency_keys_expiry ON idempotency_keys (client_id, expires_at);

CREATE TABLE token_chains (
  id INTEGER PRIMARY KEY,
  chain_id TEXT NOT NULL UNIQUE,
  client_id TEXT NOT NULL,
  revoked INTEGER NOT NULL
) STRICT;
CREATE INDEX token_chains_by_client ON token_chains (client_id);

CREATE TABLE refresh_tokens (
  id INTEGER PRIMARY KEY,
  token_hash BLOB NOT NULL UNIQUE,
  chain_id TEXT NOT NULL,
  client_id TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  spent INTEGER NOT NULL
) STRICT;
CREATE INDEX refresh_tokens_by_client ON refresh_tokens (client_id);

CREATE TABLE assertion_ids (
  id INTEGER PRIMARY KEY,
  client_id TEXT NOT NULL,
  jti TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  UNIQUE (client_id, jti)
) STRICT;
CREATE INDEX assertion_ids_expiry ON assertion_ids (expires_at);

CREATE TABLE chaos_rules (
  id INTEGER PRIMARY KEY,
  rule_id TEXT NOT NULL UNIQUE,
  client_id TEXT,
  document TEXT NOT NULL
) STRICT;
CREATE INDEX chaos_rules_by_client ON chaos_rules (client_id);
