import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("library", "0008_title_by_name_year_and_letter"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="title",
            name="title_by_letter",
        ),
        migrations.AddField(
            model_name="title",
            name="first_letter",
            field=models.GeneratedField(
                db_persist=True,
                expression=django.db.models.functions.text.Substr("sort_name", 1, 1),
                output_field=models.CharField(max_length=1),
            ),
        ),
        migrations.AddField(
            model_name="title",
            name="is_here",
            field=models.BooleanField(default=False, editable=False),
        ),
        migrations.AddIndex(
            model_name="title",
            index=models.Index(fields=["kind", "first_letter"], name="title_by_letter"),
        ),
        migrations.AddIndex(
            model_name="title",
            index=models.Index(
                condition=models.Q(("is_here", True)),
                fields=["kind", "sort_name", "year"],
                name="title_here_shelf",
            ),
        ),
        migrations.AddIndex(
            model_name="title",
            index=models.Index(
                condition=models.Q(("is_here", True)),
                fields=["sort_name", "year"],
                name="title_here_by_name",
            ),
        ),
        migrations.AddIndex(
            model_name="title",
            index=models.Index(
                condition=models.Q(("is_here", True)),
                fields=["-year", "sort_name"],
                name="title_here_by_year",
            ),
        ),
        migrations.AddIndex(
            model_name="title",
            index=models.Index(
                condition=models.Q(("is_here", True)),
                fields=["-added_at", "-id"],
                name="title_here_newest",
            ),
        ),
        migrations.AddIndex(
            model_name="title",
            index=models.Index(
                condition=models.Q(("is_here", True)),
                fields=["kind", "first_letter", "year"],
                name="title_here_by_letter",
            ),
        ),
    ]
