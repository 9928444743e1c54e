-- Content of uploads that were replaced, for as long as signed URLs may still lead to it (virtual, of that partner).
CREATE TABLE replaced_uploads (
  id INTEGER PRIMARY KEY,
  client_id TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  until INTEGER NOT NULL,
  UNIQUE (client_id, sha256)
) STRICT;
CREATE INDEX replaced_uploads_by_content ON replaced_uploads (sha256);
CREATE INDEX replaced_uploads_expiry ON replaced_uploads (client_id, until);
