from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("library", "0010_media_file_by_quality"),
    ]

    operations = [
        migrations.AddField(
            model_name="root",
            name="poll_minutes",
            field=models.PositiveIntegerField(default=30),
        ),
        migrations.AddField(
            model_name="root",
            name="polled_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
    ]
