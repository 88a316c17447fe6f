"""Ports that servers of a sandbox are given."""

from __future__ import annotations

import pytest

from sandbox.kafka.ports import RANGE, free_port


def test_port_is_never_the_one_that_another_server_was_given_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """A broker's two listeners are picked one after the other, and bound later."""
    first = free_port()
    monkeypatch.setenv(RANGE, f"{first}-{first + 1}")
    assert {free_port(but=first) for _ in range(50)} <= {first + 1}


def test_port_lies_in_the_range_that_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes that run side by side are told different ones."""
    monkeypatch.setenv(RANGE, "31000-31099")
    assert all(31_000 <= free_port() <= 31_099 for _ in range(50))


def test_port_is_given_once_before_one_comes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """An ingress is told its port and its probe's before it binds one of them."""
    monkeypatch.setenv(RANGE, "31100-31399")
    ports = [free_port() for _ in range(250)]
    assert len(set(ports)) == len(ports)
