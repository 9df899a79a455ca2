from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def forget_looks(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """The next scan of each root reads every folder, and remembers it anew."""
    del editor
    apps.get_model("library", "FolderLook").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [
        ("library", "0012_title_version"),
    ]

    operations = [
        migrations.RunPython(forget_looks, forget_looks),
        migrations.RemoveField(model_name="folderlook", name="files"),
        migrations.AddField(
            model_name="folderlook",
            name="names",
            field=models.TextField(blank=True, default=""),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="folderlook",
            name="digest",
            field=models.CharField(blank=True, max_length=16, default=""),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="folderlook",
            name="videos",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="folderlook",
            name="video_tally",
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="folderlook",
            name="sides",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="folderlook",
            name="side_tally",
            field=models.BigIntegerField(default=0),
        ),
    ]
