-- What there is of deliveries is counted by the writer, once for the changes that it commits together
-- (store/sqlite/delivery_counts): triggers took a third of what a delivery costs.
DROP TRIGGER deliveries_inserted;
DROP TRIGGER deliveries_moved;
DROP TRIGGER deliveries_deleted;
DROP TRIGGER deliveries_added_to_block;
DROP TRIGGER deliveries_inserted_in_block;
DROP TRIGGER deliveries_moved_from;
DROP TRIGGER deliveries_moved_to;
