"""Words of tracking events may be forgotten: what was forgotten is empty, and two of a moment are not the same."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("fulfilment", "0001_initial")]

    operations = [
        migrations.RemoveConstraint(model_name="trackingevent", name="fulfilment_tracking_event_once"),
        migrations.AddConstraint(
            model_name="trackingevent",
            constraint=models.UniqueConstraint(
                fields=["parcel", "at", "text"],
                condition=models.Q(("text", ""), _negated=True),
                name="fulfilment_tracking_event_once",
            ),
        ),
    ]
