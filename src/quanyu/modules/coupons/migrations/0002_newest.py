"""An index by which the console lists the newest first, however many rows there are."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("coupons", "0001_initial")]

    operations = [
        migrations.AddIndex(
            model_name="coupon",
            index=models.Index(fields=["-claimed_at", "-id"], name="coupons_coupon_newest"),
        ),
    ]
