"""Pages as parts."""

from corridor.live.parts import Part, carried_over, changes, everything


def part(key: object, html: str = "<p></p>") -> Part:
    return Part(key, lambda: html)


def test_only_what_changed_is_sent() -> None:
    before = {"a": part(1), "b": part(1)}
    after = {"a": part(1, "<p id=a>"), "b": part(2, "<p id=b>"), "c": part(1, "<p id=c>")}
    assert changes(before, after) == "<p id=b>\n<p id=c>"


def test_what_is_gone_is_named() -> None:
    assert changes({'"a': part(1)}, {}) == '<template data-gone="&quot;a"></template>'


def test_nothing_changed_is_nothing_to_send() -> None:
    assert changes({"a": part(1)}, {"a": part(1)}) == ""


def test_what_did_not_change_is_not_rendered_again() -> None:
    before = {"a": part(1, "<p>first")}
    assert everything(before) == "<p>first"
    after = carried_over(before, {"a": part(1, "<p>second"), "b": part(2)})
    assert after["a"].html == "<p>first"
    assert set(after) == {"a", "b"}
