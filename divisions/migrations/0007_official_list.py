import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("divisions", "0006_people_register_notices"),
    ]

    operations = [
        migrations.CreateModel(
            name="OfficialKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_pem", models.TextField()),
                ("fingerprint", models.CharField(max_length=64, unique=True)),
                ("made_at", models.DateTimeField()),
                ("retired_at", models.DateTimeField(blank=True, null=True)),
                (
                    "made_by",
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
                "ordering": ["-pk"],
                "default_permissions": ("view",),
            },
        ),
        migrations.CreateModel(
            name="OfficialList",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("made_at", models.DateTimeField()),
                ("valid_until", models.DateTimeField()),
                ("body", models.TextField()),
                ("signature", models.CharField(max_length=100)),
                (
                    "key",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="lists", to="divisions.officialkey"
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
                "default_permissions": ("view",),
            },
        ),
        migrations.AddConstraint(
            model_name="officialkey",
            constraint=models.UniqueConstraint(
                fields=("retired_at",), name="one_official_key_in_use", nulls_distinct=False
            ),
        ),
    ]
