"""`layersmith watch`: regenerates what a saved spec changes."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from layersmith.commands.generate import generate_project
from layersmith.commands.specs import needed
from layersmith.emit.own import SUFFIX
from layersmith.errors import LayersmithError
from layersmith.project import Project, find_project, spec_paths

INTERVAL = 0.03  # seconds
TIMEOUT = 500  # milliseconds
State = dict[Path, tuple[int, int]]


def run(arguments: argparse.Namespace) -> int:
    """Generates once, and again after each save, until it is interrupted."""
    project = needed(find_project(Path.cwd()))
    arguments.quiet = False
    seen: State = _state(project)
    _generate(arguments, project)
    print(
        f"watching {project.specs.relative_to(project.root)}/; stop with Ctrl-C",
        flush=True,
    )
    for _ in _wakes(project):
        now = _state(project)
        if now == seen:
            continue
        seen = now
        _generate(arguments, project)
    return 0


def _generate(arguments: argparse.Namespace, project: Project) -> None:
    """Regenerates; what is wrong is told, and the next save may mend it.

    The whole project is read: a spec may be a part of others. Unchanged files cost
    next to nothing.
    """
    try:
        # Not the project itself, which remembers the templates that it has read.
        generate_project(arguments, replace(project))
    except LayersmithError as error:
        # A file may be half written, or gone for a moment while it is renamed.
        print(f"layersmith: {error}", flush=True)
    print(end="", flush=True)


def _state(project: Project) -> State:
    """When each spec and template was written, and its size.

    A save by renaming is one too.
    """
    found: State = {}
    paths = spec_paths(project.specs)
    if project.templates is not None:
        paths += project.templates.rglob(f"*{SUFFIX}")
    for path in paths:
        try:
            status = path.stat()
        except OSError:
            continue
        found[path] = (status.st_mtime_ns, status.st_size)
    return found


def _wakes(project: Project) -> Iterator[None]:
    """One item whenever something may have changed."""
    try:
        import watchfiles
    except ImportError:
        while True:
            time.sleep(INTERVAL)
            yield
    else:
        folders = [project.specs]
        if project.templates is not None:
            folders.append(project.templates)
        # On a timeout too: what was saved before the watch began, and what is saved
        # on a disk that tells of nothing, is seen then.
        changes = watchfiles.watch(
            *folders,
            debounce=20,
            step=10,
            rust_timeout=TIMEOUT,
            yield_on_timeout=True,
            raise_interrupt=True,
        )
        for _ in changes:
            yield
