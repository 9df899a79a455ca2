import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("library", "0011_root_poll_interval"),
    ]

    operations = [
        migrations.CreateModel(
            name="TitleVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("by", models.CharField(max_length=20)),
                ("was", models.JSONField()),
                (
                    "title",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="versions",
                        to="library.title",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["at"], name="title_version_at")],
            },
        ),
    ]
