"""Cases of drift, frozen once they are decided: what was seen, and what a person made of it, is proof."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

DECIDED = """
CREATE FUNCTION moderation_drift_is_decided_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.channel_id, NEW.kind, NEW.remote_id, NEW.fingerprint, NEW.delivery_id, NEW.url, NEW.expected, NEW.shown,
        NEW.happened_at, NEW.found_at)
       IS DISTINCT FROM
       (OLD.channel_id, OLD.kind, OLD.remote_id, OLD.fingerprint, OLD.delivery_id, OLD.url, OLD.expected, OLD.shown,
        OLD.happened_at, OLD.found_at)
       OR OLD.closed_at IS NOT NULL
       OR (OLD.decision <> '' AND (NEW.closed_at IS NULL
           OR (NEW.decision, NEW.who, NEW.reason, NEW.decided_by_id, NEW.decided_at)
           IS DISTINCT FROM (OLD.decision, OLD.who, OLD.reason, OLD.decided_by_id, OLD.decided_at)))
    THEN
        RAISE EXCEPTION 'what was seen is never changed, and it is decided once' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION moderation_drift_step_is_ticked_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.done_at IS NOT NULL
       OR (NEW.case_id, NEW.code, NEW.position, NEW.words)
       IS DISTINCT FROM (OLD.case_id, OLD.code, OLD.position, OLD.words)
    THEN
        RAISE EXCEPTION 'a step is ticked once' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
"""

TRIGGERS = [
    (f"moderation_{table}", f"moderation_{table}_{suffix}", events, level, function)
    for table, once in (
        ("driftcase", "moderation_drift_is_decided_once"),
        ("driftstep", "moderation_drift_step_is_ticked_once"),
    )
    for suffix, events, level, function in (
        ("once", "BEFORE UPDATE", "ROW", once),
        ("no_delete", "BEFORE DELETE", "ROW", "records_refuse_change"),
        ("no_truncate", "BEFORE TRUNCATE", "STATEMENT", "records_refuse_change"),
    )
]

FORWARD = DECIDED + "\n".join(
    f"CREATE TRIGGER {name} {events} ON {table} FOR EACH {level} EXECUTE FUNCTION {function}();\n"
    f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name};"
    for table, name, events, level, function in TRIGGERS
)
BACKWARD = (
    "\n".join(f"DROP TRIGGER {name} ON {table};" for table, name, *_ in TRIGGERS)
    + "\nDROP FUNCTION moderation_drift_is_decided_once();\nDROP FUNCTION moderation_drift_step_is_ticked_once();"
)


class Migration(migrations.Migration):
    dependencies = [
        ("divisions", "0005_absences_and_training"),
        ("moderation", "0001_check_rounds"),
        ("posts", "0011_incidents"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ChannelWatch",
            fields=[
                (
                    "channel",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="watch",
                        serialize=False,
                        to="divisions.channel",
                    ),
                ),
                ("next_at", models.DateTimeField()),
                ("looked_at", models.DateTimeField(blank=True, null=True)),
                ("far_at", models.DateTimeField(blank=True, null=True)),
                ("problem", models.CharField(blank=True, max_length=300)),
                ("problem_since", models.DateTimeField(blank=True, null=True)),
                ("profile", models.JSONField(blank=True, default=dict)),
                ("lease", models.CharField(blank=True, max_length=32)),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "verbose_name_plural": "channel watches",
                "default_permissions": ("view",),
                "indexes": [models.Index(fields=["next_at"], name="watch_due")],
            },
        ),
        migrations.CreateModel(
            name="DriftCase",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("posted", "Posted outside"),
                            ("edited", "Words changed outside"),
                            ("link", "Link changed outside"),
                            ("pictures", "Pictures changed outside"),
                            ("deleted", "Deleted outside"),
                            ("profile_name", "Name changed"),
                            ("profile_text", "Profile changed"),
                        ],
                        max_length=20,
                    ),
                ),
                ("remote_id", models.CharField(blank=True, max_length=200)),
                ("fingerprint", models.CharField(max_length=64)),
                ("url", models.CharField(blank=True, max_length=400)),
                ("expected", models.JSONField(default=dict)),
                ("shown", models.JSONField(default=dict)),
                (
                    "happened_at",
                    models.DateTimeField(blank=True, help_text="As the platform says; often it does not.", null=True),
                ),
                ("found_at", models.DateTimeField()),
                (
                    "decision",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("claim", "Claimed: known who and why"),
                            ("adopt", "Adopted into the record"),
                            ("compromise", "Treated as a takeover"),
                        ],
                        max_length=12,
                    ),
                ),
                ("who", models.CharField(blank=True, max_length=150, verbose_name="who did it")),
                ("reason", models.CharField(blank=True, max_length=500)),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "channel",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="drift_cases", to="divisions.channel"
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "delivery",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="drift_cases",
                        to="posts.delivery",
                    ),
                ),
            ],
            options={
                "ordering": ["-found_at", "-pk"],
                "default_permissions": ("view",),
            },
        ),
        migrations.CreateModel(
            name="DriftStep",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=20)),
                ("position", models.PositiveSmallIntegerField()),
                ("words", models.CharField(max_length=200)),
                ("done_at", models.DateTimeField(blank=True, null=True)),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="steps", to="moderation.driftcase"
                    ),
                ),
                (
                    "done_by",
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
                "ordering": ["case", "position"],
                "default_permissions": ("view",),
            },
        ),
        migrations.AddIndex(
            model_name="driftcase",
            index=models.Index(
                condition=models.Q(("closed_at", None)), fields=["channel", "-found_at"], name="drift_open"
            ),
        ),
        migrations.AddIndex(
            model_name="driftcase",
            index=models.Index(fields=["-found_at", "-id"], name="drift_newest"),
        ),
        migrations.AddConstraint(
            model_name="driftcase",
            constraint=models.UniqueConstraint(
                fields=("channel", "kind", "remote_id", "fingerprint"), name="one_case_a_difference"
            ),
        ),
        migrations.AddConstraint(
            model_name="driftcase",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("closed_at", None), ("decided_at", None), ("decided_by", None), ("decision", "")),
                    models.Q(
                        models.Q(("decision", ""), _negated=True),
                        ("decided_at__isnull", False),
                        ("decided_by__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="drift_is_decided_by_a_person",
            ),
        ),
        migrations.AddConstraint(
            model_name="driftcase",
            constraint=models.CheckConstraint(
                condition=models.Q(("decision__in", ["", "compromise"]), ("closed_at__isnull", False), _connector="OR"),
                name="only_a_takeover_stays_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="driftstep",
            constraint=models.UniqueConstraint(fields=("case", "code"), name="one_step_of_a_kind"),
        ),
        migrations.AddConstraint(
            model_name="driftstep",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("done_at", None), ("done_by", None)),
                    models.Q(("done_at__isnull", False), ("done_by__isnull", False)),
                    _connector="OR",
                ),
                name="step_is_done_by_a_person",
            ),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
