"""An index by which the console lists the newest movements first, those of any day as fast as those of today."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("inventory", "0003_explained")]

    operations = [
        migrations.AddIndex(
            model_name="movement",
            index=models.Index(fields=["-at", "-id"], name="inventory_movement_newest"),
        ),
    ]
