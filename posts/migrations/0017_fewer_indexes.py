"""A delivery is written three times on its way out: fewer indexes to be written with it, and room beside each row."""

from django.db import migrations, models

# Room on a row's own page: a change of no indexed column then writes no index at all.
ROOM = """
ALTER TABLE posts_delivery SET (fillfactor = 70);
ALTER TABLE posts_attempt SET (fillfactor = 80);
ALTER TABLE posts_channellane SET (fillfactor = 50);
"""
NO_ROOM = """
ALTER TABLE posts_delivery RESET (fillfactor);
ALTER TABLE posts_attempt RESET (fillfactor);
ALTER TABLE posts_channellane RESET (fillfactor);
"""

# The same check of the same columns as before, asked only of statements that name one of them. No other trigger
# changes a row before it, so nothing can change one of them unnamed.
FROZEN = (
    "act, post_id, revision_id, variant_id, channel_id, target_remote_id, withdrawal_id, publication_id, payload, "
    "payload_hash, key"
)
NAMED = f"""
DROP TRIGGER posts_delivery_frozen ON posts_delivery;
CREATE TRIGGER posts_delivery_frozen BEFORE UPDATE OF {FROZEN} ON posts_delivery
    FOR EACH ROW EXECUTE FUNCTION posts_delivery_content_is_frozen();
ALTER TABLE posts_delivery ENABLE ALWAYS TRIGGER posts_delivery_frozen;
"""
ANY = """
DROP TRIGGER posts_delivery_frozen ON posts_delivery;
CREATE TRIGGER posts_delivery_frozen BEFORE UPDATE ON posts_delivery
    FOR EACH ROW EXECUTE FUNCTION posts_delivery_content_is_frozen();
ALTER TABLE posts_delivery ENABLE ALWAYS TRIGGER posts_delivery_frozen;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("divisions", "0011_connecting"),
        ("posts", "0016_not_touched"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="delivery",
            name="delivery_once",
        ),
        migrations.RemoveIndex(
            model_name="delivery",
            name="delivery_leased",
        ),
        migrations.RemoveIndex(
            model_name="delivery",
            name="delivery_lane",
        ),
        migrations.AlterField(
            model_name="attempt",
            name="delivery",
            field=models.ForeignKey(
                db_index=False,
                on_delete=models.PROTECT,
                related_name="attempts",
                to="posts.delivery",
            ),
        ),
        migrations.AlterField(
            model_name="channellane",
            name="channel",
            field=models.ForeignKey(
                db_index=False,
                on_delete=models.CASCADE,
                related_name="lanes",
                to="divisions.channel",
            ),
        ),
        migrations.AlterField(
            model_name="delivery",
            name="after",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=models.PROTECT,
                related_name="followers",
                to="posts.delivery",
            ),
        ),
        migrations.AlterField(
            model_name="delivery",
            name="amended_by",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=models.PROTECT,
                related_name="amends",
                to="posts.delivery",
            ),
        ),
        migrations.AlterField(
            model_name="delivery",
            name="channel",
            field=models.ForeignKey(
                db_index=False,
                on_delete=models.PROTECT,
                related_name="deliveries",
                to="divisions.channel",
            ),
        ),
        migrations.AlterField(
            model_name="delivery",
            name="hold",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=models.PROTECT,
                related_name="deliveries",
                to="posts.hold",
            ),
        ),
        migrations.AlterField(
            model_name="delivery",
            name="key",
            field=models.CharField(max_length=64),
        ),
        migrations.AlterField(
            model_name="delivery",
            name="publication",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=models.PROTECT,
                related_name="acts",
                to="posts.delivery",
            ),
        ),
        migrations.AlterField(
            model_name="delivery",
            name="revision",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=models.PROTECT,
                related_name="deliveries",
                to="posts.revision",
            ),
        ),
        migrations.AlterField(
            model_name="delivery",
            name="variant",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=models.PROTECT,
                related_name="deliveries",
                to="posts.variant",
            ),
        ),
        migrations.AlterField(
            model_name="delivery",
            name="withdrawal",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=models.PROTECT,
                related_name="deliveries",
                to="posts.withdrawal",
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(condition=models.Q(("state", "in_flight")), fields=["id"], name="delivery_in_flight"),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("publication__isnull", False)), fields=["publication"], name="delivery_publication"
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("withdrawal__isnull", False)), fields=["withdrawal"], name="delivery_withdrawal"
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(condition=models.Q(("after__isnull", False)), fields=["after"], name="delivery_after"),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("amended_by__isnull", False)), fields=["amended_by"], name="delivery_amended_by"
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(condition=models.Q(("hold__isnull", False)), fields=["hold"], name="delivery_hold"),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("state__in", ["queued", "awaiting_retry"])),
                fields=["channel", "urgent", "ready_at"],
                name="delivery_lane",
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.UniqueConstraint(fields=("key",), name="delivery_key"),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.UniqueConstraint(
                condition=models.Q(("revision__isnull", False)),
                fields=("revision", "channel", "act"),
                name="delivery_once",
            ),
        ),
        migrations.RunSQL(ROOM, NO_ROOM),
        migrations.RunSQL(NAMED, ANY),
    ]
