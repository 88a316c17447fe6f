"""What the fork server imports before it forks (`tests/support/forks.py`): the product, and what its labs need."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

import console
import ingress
import ops
import processors
import readmodel
import runtime
import sandbox
import schemas
from runtime.tls import outward_tls

_PACKAGES = (console, ingress, ops, processors, readmodel, runtime, sandbox, schemas)
_MAINS = ("ingress.__main__", "processors.__main__", "tests.support.engine_worker", "tests.support.project")
# What libraries import only once they are used: a third of what a worker's start computes.
_LATE = (
    "encodings.idna",
    "faust.app.router",
    "faust.assignor.partition_assignor",
    "faust.fixups.django",
    "faust.stores.rocksdb",
    "faust.tables.sets",
    "faust.topics",
    "faust.worker",
    "typer._adapters",
    "typer._click.decorators",
)

for _package in _PACKAGES:
    for _module in pkgutil.walk_packages(_package.__path__, f"{_package.__name__}."):
        if not _module.name.endswith(".__main__"):
            importlib.import_module(_module.name)
for _name in (*_MAINS, *_LATE):
    importlib.import_module(_name)
outward_tls()  # reads every authority's certificate

# Faust asks where an agent's function is from, whereupon all modules are looked through, once in a process.
inspect.getmodule(inspect.currentframe())
