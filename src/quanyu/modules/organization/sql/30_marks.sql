-- Locations and areas are kept in memory (queries/kept.py); see platform/marks.py.
SELECT platform_watch('organization.location', 'organization_unit');
SELECT platform_watch('organization.location', 'organization_location');
SELECT platform_watch('organization.location', 'organization_area');
