"""An index by which the console lists those with the most first, however many rows there are."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tiers", "0001_initial")]

    operations = [
        migrations.AddIndex(
            model_name="standing",
            index=models.Index(fields=["-growth", "-member"], name="tiers_standing_most"),
        ),
    ]
