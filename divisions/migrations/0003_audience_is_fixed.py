"""A channel's audience never changes, in the database itself: posts already went to one of the two (P6)."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION divisions_channel_audience_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.audience <> OLD.audience THEN
        RAISE EXCEPTION 'the audience of a channel is fixed when it is made' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER divisions_channel_fixed BEFORE UPDATE ON divisions_channel
    FOR EACH ROW EXECUTE FUNCTION divisions_channel_audience_is_fixed();
ALTER TABLE divisions_channel ENABLE ALWAYS TRIGGER divisions_channel_fixed;
"""

BACKWARD = """
DROP TRIGGER divisions_channel_fixed ON divisions_channel;
DROP FUNCTION divisions_channel_audience_is_fixed();
"""


class Migration(migrations.Migration):
    """Beside `Channel.save`, which says the same in words."""

    dependencies = [("divisions", "0002_account_checks")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
