"""What is frozen stays frozen, in the database itself: revisions (P8), a delivery's content (P1), approvals (P2)."""

from django.db import migrations

FROZEN_TABLES = ("posts_revision", "posts_variant", "posts_revisionmedia", "posts_review")

FUNCTIONS = """
CREATE FUNCTION posts_same_audience() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE said text; heard text;
BEGIN
    IF TG_TABLE_NAME = 'posts_variant' THEN
        SELECT p.audience INTO said FROM posts_revision r JOIN posts_post p ON p.id = r.post_id
            WHERE r.id = NEW.revision_id;
    ELSE
        SELECT audience INTO said FROM posts_post WHERE id = NEW.post_id;
    END IF;
    SELECT audience INTO heard FROM divisions_channel WHERE id = NEW.channel_id;
    IF said IS DISTINCT FROM heard THEN
        RAISE EXCEPTION 'a post for audience % never goes to a channel of audience %', said, heard
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION posts_post_audience_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.audience <> OLD.audience OR NEW.division_id <> OLD.division_id THEN
        RAISE EXCEPTION 'the audience and the division of a post are fixed when it is made'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION posts_delivery_content_is_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.act, NEW.post_id, NEW.revision_id, NEW.variant_id, NEW.channel_id, NEW.target_remote_id,
        NEW.payload, NEW.payload_hash, NEW.key)
       IS DISTINCT FROM
       (OLD.act, OLD.post_id, OLD.revision_id, OLD.variant_id, OLD.channel_id, OLD.target_remote_id,
        OLD.payload, OLD.payload_hash, OLD.key)
    THEN
        RAISE EXCEPTION 'what a delivery sends is frozen when it is made' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION posts_nobody_approves_own_work() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE rev posts_revision; since integer; mine boolean;
BEGIN
    SELECT * INTO rev FROM posts_revision WHERE id = NEW.revision_id;
    IF NEW.content_hash <> rev.content_hash THEN
        RAISE EXCEPTION 'an approval is bound to the content of its revision' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.basis <> 'review' THEN RETURN NEW; END IF;
    SELECT coalesce(max(r.number), 0) INTO since FROM posts_revision r JOIN posts_approval a ON a.revision_id = r.id
        WHERE r.post_id = rev.post_id AND r.number < rev.number;
    SELECT bool_or(NEW.approved_by_id = r.submitted_by_id OR NEW.approved_by_id = ANY (r.editor_ids)) INTO mine
        FROM posts_revision r
        WHERE r.post_id = rev.post_id AND r.number > since AND r.number <= rev.number;
    IF mine OR NEW.approved_by_id = (SELECT author_id FROM posts_post WHERE id = rev.post_id) THEN
        RAISE EXCEPTION 'nobody approves their own work' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION posts_approval_only_voids() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.voided_at IS NOT NULL OR NEW.voided_at IS NULL
       OR (NEW.revision_id, NEW.seat, NEW.content_hash, NEW.basis, NEW.approved_by_id, NEW.approved_at)
       IS DISTINCT FROM
       (OLD.revision_id, OLD.seat, OLD.content_hash, OLD.basis, OLD.approved_by_id, OLD.approved_at)
    THEN
        RAISE EXCEPTION 'an approval is never changed; it can be voided once' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
"""

# table, trigger name, timing and events, level, function
TRIGGERS = [
    *(
        (t, f"{t}_{suffix}", events, level, "records_refuse_change")
        for t in FROZEN_TABLES
        for suffix, events, level in (
            ("no_change", "BEFORE UPDATE OR DELETE", "ROW"),
            ("no_truncate", "BEFORE TRUNCATE", "STATEMENT"),
        )
    ),
    *(
        (t, f"{t}_{suffix}", events, level, "records_refuse_change")
        for t in ("posts_delivery", "posts_approval")
        for suffix, events, level in (
            ("no_delete", "BEFORE DELETE", "ROW"),
            ("no_truncate", "BEFORE TRUNCATE", "STATEMENT"),
        )
    ),
    ("posts_variant", "posts_variant_audience", "BEFORE INSERT", "ROW", "posts_same_audience"),
    ("posts_delivery", "posts_delivery_audience", "BEFORE INSERT", "ROW", "posts_same_audience"),
    ("posts_delivery", "posts_delivery_frozen", "BEFORE UPDATE", "ROW", "posts_delivery_content_is_frozen"),
    ("posts_post", "posts_post_fixed", "BEFORE UPDATE", "ROW", "posts_post_audience_is_fixed"),
    ("posts_approval", "posts_approval_p2", "BEFORE INSERT", "ROW", "posts_nobody_approves_own_work"),
    ("posts_approval", "posts_approval_voids", "BEFORE UPDATE", "ROW", "posts_approval_only_voids"),
]

FORWARD = FUNCTIONS + "\n".join(
    f"CREATE TRIGGER {name} {events} ON {table} FOR EACH {level} EXECUTE FUNCTION {function}();\n"
    f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name};"
    for table, name, events, level, function in TRIGGERS
)
BACKWARD = (
    "\n".join(f"DROP TRIGGER {name} ON {table};" for table, name, *_ in TRIGGERS)
    + """
DROP FUNCTION posts_same_audience();
DROP FUNCTION posts_post_audience_is_fixed();
DROP FUNCTION posts_delivery_content_is_frozen();
DROP FUNCTION posts_nobody_approves_own_work();
DROP FUNCTION posts_approval_only_voids();
"""
)


class Migration(migrations.Migration):
    """Triggers in RunSQL with ENABLE ALWAYS, because good manners are not a promise."""

    dependencies = [("posts", "0001_initial"), ("records", "0002_append_only")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
