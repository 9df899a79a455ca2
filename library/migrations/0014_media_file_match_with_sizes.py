"""What library folders hold is counted from an index alone."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """See above."""

    dependencies = [("library", "0013_folder_look_with_files")]

    operations = [
        migrations.RemoveIndex("mediafile", "media_file_match"),
        migrations.AddIndex(
            "mediafile",
            models.Index(
                fields=["match_state", "state", "root", "size_bytes"],
                name="media_file_match",
            ),
        ),
    ]
