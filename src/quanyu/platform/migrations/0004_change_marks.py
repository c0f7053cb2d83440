from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("platform", "0003_outbox_feed")]

    operations = [
        migrations.CreateModel(
            name="ChangeMark",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "topic", "transaction_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("topic", models.CharField(max_length=60)),
                ("transaction_id", models.BigIntegerField()),
            ],
            options={"db_table": "platform_change_mark"},
        ),
        migrations.CreateModel(
            name="ChangeTotal",
            fields=[
                ("topic", models.CharField(max_length=60, primary_key=True, serialize=False)),
                ("changes", models.BigIntegerField()),
                ("last", models.BigIntegerField()),
            ],
            options={"db_table": "platform_change_total"},
        ),
    ]
