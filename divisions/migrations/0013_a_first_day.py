"""When somebody who moved begins in the new place, and whether what they began in between has passed on."""

from django.db import migrations, models
from django.db.models import F


def settle(apps, schema_editor):
    """Moves until now ended everything at once, so nothing of them is left to pass on."""
    apps.get_model("divisions", "Handover").objects.update(settled_at=F("made_at"))


class Migration(migrations.Migration):
    dependencies = [("divisions", "0012_best_window_over_midnight")]

    operations = [
        migrations.AddField(
            model_name="handover",
            name="first_day",
            field=models.DateField(
                blank=True, help_text="At the new place; until the day before they stay.", null=True
            ),
        ),
        migrations.AddField(
            model_name="handover",
            name="settled_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.RunPython(settle, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name="handover",
            index=models.Index(
                condition=models.Q(("settled_at__isnull", True)), fields=["first_day"], name="handover_to_settle"
            ),
        ),
        migrations.AddConstraint(
            model_name="handover",
            constraint=models.CheckConstraint(
                condition=models.Q(("settled_at__isnull", False), ("first_day__isnull", False), _connector="OR"),
                name="handover_settled_or_with_a_day",
            ),
        ),
    ]
