-- Where in a list a page begins is found without walking there: ids fall into blocks of 1024, and for each block stands
-- how many deliveries of a group lie in it. Those in flight, few and there for a moment, are left out.
CREATE TABLE delivery_block_counts (
  client_id TEXT NOT NULL,
  status TEXT NOT NULL,
  event_type TEXT NOT NULL,
  block INTEGER NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (client_id, status, event_type, block)
) STRICT, WITHOUT ROWID;
INSERT INTO delivery_block_counts SELECT client_id, status, event_type, id >> 10, COUNT(*) FROM deliveries
  WHERE status <> 'in_flight' GROUP BY 1, 2, 3, 4;

-- Of all groups together, for the list without filters; with those in flight.
CREATE TABLE block_counts (
  block INTEGER PRIMARY KEY,
  count INTEGER NOT NULL
) STRICT;
INSERT INTO block_counts SELECT id >> 10, COUNT(*) FROM deliveries GROUP BY 1;

CREATE TRIGGER deliveries_added_to_block AFTER INSERT ON deliveries BEGIN
  INSERT INTO block_counts VALUES (NEW.id >> 10, 1) ON CONFLICT DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER deliveries_inserted_in_block AFTER INSERT ON deliveries WHEN NEW.status <> 'in_flight' BEGIN
  INSERT INTO delivery_block_counts VALUES (NEW.client_id, NEW.status, NEW.event_type, NEW.id >> 10, 1)
    ON CONFLICT DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER deliveries_moved_from AFTER UPDATE OF status ON deliveries
WHEN OLD.status <> NEW.status AND OLD.status <> 'in_flight' BEGIN
  UPDATE delivery_block_counts SET count = count - 1 WHERE client_id = OLD.client_id AND status = OLD.status
    AND event_type = OLD.event_type AND block = OLD.id >> 10;
END;
CREATE TRIGGER deliveries_moved_to AFTER UPDATE OF status ON deliveries
WHEN OLD.status <> NEW.status AND NEW.status <> 'in_flight' BEGIN
  INSERT INTO delivery_block_counts VALUES (NEW.client_id, NEW.status, NEW.event_type, NEW.id >> 10, 1)
    ON CONFLICT DO UPDATE SET count = count + 1;
END;

-- Those that wait for an event, which each delivery that comes to its end looks through.
CREATE INDEX held_deliveries_by_event ON held_deliveries (client_id) WHERE until_event IS NOT NULL;
