CREATE OR REPLACE TRIGGER loyalty_return_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON loyalty_return
    FOR EACH STATEMENT EXECUTE FUNCTION platform_refuse_change();
