"""An index by which the console lists the newest first, however many rows there are."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("payments", "0001_initial")]

    operations = [
        migrations.AddIndex(
            model_name="payment",
            index=models.Index(fields=["-created_at"], name="payments_payment_newest"),
        ),
        migrations.AddIndex(
            model_name="refund",
            index=models.Index(fields=["-created_at"], name="payments_refund_newest"),
        ),
    ]
