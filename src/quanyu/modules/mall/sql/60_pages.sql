-- The page that shoppers of a store see: of the nearest unit on its path (root first) that has published one.
CREATE OR REPLACE FUNCTION mall_page_of(p_path bigint[]) RETURNS bigint
LANGUAGE sql STABLE AS $$
    SELECT page.id FROM mall_page AS page
    WHERE page.unit_id = ANY (p_path) AND page.published_at IS NOT NULL
    ORDER BY array_position(p_path, page.unit_id) DESC
    LIMIT 1
$$;

-- What shoppers see is a copy of the draft, made when it was published; a page that was taken back keeps none.
CREATE OR REPLACE VIEW mall_breach_published_page AS
    SELECT page.id, page.unit_id, page.published_at, block.id AS block_id
    FROM mall_page AS page
    JOIN mall_block AS block ON block.page_id = page.id AND NOT block.is_draft
    WHERE page.published_at IS NULL;
COMMENT ON VIEW mall_breach_published_page IS 'Blocks that shoppers see belong to a page that is published';
