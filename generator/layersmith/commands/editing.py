"""`layersmith add`, `rename` and `remove`: specs and their files, kept consistent."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping
from pathlib import Path

from layersmith.atomic import remove as remove_file
from layersmith.atomic import write
from layersmith.commands.generate import generate_project
from layersmith.commands.output import Output
from layersmith.commands.specs import needed
from layersmith.errors import LayersmithError, Report, failed
from layersmith.gallery import recipe
from layersmith.order import uses
from layersmith.pipeline import SpecFile, check
from layersmith.project import Project, find_project, read_specs, spec_paths
from layersmith.spec import Spec, read_spec
from layersmith.spec.model import snake_case
from layersmith.suggest import suggest

STARTER = """\
layer: {name}
summary: Multiplies each feature by a learned factor.

inputs:
  inputs: {{shape: [batch, ..., features]}}

weights:
  scale: {{shape: [features], initializer: ones}}

call: |
  return inputs * scale

outputs: {{shape: [batch, ..., features]}}

examples:
  - inputs: {{inputs: [5, 3]}}
"""
_LAYER = re.compile(r"^(layer:[ \t]*)([\"']?)(\w+)\2", re.MULTILINE)


def add(arguments: argparse.Namespace) -> int:
    """Writes a new spec and generates its files."""
    project = needed(find_project(Path.cwd()))
    name = _class_name(arguments.name)
    path = project.specs / f"{snake_case(name)}.yaml"
    if path.exists() or name in _layers(project):
        raise LayersmithError(f"the project has a layer {name} already")
    text = STARTER.format(name=name)
    if arguments.recipe:
        text = _LAYER.sub(rf"\g<1>{name}", recipe(arguments.recipe), count=1)
    file = SpecFile(path.relative_to(project.root).as_posix(), text)
    problems = check([file])
    if failed(problems):
        return Output(arguments, [file]).finish(problems, [])
    write(str(path), text.encode())
    print(f"      add {file.name}")
    return generate_project(arguments, project)


def rename(arguments: argparse.Namespace) -> int:
    """Renames a layer in its spec, in the specs that use it, and in its files."""
    project = needed(find_project(Path.cwd()))
    layers = _layers(project)
    old, new = arguments.old, _class_name(arguments.new)
    path, spec = _needed_layer(layers, old)
    if new in layers:
        raise LayersmithError(f"the project has a layer {new} already")
    edits = {path: _LAYER.sub(rf"\g<1>\g<2>{new}\g<2>", _text(path), count=1)}
    for other_path, other in layers.values():
        if old in uses(other):
            edits[other_path] = _renamed_uses(
                edits.get(other_path, _text(other_path)), old, new
            )
    target = path
    if path.stem in (spec.snake, snake_case(old)):
        target = path.with_name(f"{snake_case(new)}{path.suffix}")
        if target.exists():
            raise LayersmithError(
                f"{target.name}: there is a spec of this name already"
            )
    renamed = _moved_files(project, spec.snake, _snake(new, target))
    for changed, text in edits.items():
        write(str(target if changed == path else changed), text.encode())
    if target != path:
        remove_file(str(path))
    print(f"   rename {old} to {new}")
    return generate_project(arguments, project, renamed)


def remove(arguments: argparse.Namespace) -> int:
    """Removes a spec and the files made from it, unless another layer needs it."""
    project = needed(find_project(Path.cwd()))
    layers = _layers(project)
    path, _ = _needed_layer(layers, arguments.name)
    users = [name for name, (_, spec) in layers.items() if arguments.name in uses(spec)]
    if users:
        raise LayersmithError(
            f"{arguments.name} is a sublayer of {', '.join(users)}; change those first"
        )
    remove_file(str(path))
    print(f"   remove {path.relative_to(project.root).as_posix()}")
    return generate_project(arguments, project)


def _layers(project: Project) -> dict[str, tuple[Path, Spec]]:
    """Spec and path of each layer of the project; specs that are wrong are left out."""
    found = {}
    paths = spec_paths(project.specs)
    for path, file in zip(paths, read_specs(paths, project.root)):
        spec = read_spec(file.text, Report(file.name))
        if spec is not None:
            found[spec.layer.text] = (path, spec)
    return found


def _needed_layer(
    layers: Mapping[str, tuple[Path, Spec]], name: str
) -> tuple[Path, Spec]:
    if name in layers:
        return layers[name]
    close = suggest(name, layers)
    hint = (
        f"did you mean {close}?"
        if close
        else f"its layers: {', '.join(layers) or 'none'}"
    )
    raise LayersmithError(f"the project has no layer {name}; {hint}")


def _class_name(name: str) -> str:
    if not re.fullmatch(r"[A-Z][A-Za-z0-9]*", name):
        raise LayersmithError(f"{name!r} is not the name of a class, such as MyLayer")
    return name


def _text(path: Path) -> str:
    return path.read_bytes().decode("utf-8-sig")


def _renamed_uses(text: str, old: str, new: str) -> str:
    """The text with calls of the old class renamed; a class is followed by `(`."""
    return re.sub(rf"(?<![\w.]){re.escape(old)}(?=\()", new, text)


def _snake(name: str, path: Path) -> str:
    return path.stem if path.stem.replace("_", "") == name.lower() else snake_case(name)


def _moved_files(project: Project, old: str, new: str) -> dict[Path, Path]:
    """New path to old path of each generated file."""
    folders = (
        (project.layers, ""),
        (project.tests, "test_"),
        (project.scripts, "train_"),
    )
    return {
        folder / f"{prefix}{new}.py": folder / f"{prefix}{old}.py"
        for folder, prefix in folders
    }
