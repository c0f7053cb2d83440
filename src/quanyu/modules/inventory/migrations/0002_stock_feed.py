from django.db import migrations


class Migration(migrations.Migration):
    """The live streams read this topic on from a snapshot (platform.feed); other topics pay nothing for it."""

    dependencies = [
        ("inventory", "0001_initial"),
        ("platform", "0003_outbox_feed"),
    ]

    operations = [
        migrations.RunSQL(
            "CREATE INDEX inventory_stock_feed ON platform_outbox (transaction_id) "
            "WHERE topic = 'inventory.stock_changed.1'",
            "DROP INDEX inventory_stock_feed",
        ),
    ]
