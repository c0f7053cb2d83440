-- Each row is a broken promise; reconciliation expects none.
-- The columns of a campaign are guarded by constraints; what its other tables hold must fit its kind.
CREATE OR REPLACE VIEW promotions_breach_parts AS
SELECT campaign.id AS campaign_id, campaign.kind, step.offs, step.gifts, item.products
FROM promotions_campaign AS campaign
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE rung.off_fen > 0) AS offs, count(*) FILTER (WHERE rung.off_fen = 0) AS gifts
    FROM promotions_campaign_step AS rung
    WHERE rung.campaign_id = campaign.id
) AS step
CROSS JOIN LATERAL (
    SELECT count(*) AS products FROM promotions_campaign_item AS part WHERE part.campaign_id = campaign.id
) AS item
WHERE (step.offs > 0) <> (campaign.kind = 'threshold')
   OR (step.gifts > 0) <> (campaign.kind = 'gift')
   OR (item.products > 0) <> (campaign.kind = 'new_customer' OR (campaign.kind = 'bundle' AND campaign.count = 0));
COMMENT ON VIEW promotions_breach_parts IS 'A campaign has the steps or products that its kind needs, and no others';
