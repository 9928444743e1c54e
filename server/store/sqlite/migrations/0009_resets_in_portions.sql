-- Which reset of the partner is under way, in the words of rules/reset; NULL: none. Until its end nobody sees what the
-- partner still has.
ALTER TABLE lanes ADD COLUMN resetting TEXT;
CREATE INDEX lanes_resetting ON lanes (client_id) WHERE resetting IS NOT NULL;
