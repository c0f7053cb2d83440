CREATE OR REPLACE VIEW tiers_breach_growth AS
    SELECT coalesce(standing.member_id, ledger.member_id) AS member_id, standing.growth, ledger.growth AS booked
      FROM tiers_standing AS standing
      FULL JOIN (SELECT member_id, sum(amount)::bigint AS growth FROM tiers_growth GROUP BY member_id) AS ledger
        ON ledger.member_id = standing.member_id
     WHERE coalesce(standing.growth, 0) <> coalesce(ledger.growth, 0);
COMMENT ON VIEW tiers_breach_growth IS 'The growth of every member is the sum of the growth ledger.';

CREATE OR REPLACE VIEW tiers_breach_balance AS
    SELECT entry.id, entry.member_id, entry.balance, entry.expected
      FROM (SELECT id, member_id, balance, sum(amount) OVER (PARTITION BY member_id ORDER BY id)::bigint AS expected
              FROM tiers_growth) AS entry
     WHERE entry.balance <> entry.expected;
COMMENT ON VIEW tiers_breach_balance IS 'Each entry of the growth ledger says what the entries up to it add up to.';

CREATE OR REPLACE VIEW tiers_breach_taken AS
    SELECT first.id, first.cause_kind, first.cause_id, first.amount AS given, sum(entry.amount)::bigint AS remaining,
           entry.member_id
      FROM tiers_growth AS first
      JOIN tiers_growth AS entry ON entry.id = first.id OR entry.of_id = first.id
     WHERE first.of_id IS NULL
     GROUP BY first.id, entry.member_id
    HAVING sum(entry.amount) < 0 OR sum(entry.amount) > first.amount;
COMMENT ON VIEW tiers_breach_taken IS
    'Of what a cause gave, no more was taken back than it gave, in whosever file it stands now.';

CREATE OR REPLACE VIEW tiers_breach_tier AS
    SELECT member.id AS member_id, member.tier, standing.growth_tier_id AS growth_tier, standing.paid_tier_id AS paid_tier
      FROM members_member AS member
      JOIN tiers_standing AS standing ON standing.member_id = member.id
      JOIN tiers_tier AS grown ON grown.code = standing.growth_tier_id
      LEFT JOIN tiers_tier AS paid ON paid.code = standing.paid_tier_id
     WHERE member.tier <> CASE WHEN paid.rank > grown.rank THEN paid.code ELSE grown.code END;
COMMENT ON VIEW tiers_breach_tier IS
    'The tier in the member''s file is the better one of the tier by growth and the paid tier.';
