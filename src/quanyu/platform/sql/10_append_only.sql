-- A ledger is written once: rows of a table with this trigger are never changed or removed.
CREATE OR REPLACE FUNCTION platform_refuse_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE OR REPLACE TRIGGER platform_audit_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON platform_audit
    FOR EACH STATEMENT EXECUTE FUNCTION platform_refuse_change();
