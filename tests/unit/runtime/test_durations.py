import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.durations import format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"), [("60s", 60), ("5m", 300), ("4h", 14_400), ("35d", 3_024_000), ("0.5s", 0.5), (" 2 m ", 120)]
)
def test_parse_duration_units_are_seconds_minutes_hours_days(text: str, seconds: float) -> None:
    """Fractions and blanks are fine."""
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("value", ["", "5", "5 minutes", "-5m", "1h30m", True, None, ["5m"]])
def test_parse_duration_anything_else_is_refused(value: object) -> None:
    """The message shows how it is written."""
    with pytest.raises(ValueError, match="a duration, written 60s, 5m, 4h or 35d"):
        parse_duration(value)


@given(st.integers(min_value=0, max_value=400 * 86_400))
def test_format_duration_is_read_back_as_the_same(seconds: int) -> None:
    """What `config show` prints can be put into the file."""
    assert parse_duration(format_duration(seconds)) == seconds
