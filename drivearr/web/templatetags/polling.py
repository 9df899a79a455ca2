"""Blocks for fragments that ask for themselves again and again."""

from django import template
from django.template.base import (
    FilterExpression,
    NodeList,
    Parser,
    Token,
    token_kwargs,
)
from django.template.context import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from drivearr.web import polling

register = template.Library()


class PollNode(template.Node):
    """The root element with what asks for it anew."""

    def __init__(self, asked: dict[str, FilterExpression], nodelist: NodeList) -> None:
        self.asked = asked
        self.nodelist = nodelist

    def render(self, context: Context) -> SafeString:
        """Render what is in it, and the element that polls."""
        asked = {name: value.resolve(context) for name, value in self.asked.items()}
        fragment = polling.Fragment(
            name=str(asked["id"]),
            url=str(asked["url"]),
            seconds=float(asked["every"]),
            is_live=bool(asked.get("live", True)),
        )
        request = context["request"]
        polling.begin(request, fragment)
        html = self.nodelist.render(context)
        fragment.finish(html)
        return format_html(
            '<div class="stack" id="{}">{}{}</div>',
            fragment.name,
            mark_safe(html),  # noqa: S308 - rendered by the template
            fragment.poller,
        )


class PieceNode(template.Node):
    """One element with an id of its own that may be replaced alone."""

    def __init__(self, name: FilterExpression, nodelist: NodeList) -> None:
        self.name = name
        self.nodelist = nodelist

    def render(self, context: Context) -> SafeString:
        """Render it and remember how it looks."""
        html = self.nodelist.render(context).strip()
        fragment = polling.find(context["request"])
        if fragment is not None:
            fragment.pieces[str(self.name.resolve(context))] = html
        return mark_safe(html)  # noqa: S308 - rendered by the template


@register.tag
def poll(parser: Parser, token: Token) -> PollNode:
    """`{% poll id="lanes" url=… every=… live=… %}…{% endpoll %}`."""
    asked = token_kwargs(token.split_contents()[1:], parser)
    nodelist = parser.parse(("endpoll",))
    parser.delete_first_token()
    return PollNode(asked, nodelist)


@register.tag
def piece(parser: Parser, token: Token) -> PieceNode:
    """`{% piece id %}<li id="…">…</li>{% endpiece %}`: one root element bears the id."""
    name = parser.compile_filter(token.split_contents()[1])
    nodelist = parser.parse(("endpiece",))
    parser.delete_first_token()
    return PieceNode(name, nodelist)
