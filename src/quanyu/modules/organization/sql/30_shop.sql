-- The shop of a store: where it stands in the tree, whose its stock is, and from where an express parcel may come
-- (itself, then the open warehouses of the same owner; never another store). No row: no open store has this id.
CREATE OR REPLACE FUNCTION organization_shop(p_store bigint)
RETURNS TABLE (path bigint[], owner_id bigint, offers_express boolean, source_ids bigint[])
LANGUAGE sql STABLE ROWS 1 AS $$
    SELECT unit.path, place.owner_id, place.offers_express,
           p_store || ARRAY(
               SELECT warehouse.id
               FROM organization_location AS other
               JOIN organization_unit AS warehouse ON warehouse.id = other.unit_id
               WHERE other.owner_id = place.owner_id AND warehouse.kind = 'warehouse' AND warehouse.is_active
               ORDER BY warehouse.id)
    FROM organization_unit AS unit
    JOIN organization_location AS place ON place.unit_id = unit.id
    WHERE unit.id = p_store AND unit.kind = 'store' AND unit.is_active
$$;
