-- Campaigns are kept in memory (queries/kept.py); see platform/marks.py.
SELECT platform_watch('promotions.campaign', 'promotions_campaign');
SELECT platform_watch('promotions.campaign', 'promotions_campaign_units');
SELECT platform_watch('promotions.campaign', 'promotions_campaign_step');
SELECT platform_watch('promotions.campaign', 'promotions_campaign_item');
