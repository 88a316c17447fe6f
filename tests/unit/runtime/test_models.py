import pytest
from pydantic import ValidationError

from runtime.brevo_models import PLAN_RATES, Brevo
from runtime.models import Configuration, Lists, list_mistakes


def configuration(*accounts: dict[str, object]) -> Configuration:
    """A configuration with these accounts, ids added."""
    zoom = [{"account_id": str(index), **account} for index, account in enumerate(accounts)]
    return Configuration.model_validate({"connectors": {"zoom": zoom}})


@pytest.mark.parametrize(
    ("accounts", "level"),
    [
        ([{}], "INFO"),
        ([{"log_level": "verbose"}], "DEBUG"),
        ([{"log_level": "VERBOSE"}], "DEBUG"),
        ([{"debug": True, "log_level": "error"}], "DEBUG"),
        ([{"log_level": "error"}], "ERROR"),
        ([{"log_level": "error"}, {"log_level": "warning"}], "WARNING"),
        ([{"log_level": "error"}, {"log_level": "debug", "enabled": False}], "ERROR"),
    ],
)
def test_log_level_the_most_talkative_enabled_account_decides(accounts: list[dict[str, object]], level: str) -> None:
    """The process has one level; `verbose` and `debug: true` mean DEBUG."""
    assert configuration(*accounts).log_level == level


@pytest.mark.parametrize(
    ("section", "rates"),
    [
        ({}, (8, 8, 60)),
        ({"plan": "general"}, (8, 8, 60)),
        ({"plan": "advanced"}, (16, 16, 120)),
        ({"plan": "extended", "events_per_second": None}, (48, 48, 360)),
        ({"plan": "extended", "events_per_second": 20}, (48, 20, 360)),
    ],
)
def test_plan_of_brevo_sets_the_rates_that_are_not_given(section: dict[str, object], rates: tuple[float, ...]) -> None:
    """Part of what the plan allows: other tools use the same limits."""
    brevo = Brevo.model_validate(section)
    assert (brevo.contacts_per_second, brevo.events_per_second, brevo.account_calls_per_hour) == rates


def test_plan_of_brevo_is_one_that_there_is() -> None:
    """`config` names the choices."""
    with pytest.raises(ValidationError, match="general"):
        Brevo.model_validate({"plan": "enterprise"})


def test_rates_of_general_are_the_defaults() -> None:
    """A file without a plan is one of an ordinary plan."""
    assert PLAN_RATES["general"] == {name: Brevo.model_fields[name].default for name in PLAN_RATES["general"]}


def test_lists_of_opposite_statuses_are_two() -> None:
    """Who stayed away would be among those who came."""
    assert [
        "give two lists" in mistake for mistake in list_mistakes(Lists(webinar_attendees=16, webinar_no_shows=16))
    ] == [True]
    assert list(list_mistakes(Lists(meeting_participants=16, webinar_no_shows=16)))
    assert not list(list_mistakes(Lists(meeting_participants=16, webinar_attendees=16, webinar_no_shows=18)))
