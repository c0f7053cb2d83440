-- What the order path keeps in memory of this module (see platform/marks.py): the sales and their places. Not the counter
-- of pieces taken, which moves with every order.
CREATE OR REPLACE TRIGGER flash_sale_marked
AFTER INSERT OR DELETE OR TRUNCATE OR UPDATE OF
    sku_id, channels, closed_from, starts_at, ends_at, per_member_limit, units_total, stopped_at
ON flash_sale
FOR EACH STATEMENT EXECUTE FUNCTION platform_mark_change('flash.sale');
SELECT platform_watch('flash.sale', 'flash_sale_units');
