"""The matrix, seats that are counted, emergency publications, reminders, comments on words; what of it is frozen.

P2 since now: of several seats only the one that completes a review ends "since the last approval"; a half-given one, an
emergency publication and a trusted kind do not, for nobody else had looked at all those words.
"""

import django.db.models.deletion
import django.db.models.functions.text
import django.db.models.lookups
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

P2 = """
CREATE OR REPLACE FUNCTION posts_nobody_approves_own_work() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE rev posts_revision; since integer; mine boolean; act_hash text; asked_by bigint;
BEGIN
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
    SELECT * INTO rev FROM posts_revision WHERE id = NEW.revision_id;
    IF NEW.content_hash <> rev.content_hash THEN
        RAISE EXCEPTION 'an approval is bound to the content of its revision' USING ERRCODE = 'check_violation';
    END IF;
    {bases}
    IF NEW.basis <> 'review' THEN RETURN NEW; END IF;
    SELECT coalesce(max(r.number), 0) INTO since FROM posts_revision r JOIN posts_approval a ON a.revision_id = r.id
        WHERE r.post_id = rev.post_id AND r.number < rev.number{completed};
    SELECT bool_or(NEW.approved_by_id = r.submitted_by_id OR NEW.approved_by_id = ANY (r.editor_ids)) INTO mine
        FROM posts_revision r
        WHERE r.post_id = rev.post_id AND r.number > since AND r.number <= rev.number;
    IF mine OR NEW.approved_by_id = (SELECT author_id FROM posts_post WHERE id = rev.post_id) THEN
        RAISE EXCEPTION 'nobody approves their own work' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
"""

BASES = """IF NEW.basis = 'direct' AND (rev.approvals_needed > 1 OR cardinality(rev.flags) > 0) THEN
        RAISE EXCEPTION 'what touches somebody is never published without a review' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.basis = 'break_glass' AND (SELECT kind FROM posts_post WHERE id = rev.post_id) <> 'safety_alert' THEN
        RAISE EXCEPTION 'only a safety alert goes out without waiting' USING ERRCODE = 'check_violation';
    END IF;"""

VOIDS = """
CREATE OR REPLACE FUNCTION posts_approval_only_voids() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.voided_at IS NOT NULL OR NEW.voided_at IS NULL
       OR (NEW.revision_id, NEW.delivery_id, NEW.seat{new}, NEW.content_hash, NEW.basis, NEW.approved_by_id,
           NEW.approved_at)
       IS DISTINCT FROM
       (OLD.revision_id, OLD.delivery_id, OLD.seat{old}, OLD.content_hash, OLD.basis, OLD.approved_by_id,
        OLD.approved_at)
    THEN
        RAISE EXCEPTION 'an approval is never changed; it can be voided once' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
"""

SIGNED = """
CREATE FUNCTION posts_glass_is_signed_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.signed_at IS NOT NULL OR NEW.signed_at IS NULL
       OR (NEW.approval_id, NEW.by_id, NEW.reason, NEW.at, NEW.review_due_at)
       IS DISTINCT FROM (OLD.approval_id, OLD.by_id, OLD.reason, OLD.at, OLD.review_due_at)
    THEN
        RAISE EXCEPTION 'an emergency publication is never changed; it is signed once'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
"""

TRIGGERS = [
    ("posts_breakglass", "posts_breakglass_once", "BEFORE UPDATE", "ROW", "posts_glass_is_signed_once"),
    ("posts_breakglass", "posts_breakglass_no_delete", "BEFORE DELETE", "ROW", "records_refuse_change"),
    ("posts_breakglass", "posts_breakglass_no_truncate", "BEFORE TRUNCATE", "STATEMENT", "records_refuse_change"),
    ("posts_wordcomment", "posts_wordcomment_no_change", "BEFORE UPDATE OR DELETE", "ROW", "records_refuse_change"),
    ("posts_wordcomment", "posts_wordcomment_no_truncate", "BEFORE TRUNCATE", "STATEMENT", "records_refuse_change"),
]

FORWARD = (
    P2.format(bases=BASES, completed=" AND a.completes AND a.basis = 'review'")
    + VOIDS.format(new=", NEW.seats, NEW.completes", old=", OLD.seats, OLD.completes")
    + SIGNED
    + "\n".join(
        f"CREATE TRIGGER {name} {events} ON {table} FOR EACH {level} EXECUTE FUNCTION {function}();\n"
        f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name};"
        for table, name, events, level, function in TRIGGERS
    )
)
BACKWARD = (
    "\n".join(f"DROP TRIGGER {name} ON {table};" for table, name, *_ in TRIGGERS)
    + "\nDROP FUNCTION posts_glass_is_signed_once();\n"
    + P2.format(bases="", completed="")
    + VOIDS.format(new="", old="")
)


class Migration(migrations.Migration):
    dependencies = [
        ("divisions", "0003_audience_is_fixed"),
        ("posts", "0009_amends_frozen"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="approval",
            name="completes",
            field=models.BooleanField(default=True),
        ),
        migrations.AddField(
            model_name="approval",
            name="seats",
            field=models.PositiveSmallIntegerField(default=1),
        ),
        migrations.AddField(
            model_name="revision",
            name="approvals_needed",
            field=models.PositiveSmallIntegerField(default=1),
        ),
        migrations.CreateModel(
            name="WordComment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("quote", models.CharField(max_length=500)),
                ("comment", models.CharField(max_length=1000)),
                (
                    "review",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="comments", to="posts.review"
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "default_permissions": ("view",),
            },
        ),
        migrations.CreateModel(
            name="BreakGlass",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reason", models.TextField()),
                ("at", models.DateTimeField()),
                ("review_due_at", models.DateTimeField()),
                ("signed_at", models.DateTimeField(blank=True, null=True)),
                ("finding", models.TextField(blank=True, help_text="What the reviewer found, afterwards.")),
                (
                    "approval",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="break_glass", to="posts.approval"
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "signed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "emergency publication",
                "ordering": ["-at", "-pk"],
                "default_permissions": ("view",),
                "indexes": [
                    models.Index(
                        condition=models.Q(("signed_at__isnull", True)), fields=["review_due_at"], name="glass_to_sign"
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=django.db.models.lookups.GreaterThanOrEqual(
                            django.db.models.functions.text.Length("reason"), 20
                        ),
                        name="glass_has_a_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("finding", ""), ("signed_at", None), ("signed_by", None)),
                            models.Q(
                                ("signed_at__isnull", False),
                                ("signed_by__isnull", False),
                                models.Q(("finding", ""), _negated=True),
                                models.Q(("signed_by", models.F("by")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="glass_is_signed_by_somebody_else",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="MatrixRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("update", "Update"),
                            ("appeal", "Appeal"),
                            ("press_release", "Press release"),
                            ("event", "Event"),
                            ("safety_alert", "Safety alert"),
                            ("award", "Award"),
                            ("fundraiser", "Fundraiser"),
                            ("faq", "FAQ"),
                            ("information", "Information page"),
                            ("blog", "Blog entry"),
                            ("media", "Photos or video"),
                            ("internal_notice", "Internal notice"),
                            ("qa_announcement", "Q&A announcement"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "flag",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("juvenile", "a child"),
                            ("sexual_offence", "a sexual offense"),
                            ("officer_involved", "an officer's use of force"),
                            ("death", "a death"),
                            ("amber", "an AMBER alert"),
                            ("minor_image", "a picture of a child"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "asks",
                    models.CharField(
                        choices=[
                            ("direct", "Nobody: trusted, sampled afterwards"),
                            ("one", "One approver"),
                            ("two", "Two approvers, one of them central"),
                        ],
                        max_length=6,
                    ),
                ),
                ("changed_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "changed_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "channel",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty = every channel.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="divisions.channel",
                    ),
                ),
                (
                    "division",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty = every division.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="divisions.division",
                    ),
                ),
            ],
            options={
                "verbose_name": "approval rule",
                "ordering": ["kind", "flag", "division", "channel"],
                "default_permissions": ("add", "change", "view"),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("kind", "flag", "division", "channel"), name="matrix_row_once", nulls_distinct=False
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("flag", ""), models.Q(("kind", ""), _negated=True)),
                            models.Q(("kind", ""), models.Q(("flag", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="matrix_row_of_a_kind_or_a_flag",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("flag", ""), models.Q(("asks", "direct"), _negated=True), _connector="OR"),
                        name="a_flag_is_never_direct",
                        violation_error_message="What touches somebody never goes out unseen. Ask for one approver or two.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("flag__in", ("juvenile", "sexual_offence", "officer_involved", "amber", "death")),
                                _negated=True,
                            ),
                            ("asks", "two"),
                            _connector="OR",
                        ),
                        name="always_two_stays_two",
                        violation_error_message="What touches this always asks for two approvers. Leave it at two.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Reminder",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "rung",
                    models.CharField(
                        choices=[
                            ("reviewers", "The division's reviewers"),
                            ("deputies", "Their deputies"),
                            ("central", "Social media officer"),
                        ],
                        max_length=10,
                    ),
                ),
                ("at", models.DateTimeField()),
                (
                    "revision",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="reminders", to="posts.revision"
                    ),
                ),
                ("told", models.ManyToManyField(related_name="+", to=settings.AUTH_USER_MODEL)),
            ],
            options={
                "ordering": ["at", "pk"],
                "default_permissions": ("view",),
                "constraints": [models.UniqueConstraint(fields=("revision", "rung"), name="reminded_once")],
            },
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
