"""Charts as people and screen readers meet them."""

import pytest
from django.template import Context, Template
from django.test import Client

from drivearr.lib.charting import Point

POINTS = [Point("Mon <1>", 3, "3 copies"), Point("Tue", 0, "0 copies")]


def show(tag: str, **context: object) -> str:
    return Template("{% load charts %}{% " + tag + " %}").render(Context(context))


class TestCharts:
    @pytest.mark.parametrize("tag", ["bar_chart", "line_chart"])
    def test_say_in_a_table_what_they_draw(self, tag: str) -> None:
        page = show(f'{tag} points "Copies a day"', points=POINTS)

        assert 'role="img" aria-label="Copies a day"' in page
        assert '<th scope="row">Mon &lt;1&gt;</th>' in page
        assert "3 copies" in page
        assert "style=" not in page

    def test_of_nothing_say_so(self) -> None:
        assert "Nothing to show" in show('bar_chart points "x"', points=[])

    def test_ring_has_a_legend(self) -> None:
        page = show('donut_chart points "Space" "4 TB"', points=POINTS)

        assert page.count("<li>") == 2
        assert "4 TB" in page

    def test_spark_has_its_words(self) -> None:
        assert 'aria-label="Speed"' in show('sparkline v "Speed"', v=[1, 2])


@pytest.mark.django_db
class TestStyleguide:
    def test_is_for_owners(self, owner_client: Client, member_client: Client) -> None:
        assert owner_client.get("/styleguide/").status_code == 200
        assert member_client.get("/styleguide/").status_code == 403
