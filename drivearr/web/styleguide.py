"""The living page of all components, each as the pages use it."""

from dataclasses import dataclass

from django import forms
from django.http import HttpResponse
from django.views.decorators.http import require_GET

from drivearr.lib.charting import Point
from drivearr.web.access import owner_required
from drivearr.web.http import HtmxHttpRequest, render
from drivearr.web.paging import Span
from drivearr.web.templatetags.ui import STATE_WORDS

COLOURS = (
    *("paper", "surface", "surface-sunken", "surface-hover", "line", "line-strong"),
    *("ink", "ink-soft", "ink-faint", "accent", "accent-strong", "accent-wash"),
    *("good", "good-wash", "some", "some-wash", "bad", "bad-wash"),
    *("stale", "stale-wash", "space-movies", "space-shows", "space-other"),
    *("space-side", "space-foreign", "space-waits"),
)
ICONS = (
    *("home", "film", "server-stack", "queue-list", "question-mark-circle", "folder"),
    *("circle-stack", "clock", "bell", "bolt", "shield-check", "arrow-path"),
    *("magnifying-glass", "exclamation-triangle", "check-circle", "signal-slash"),
)


class SampleForm(forms.Form):
    """One field of each sort."""

    name = forms.CharField(help_text="What people call it.", required=False)
    kind = forms.ChoiceField(
        choices=[("a", "Movies"), ("b", "Shows"), ("c", "Other videos")],
        widget=forms.RadioSelect,
        initial="a",
    )
    verification = forms.ChoiceField(choices=[("ALL", "Read back everything")])
    wanted = forms.BooleanField(label="Copy subtitles too", required=False)
    broken = forms.IntegerField(label="With an error", required=False, max_value=5)


@dataclass(frozen=True, slots=True)
class SamplePoster:
    """A poster without a picture."""

    name: str
    url: str = ""
    large_url: str = ""


@dataclass(frozen=True, slots=True)
class SampleMark:
    """How a title stands on a drive."""

    state: str
    words: str


@dataclass(frozen=True, slots=True)
class Styleguide:
    """Everything with values of its own making."""

    colours: tuple[str, ...]
    icons: tuple[str, ...]
    states: tuple[str, ...]
    form: SampleForm
    span: Span
    points: tuple[Point, ...]
    parts: tuple[Point, ...]
    values: tuple[float, ...]
    posters: tuple[SamplePoster, ...]
    marks: tuple[SampleMark, ...]

    @classmethod
    def build(cls) -> "Styleguide":
        """Make it; no query."""
        form = SampleForm({"kind": "a", "verification": "ALL", "broken": "7"})
        form.is_valid()
        heights = (3, 9, 4, 12, 17, 8, 21, 14, 6, 0, 11, 19)
        return cls(
            colours=COLOURS,
            icons=ICONS,
            states=tuple(STATE_WORDS),
            form=form,
            span=Span.of(asked="4", total=1_204, per_page=60),
            points=tuple(
                Point(f"Week {number}", height, f"{height} copies")
                for number, height in enumerate(heights, start=1)
            ),
            parts=(
                Point("Movies", 61, "610 GB"),
                Point("Shows", 27, "270 GB"),
                Point("Other videos", 8, "80 GB"),
                Point("Subtitles", 4, "40 GB"),
            ),
            values=tuple(map(float, heights)),
            posters=tuple(
                SamplePoster(name)
                for name in ("Metropolis", "Night of the Hunter", "Charade", "M")
            ),
            marks=tuple(
                SampleMark(state, f"Car: {state.lower()}")
                for state in ("COMPLETE", "PARTIAL", "OUTDATED", "MISSING")
            ),
        )


@owner_required
@require_GET
def styleguide(request: HtmxHttpRequest) -> HttpResponse:
    """Show all components."""
    return render(request, page="web/styleguide.html", context=Styleguide.build())
