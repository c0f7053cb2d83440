-- What happened to the coupons a member holds, newest first, without the steps of a payment in between: for timelines.
CREATE OR REPLACE FUNCTION coupons_events_of(p_member uuid, p_before bigint, p_limit int)
RETURNS TABLE (id bigint, at timestamptz, kind varchar, coupon_id uuid, name varchar, name_en varchar,
               amount_fen bigint, order_id uuid)
LANGUAGE sql STABLE AS $$
    SELECT event.id, event.at, event.kind, coupon.id, template.name, template.name_en, event.amount_fen, event.order_id
      FROM coupons_coupon AS coupon
      JOIN coupons_template AS template ON template.id = coupon.template_id
      JOIN coupons_event AS event ON event.coupon_id = coupon.id
     WHERE coupon.member_id = p_member AND event.kind NOT IN ('reserved', 'released')
       AND (p_before IS NULL OR event.id < p_before)
     ORDER BY event.id DESC
     LIMIT p_limit
$$;

-- How many coupons a member could use now, somewhere.
CREATE OR REPLACE FUNCTION coupons_count_of(p_member uuid, p_at timestamptz) RETURNS int
LANGUAGE sql STABLE AS $$
    SELECT count(*)::int
      FROM coupons_coupon AS coupon
      JOIN coupons_template AS template ON template.id = coupon.template_id
     WHERE coupon.member_id = p_member
       AND coupons_refusal(coupon.state, template.state, coupon.valid_from, coupon.valid_until, coupon.offered_until,
                           p_at) IS NULL
$$;
