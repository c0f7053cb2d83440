-- The history of coupons is written once.
CREATE OR REPLACE TRIGGER coupons_event_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON coupons_event
    FOR EACH STATEMENT EXECUTE FUNCTION platform_refuse_change();

-- Why a coupon cannot be taken at a moment; NULL: it can. The clock decides, not the job that writes
-- "expired" down later; what was taken down is not usable either, before the job has made it void.
CREATE OR REPLACE FUNCTION coupons_refusal(
    p_state text, p_template_state text, p_valid_from timestamptz, p_valid_until timestamptz,
    p_offered_until timestamptz, p_at timestamptz
) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN p_state IN ('reserved', 'redeemed') THEN 'used'
        WHEN p_state = 'void' OR p_template_state = 'forced_off' THEN 'withdrawn'
        WHEN p_state = 'expired' OR p_valid_until <= p_at THEN 'expired'
        WHEN p_offered_until > p_at THEN 'given_away'
        WHEN p_valid_from > p_at THEN 'not_started'
    END
$$;

-- Until when a coupon that comes back is valid: to the end of the day in China that is so many days off,
-- if that is later than what it was valid for anyway.
CREATE OR REPLACE FUNCTION coupons_extended(p_valid_until timestamptz, p_days int, p_at timestamptz)
RETURNS timestamptz
LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN p_days > 0 THEN greatest(
        p_valid_until,
        (date_trunc('day', p_at AT TIME ZONE 'Asia/Shanghai') + make_interval(days => p_days + 1))
            AT TIME ZONE 'Asia/Shanghai'
    ) ELSE p_valid_until END
$$;
