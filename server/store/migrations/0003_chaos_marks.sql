-- The rules that postponed a delivery: its next scheduled attempt names them.
ALTER TABLE chaos_deliveries ADD COLUMN postponed_by TEXT NOT NULL DEFAULT '[]';
