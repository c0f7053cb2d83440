CREATE OR REPLACE TRIGGER members_consent_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON members_consent
    FOR EACH STATEMENT EXECUTE FUNCTION platform_refuse_change();

CREATE OR REPLACE TRIGGER members_profile_change_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON members_profile_change
    FOR EACH STATEMENT EXECUTE FUNCTION platform_refuse_change();
