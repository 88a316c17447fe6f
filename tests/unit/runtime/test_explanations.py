import pytest

from runtime.explanations import describe, show


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (True, "true or false"),
        (1, "a number"),
        (1.5, "a number"),
        ("x", "text"),
        ({}, "a mapping"),
        ([], "a list"),
        (None, "nothing"),
    ],
)
def test_describe_names_the_kind(value: object, words: str) -> None:
    """A bool is no number, though Python says so."""
    assert describe(value) == words


@pytest.mark.parametrize(
    ("location", "document", "shown"),
    [
        (("connectors", "zoom", 0, "account_id"), {"connectors": {"zoom": {}}}, "connectors.zoom.account_id"),
        (("connectors", "zoom", 1, "account_id"), {"connectors": {"zoom": [{}, {}]}}, "connectors.zoom[1].account_id"),
        (("field_mapping", "name", "attribute"), {"field_mapping": {"name": "FIRSTNAME"}}, "field_mapping.name"),
        (("brevo", "api_key"), {}, "brevo"),
    ],
)
def test_show_path_is_as_the_file_has_it(
    location: tuple[str | int, ...], document: dict[str, object], shown: str
) -> None:
    """Steps that only the models know are left out: a single account has no index."""
    assert show(location, document) == shown
