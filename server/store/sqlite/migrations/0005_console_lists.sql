-- Investors and uploads are listed newest first, of all partners or of one, at a cost that does not depend on how many
-- there are.
CREATE INDEX investors_by_client ON investors (client_id);

CREATE TABLE investor_counts (
  client_id TEXT NOT NULL PRIMARY KEY,
  count INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO investor_counts SELECT client_id, COUNT(*) FROM investors GROUP BY 1;
CREATE TRIGGER investors_inserted AFTER INSERT ON investors BEGIN
  INSERT INTO investor_counts VALUES (NEW.client_id, 1) ON CONFLICT DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER investors_deleted AFTER DELETE ON investors BEGIN
  UPDATE investor_counts SET count = count - 1 WHERE client_id = OLD.client_id;
END;

CREATE INDEX subscriptions_by_form_time ON subscriptions (form_uploaded_at) WHERE form_uploaded_at IS NOT NULL;
CREATE INDEX subscriptions_by_client_form_time ON subscriptions (client_id, form_uploaded_at)
  WHERE form_uploaded_at IS NOT NULL;
CREATE INDEX subscriptions_by_funding_time ON subscriptions (funding_uploaded_at) WHERE funding_uploaded_at IS NOT NULL;
CREATE INDEX subscriptions_by_client_funding_time ON subscriptions (client_id, funding_uploaded_at)
  WHERE funding_uploaded_at IS NOT NULL;

-- Forms and receipts that are there now.
CREATE TABLE upload_counts (
  client_id TEXT NOT NULL PRIMARY KEY,
  count INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO upload_counts
  SELECT client_id, COUNT(form_uploaded_at) + COUNT(funding_uploaded_at) FROM subscriptions GROUP BY 1;
CREATE TRIGGER subscriptions_inserted_with_uploads AFTER INSERT ON subscriptions
WHEN NEW.form_uploaded_at IS NOT NULL OR NEW.funding_uploaded_at IS NOT NULL BEGIN
  INSERT INTO upload_counts VALUES
    (NEW.client_id, (NEW.form_uploaded_at IS NOT NULL) + (NEW.funding_uploaded_at IS NOT NULL))
    ON CONFLICT DO UPDATE SET count = count + excluded.count;
END;
CREATE TRIGGER subscriptions_uploaded AFTER UPDATE OF form_uploaded_at, funding_uploaded_at ON subscriptions
WHEN (OLD.form_uploaded_at IS NULL) <> (NEW.form_uploaded_at IS NULL)
  OR (OLD.funding_uploaded_at IS NULL) <> (NEW.funding_uploaded_at IS NULL) BEGIN
  INSERT INTO upload_counts VALUES (NEW.client_id,
    (NEW.form_uploaded_at IS NOT NULL) - (OLD.form_uploaded_at IS NOT NULL)
    + (NEW.funding_uploaded_at IS NOT NULL) - (OLD.funding_uploaded_at IS NOT NULL))
    ON CONFLICT DO UPDATE SET count = count + excluded.count;
END;
CREATE TRIGGER subscriptions_deleted_with_uploads AFTER DELETE ON subscriptions
WHEN OLD.form_uploaded_at IS NOT NULL OR OLD.funding_uploaded_at IS NOT NULL BEGIN
  UPDATE upload_counts
    SET count = count - (OLD.form_uploaded_at IS NOT NULL) - (OLD.funding_uploaded_at IS NOT NULL)
    WHERE client_id = OLD.client_id;
END;
