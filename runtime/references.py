"""`${NAME}` in values of the file, and secrets that come from the file that `NAME_FILE` names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from schemas.errors import ConfigurationError

_REFERENCE = re.compile(r"\$\{([^}]*)\}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def has_reference(value: object) -> bool:
    """True for text with at least one `${…}`."""
    return isinstance(value, str) and _REFERENCE.search(value) is not None


def look_up(name: str, environment: Mapping[str, str]) -> str | None:
    """The variable's value, or the content of the file that `<name>_FILE` names; ``None`` when neither is set.

    One line end at the end of the file is no part of the value: editors and `echo` put it there.

    Raises:
        ConfigurationError: both are set, or the file cannot be read.
    """
    value, path = environment.get(name), environment.get(f"{name}_FILE")
    if not path:
        return value
    if value:
        raise ConfigurationError(f"both {name} and {name}_FILE are set; unset one of them")
    try:
        content = Path(path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ConfigurationError(f"the file {path} that {name}_FILE names is not UTF-8 text") from None
    except OSError as error:
        raise ConfigurationError(
            f"the file {path} that {name}_FILE names cannot be read: {error.strerror}; check path and rights"
        ) from None
    return content.removesuffix("\n").removesuffix("\r")


def resolve(text: str, environment: Mapping[str, str]) -> str:
    """The text with every `${NAME}` replaced, also in its middle. Values are not searched again.

    Raises:
        ConfigurationError: a variable is not set, or what is in the braces is no name.
    """

    def value_of(match: re.Match[str]) -> str:
        name = match[1]
        if not _NAME.fullmatch(name):
            raise ConfigurationError(f"`{match[0]}` is no reference; write ${{NAME}} with letters, digits and _")
        value = look_up(name, environment)
        if value is None:
            raise ConfigurationError(
                f"the variable {name} is not set; set it, or set {name}_FILE to the path of a file that holds the value"
            )
        return value

    return _REFERENCE.sub(value_of, text)
