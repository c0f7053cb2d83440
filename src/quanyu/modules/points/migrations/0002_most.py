"""An index by which the console lists those with the most first, however many rows there are."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("points", "0001_initial")]

    operations = [
        migrations.AddIndex(
            model_name="account",
            index=models.Index(fields=["-available", "-member"], name="points_account_most"),
        ),
    ]
