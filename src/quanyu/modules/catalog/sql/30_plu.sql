-- Give a SKU its scale code (NULL takes it away); false when another SKU has it, also when that one is quicker.
CREATE OR REPLACE FUNCTION catalog_write_plu(p_sku bigint, p_plu text) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE catalog_sku SET plu = p_plu WHERE id = p_sku;
    RETURN true;
EXCEPTION WHEN unique_violation THEN
    RETURN false;
END $$;
