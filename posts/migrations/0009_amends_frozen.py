"""What was asked for and decided about published words is frozen too, and nobody decides their own request (P2, P9)."""

from django.db import migrations

FROZEN = """
CREATE OR REPLACE FUNCTION posts_delivery_content_is_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.act, NEW.post_id, NEW.revision_id, NEW.variant_id, NEW.channel_id, NEW.target_remote_id{new},
        NEW.payload, NEW.payload_hash, NEW.key)
       IS DISTINCT FROM
       (OLD.act, OLD.post_id, OLD.revision_id, OLD.variant_id, OLD.channel_id, OLD.target_remote_id{old},
        OLD.payload, OLD.payload_hash, OLD.key)
    THEN
        RAISE EXCEPTION 'what a delivery sends is frozen when it is made' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
"""

P2 = """
CREATE OR REPLACE FUNCTION posts_nobody_approves_own_work() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE rev posts_revision; since integer; mine boolean;{declared}
BEGIN
    {acts}
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
"""

ACTS = """
    IF NEW.delivery_id IS NOT NULL THEN
        SELECT d.payload_hash, w.asked_by_id INTO act_hash, asked_by FROM posts_delivery d
            LEFT JOIN posts_withdrawal w ON w.id = d.withdrawal_id WHERE d.id = NEW.delivery_id;
        IF NEW.content_hash <> act_hash THEN
            RAISE EXCEPTION 'an approval is bound to the content of its act' USING ERRCODE = 'check_violation';
        END IF;
        IF NEW.basis = 'review' AND NEW.approved_by_id = asked_by THEN
            RAISE EXCEPTION 'nobody approves their own work' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
"""

VOIDS = """
CREATE OR REPLACE FUNCTION posts_approval_only_voids() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.voided_at IS NOT NULL OR NEW.voided_at IS NULL
       OR (NEW.revision_id, {new}NEW.seat, NEW.content_hash, NEW.basis, NEW.approved_by_id, NEW.approved_at)
       IS DISTINCT FROM
       (OLD.revision_id, {old}OLD.seat, OLD.content_hash, OLD.basis, OLD.approved_by_id, OLD.approved_at)
    THEN
        RAISE EXCEPTION 'an approval is never changed; it can be voided once' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
"""

DECIDED = """
CREATE FUNCTION posts_withdrawal_is_decided_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.verdict <> '' OR NEW.verdict = ''
       OR (NEW.post_id, NEW.ground, NEW.basis, NEW.reason, NEW.asked_by_id, NEW.asked_at)
       IS DISTINCT FROM (OLD.post_id, OLD.ground, OLD.basis, OLD.reason, OLD.asked_by_id, OLD.asked_at)
    THEN
        RAISE EXCEPTION 'a request is never changed; it is decided once' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION posts_correction_is_decided_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.verdict <> '' OR NEW.verdict = ''
       OR (NEW.post_id, NEW.revision_id, NEW.reason, NEW.was_wrong, NEW.apology, NEW.asked_by_id, NEW.asked_at)
       IS DISTINCT FROM
       (OLD.post_id, OLD.revision_id, OLD.reason, OLD.was_wrong, OLD.apology, OLD.asked_by_id, OLD.asked_at)
    THEN
        RAISE EXCEPTION 'a request is never changed; it is decided once' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
"""

TRIGGERS = [
    (f"posts_{what}", f"posts_{what}_{suffix}", events, level, function)
    for what in ("withdrawal", "correction")
    for suffix, events, level, function in (
        ("once", "BEFORE UPDATE", "ROW", f"posts_{what}_is_decided_once"),
        ("no_delete", "BEFORE DELETE", "ROW", "records_refuse_change"),
        ("no_truncate", "BEFORE TRUNCATE", "STATEMENT", "records_refuse_change"),
    )
]

FORWARD = (
    FROZEN.format(new=", NEW.withdrawal_id, NEW.publication_id", old=", OLD.withdrawal_id, OLD.publication_id")
    + P2.format(declared=" act_hash text; asked_by bigint;", acts=ACTS)
    + VOIDS.format(new="NEW.delivery_id, ", old="OLD.delivery_id, ")
    + DECIDED
    + "\n".join(
        f"CREATE TRIGGER {name} {events} ON {table} FOR EACH {level} EXECUTE FUNCTION {function}();\n"
        f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name};"
        for table, name, events, level, function in TRIGGERS
    )
)
BACKWARD = (
    "\n".join(f"DROP TRIGGER {name} ON {table};" for table, name, *_ in TRIGGERS)
    + "\nDROP FUNCTION posts_withdrawal_is_decided_once();\nDROP FUNCTION posts_correction_is_decided_once();\n"
    + FROZEN.format(new="", old="")
    + P2.format(declared="", acts="")
    + VOIDS.format(new="", old="")
)


class Migration(migrations.Migration):
    """Triggers with ENABLE ALWAYS, as in 0002."""

    dependencies = [("posts", "0008_amends_and_patterns"), ("records", "0002_append_only")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
