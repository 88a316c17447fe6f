import pytest

from runtime.models import Configuration


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
