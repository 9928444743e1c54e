-- What has expired is found, and forgotten, at a cost that does not depend on what is kept.
CREATE INDEX refresh_tokens_expiry ON refresh_tokens (expires_at);
CREATE INDEX refresh_tokens_by_chain ON refresh_tokens (chain_id, expires_at);
