-- The tiers that a new installation starts with; a chain changes the figures on the screen, so nothing is set again.
INSERT INTO tiers_tier (code, name, name_en, kind, rank, threshold, keep_threshold, validity_days, discount_bp,
                        points_multiplier_bp, level_needed, birthday_multiplier_bp, birthday_days_before,
                        birthday_days_after, birthday_coupon, price_fen, duration_days, is_active, changed_at) VALUES
    ('basic', '普通会员', 'Member', 'growth', 0, 0, 0, NULL, 0, 10000, 'identified', 10000, 0, 0, '', 0, 0, true, now()),
    ('silver', '银卡会员', 'Silver', 'growth', 10, 1000, 800, 365, 0, 12000, 'identified', 15000, 0, 0, '', 0, 0, true, now()),
    ('gold', '金卡会员', 'Gold', 'growth', 20, 5000, 4000, 365, 300, 15000, 'verified', 20000, 3, 3, '', 0, 0, true, now()),
    ('plus', '付费会员', 'Plus', 'paid', 25, 0, 0, NULL, 500, 20000, 'verified', 20000, 3, 3, '', 19900, 365, true, now()),
    ('diamond', '钻石会员', 'Diamond', 'growth', 30, 20000, 16000, 365, 500, 20000, 'verified', 30000, 7, 7, '', 0, 0, true, now())
ON CONFLICT DO NOTHING;

CREATE OR REPLACE TRIGGER tiers_growth_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON tiers_growth
    FOR EACH STATEMENT EXECUTE FUNCTION platform_refuse_change();

CREATE OR REPLACE TRIGGER tiers_change_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON tiers_change
    FOR EACH STATEMENT EXECUTE FUNCTION platform_refuse_change();

CREATE OR REPLACE TRIGGER tiers_paid_grant_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON tiers_paid_grant
    FOR EACH STATEMENT EXECUTE FUNCTION platform_refuse_change();
