"""What the manifest on a drive does not say yet, so that a line of its journal does."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("drives", "0004_clones_folders_and_verification_by_schedule"),
    ]

    operations = [
        migrations.AddField(
            model_name="drive",
            name="manifest_whole_is_due",
            field=models.BooleanField(default=True),
        ),
        migrations.AddField(
            model_name="drivefile",
            name="is_untold",
            field=models.BooleanField(default=False),
        ),
    ]
