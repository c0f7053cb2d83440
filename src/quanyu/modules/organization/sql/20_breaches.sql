-- The path of a unit is its parent's path and the unit itself.
CREATE OR REPLACE VIEW organization_breach_path AS
SELECT unit.id, unit.parent_id, unit.path
FROM organization_unit AS unit
LEFT JOIN organization_unit AS parent ON parent.id = unit.parent_id
WHERE unit.path <> coalesce(parent.path, '{}') || unit.id;
COMMENT ON VIEW organization_breach_path IS 'Every unit stands where its path says it stands.';

-- Stores and warehouses have a place, other units have none.
CREATE OR REPLACE VIEW organization_breach_location AS
SELECT unit.id, unit.kind, location.unit_id
FROM organization_unit AS unit
LEFT JOIN organization_location AS location ON location.unit_id = unit.id
WHERE (unit.kind IN ('store', 'warehouse')) <> (location.unit_id IS NOT NULL);
COMMENT ON VIEW organization_breach_location IS 'Exactly the stores and warehouses have a location.';

CREATE OR REPLACE VIEW organization_breach_closed_parent AS
SELECT unit.id, parent.id AS closed_parent_id
FROM organization_unit AS unit
JOIN organization_unit AS parent ON parent.id = unit.parent_id
WHERE unit.is_active AND NOT parent.is_active;
COMMENT ON VIEW organization_breach_closed_parent IS 'No open unit stands below a closed one.';
