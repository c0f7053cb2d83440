"""An index by which the console lists the newest movements first, those of any day as fast as those of today."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("points", "0002_most")]

    operations = [
        migrations.AddIndex(
            model_name="movement",
            index=models.Index(fields=["-at", "-id"], name="points_movement_newest"),
        ),
    ]
