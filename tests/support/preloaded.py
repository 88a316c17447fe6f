"""What the fork server imports before it forks (`tests/support/forks.py`): the product, and what its labs need."""

from __future__ import annotations

import importlib
import pkgutil

import console
import ingress
import ops
import processors
import readmodel
import runtime
import sandbox
import schemas

_PACKAGES = (console, ingress, ops, processors, readmodel, runtime, sandbox, schemas)
_MAINS = ("ingress.__main__", "processors.__main__", "tests.support.engine_worker", "tests.support.project")

for _package in _PACKAGES:
    for _module in pkgutil.walk_packages(_package.__path__, f"{_package.__name__}."):
        if not _module.name.endswith(".__main__"):
            importlib.import_module(_module.name)
for _name in _MAINS:
    importlib.import_module(_name)
