-- What is bought together and what sells best, learnt anew from the order book. One caller at a time.
--
-- Two products go together when at least p_least orders held both and they did so p_lift hundredths times as often as if
-- neither knew of the other: lift = n(a,b) * n / (n(a) * n(b)). Orders of more than 40 products say nothing: they are a
-- caterer's. For each product the p_most whose orders count most: many of them, and far from chance.
CREATE OR REPLACE FUNCTION insights_learn_pairs(p_since timestamptz, p_least int, p_lift int, p_most int)
RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    v_baskets bigint;
BEGIN
    DELETE FROM insights_also_bought;
    WITH basket AS MATERIALIZED (
        SELECT DISTINCT line.order_id, goods.product_id
        FROM orders_baskets(p_since) AS line
        JOIN catalog_products_of_skus() AS goods ON goods.sku_id = line.sku_id
    ),
    whole AS (SELECT count(DISTINCT order_id)::numeric AS orders FROM basket),
    alone AS (SELECT product_id, count(*) AS orders FROM basket GROUP BY product_id),
    telling AS (
        SELECT order_id FROM basket GROUP BY order_id HAVING count(*) BETWEEN 2 AND 40
    ),
    pair AS (
        SELECT one.product_id, other.product_id AS other_id, count(*) AS orders
        FROM telling
        JOIN basket AS one ON one.order_id = telling.order_id
        JOIN basket AS other ON other.order_id = telling.order_id AND other.product_id <> one.product_id
        GROUP BY 1, 2
        HAVING count(*) >= p_least
    ),
    scored AS (
        SELECT pair.product_id, pair.other_id, pair.orders, one.orders AS alone,
            least(100 * pair.orders * whole.orders / (one.orders * other.orders), 1000000)::int AS lift
        FROM pair
        CROSS JOIN whole
        JOIN alone AS one ON one.product_id = pair.product_id
        JOIN alone AS other ON other.product_id = pair.other_id
    ),
    ranked AS (
        SELECT scored.*, row_number() OVER (
            PARTITION BY product_id ORDER BY orders * ln(lift / 100.0) DESC, other_id) AS place
        FROM scored WHERE lift > greatest(p_lift, 100)
    ),
    written AS (
        INSERT INTO insights_also_bought (product_id, other_id, place, orders, alone, lift)
        SELECT product_id, other_id, place, orders, alone, lift FROM ranked WHERE place <= p_most
    )
    SELECT whole.orders INTO v_baskets FROM whole;
    RETURN v_baskets;
END $$;

-- The products that sold best since a moment, by the number of orders: in each store, and in all of them (store 0).
CREATE OR REPLACE FUNCTION insights_learn_best(p_since timestamptz, p_most int) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM insights_best_seller;
    WITH sold AS MATERIALIZED (
        SELECT line.store_id, goods.product_id, line.sku_id, count(DISTINCT line.order_id) AS orders
        FROM orders_baskets(p_since) AS line
        JOIN catalog_products_of_skus() AS goods ON goods.sku_id = line.sku_id
        GROUP BY 1, 2, 3
    ),
    everywhere AS (
        SELECT store_id, product_id, sku_id, orders FROM sold
        UNION ALL
        SELECT 0, product_id, sku_id, sum(orders) FROM sold GROUP BY product_id, sku_id
    ),
    product AS (
        SELECT store_id, product_id, sum(orders) AS orders,
            (array_agg(sku_id ORDER BY orders DESC, sku_id))[1] AS sku_id
        FROM everywhere GROUP BY 1, 2
    ),
    ranked AS (
        SELECT product.*, row_number() OVER (PARTITION BY store_id ORDER BY orders DESC, product_id) AS place FROM product
    )
    INSERT INTO insights_best_seller (store_id, place, product_id, sku_id, orders)
    SELECT store_id, place, product_id, sku_id, orders FROM ranked WHERE place <= p_most;
END $$;

-- In how many orders since a moment the SKUs were of products that go with another: which variant is offered first.
CREATE OR REPLACE FUNCTION insights_learn_variants(p_since timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM insights_variant;
    INSERT INTO insights_variant (sku_id, orders)
    SELECT line.sku_id, count(DISTINCT line.order_id)
    FROM orders_baskets(p_since) AS line
    JOIN catalog_products_of_skus() AS goods ON goods.sku_id = line.sku_id
    WHERE goods.product_id IN (SELECT other_id FROM insights_also_bought)
    GROUP BY line.sku_id;
END $$;

-- How strongly a product calls for another, in ten-thousandths: the share of its orders that held both, as if it had been
-- in ten orders more without, so that few orders say little.
CREATE OR REPLACE FUNCTION insights_strength(p_orders int, p_alone int) RETURNS int
LANGUAGE sql IMMUTABLE AS $$ SELECT round(10000.0 * p_orders / (p_alone + 10))::int $$;

-- The p_most companions that call loudest for each of the p_products products that are bought most often.
CREATE OR REPLACE FUNCTION insights_companions(p_products int, p_most int)
RETURNS TABLE (product_id bigint, other_id bigint, strength_bp int)
LANGUAGE sql STABLE AS $$
    WITH often AS (
        SELECT pair.product_id FROM insights_also_bought AS pair WHERE pair.alone > 0
        GROUP BY pair.product_id ORDER BY max(pair.alone) DESC, pair.product_id LIMIT p_products
    ),
    told AS (
        SELECT pair.product_id, pair.other_id, insights_strength(pair.orders, pair.alone) AS strength_bp
        FROM insights_also_bought AS pair JOIN often ON often.product_id = pair.product_id
        WHERE pair.alone > 0
    ),
    ranked AS (
        SELECT told.*, row_number() OVER (
            PARTITION BY told.product_id ORDER BY told.strength_bp DESC, told.other_id) AS place
        FROM told
    )
    SELECT ranked.product_id, ranked.other_id, ranked.strength_bp FROM ranked
    WHERE ranked.place <= p_most AND ranked.strength_bp > 0
    ORDER BY ranked.product_id, ranked.place
$$;
