"""The ledger refuses UPDATE, DELETE and TRUNCATE in the database itself (P11), and records its transaction."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION records_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: these rows are append-only', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

-- Which transaction wrote the row: a later seal takes rows below the oldest running one, never "seq > last".
ALTER TABLE records_ledgerentry ADD COLUMN tx xid8 NOT NULL DEFAULT pg_current_xact_id();

CREATE TRIGGER ledger_no_change BEFORE UPDATE OR DELETE ON records_ledgerentry
    FOR EACH ROW EXECUTE FUNCTION records_refuse_change();
CREATE TRIGGER ledger_no_truncate BEFORE TRUNCATE ON records_ledgerentry
    FOR EACH STATEMENT EXECUTE FUNCTION records_refuse_change();
-- ALWAYS: they fire under session_replication_role = replica too.
ALTER TABLE records_ledgerentry ENABLE ALWAYS TRIGGER ledger_no_change;
ALTER TABLE records_ledgerentry ENABLE ALWAYS TRIGGER ledger_no_truncate;
"""

BACKWARD = """
DROP TRIGGER ledger_no_truncate ON records_ledgerentry;
DROP TRIGGER ledger_no_change ON records_ledgerentry;
ALTER TABLE records_ledgerentry DROP COLUMN tx;
DROP FUNCTION records_refuse_change();
"""


class Migration(migrations.Migration):
    """Triggers are written by hand: a library's "ignore" switch would be a door."""

    dependencies = [("records", "0001_initial")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
