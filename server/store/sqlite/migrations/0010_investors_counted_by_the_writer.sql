-- Investors are counted as deliveries are, by the writer, once for the changes that it commits together
-- (store/sqlite/investor_counts): the trigger took a tenth of what a new investor costs.
DROP TRIGGER investors_inserted;
DROP TRIGGER investors_deleted;
