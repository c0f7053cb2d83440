-- Sharing rules are kept in memory (queries/kept.py); see platform/marks.py.
SELECT platform_watch('inventory.sharing', 'inventory_sharing_policy');
