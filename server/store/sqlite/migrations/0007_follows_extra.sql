-- Whether what a held delivery follows is an extra attempt, which ends with its process. Its key used to tell.
ALTER TABLE held_deliveries ADD COLUMN follows_extra INTEGER NOT NULL DEFAULT 0;
UPDATE held_deliveries SET follows_extra = 1 WHERE follows >= 'extra:' AND follows < 'extra;';
CREATE INDEX held_deliveries_by_extra ON held_deliveries (follows_extra) WHERE follows_extra = 1;
