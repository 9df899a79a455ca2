from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("library", "0009_title_is_here"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="mediafile",
            index=models.Index(
                condition=models.Q(("state", "PRESENT")),
                fields=["resolution", "title"],
                name="media_file_quality",
            ),
        ),
    ]
