"""An index by which the console lists the newest first, however many rows there are."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("pos", "0002_member_shown")]

    operations = [
        migrations.AddIndex(
            model_name="shift",
            index=models.Index(fields=["-opened_at"], name="pos_shift_newest"),
        ),
    ]
