"""The command line: arguments, dispatch, exit status."""

from __future__ import annotations

import argparse
import gc
import importlib
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from layersmith import __version__
from layersmith.errors import LayersmithError

OK, STALE, BAD_SPEC, USAGE = 0, 1, 2, 3

_EPILOG = """exit status:
  0  all is as it should be
  1  something is stale, edited in the way, or in conflict
  2  a spec, or an own template, is wrong; nothing was written
  3  usage, or a file that cannot be read or written"""


class _Parser(argparse.ArgumentParser):
    """A parser whose mistakes end with the status of this tool."""

    def error(self, message: str) -> None:
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"{self.prog}: {message}\n")


def program() -> int:
    """`main` as a process of its own, which looks less for what it could throw away."""
    # Trees and plans are many and hardly ever in circles: to look for those as often as
    # Python does takes a sixth of the time, and a twentieth to look once more at the end.
    gc.set_threshold(100_000, 20, 100)
    gc.enable()
    status = main()
    gc.freeze()
    return status


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a command and returns its exit status."""
    for stream in (sys.stdout, sys.stderr):
        # A character that the terminal cannot show is no reason to fail.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    words = sys.argv[1:] if argv is None else argv
    arguments = build_parser(words).parse_args(words)
    try:
        status: int = arguments.run(arguments)
        sys.stdout.flush()
        return status
    except LayersmithError as error:
        print(f"layersmith: {error}", file=sys.stderr)
        return error.status
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader of a pipe, such as `head`, has gone; there is no one to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except OSError as error:
        print(f"layersmith: {_reason(error)}", file=sys.stderr)
        return USAGE
    except Exception as error:  # noqa: BLE001 (the last door: never a traceback)
        return _internal(error)


def _reason(error: OSError) -> str:
    words = error.strerror or str(error)
    return f"{error.filename}: {words}" if error.filename else words


def _internal(error: Exception) -> int:
    """Tells of a mistake of this tool in one line, and where it is with LAYERSMITH_DEBUG."""
    if os.environ.get("LAYERSMITH_DEBUG"):
        raise error
    print(
        f"layersmith: internal error: {type(error).__name__}: {error}\n"
        "please report it with the spec; LAYERSMITH_DEBUG=1 shows where it happened",
        file=sys.stderr,
    )
    return USAGE


def build_parser(words: Sequence[str]) -> argparse.ArgumentParser:
    """The parser; where a command comes first it knows no other: all take 3 ms."""
    parser = _Parser(
        prog="layersmith",
        description="Complete Keras layers, their tests and train scripts from YAML specs.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--version", action="version", version=f"layersmith {__version__}"
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    adders = {
        "new": _add_new,
        "generate": _add_generate,
        "check": _add_check,
        "recipes": _add_recipes,
        **dict.fromkeys(("add", "rename", "remove"), _add_editing),
        "watch": _add_watch,
        "docs": _add_docs,
        "schema": _add_schema,
    }
    known = [adders[word] for word in words[:1] if word in adders]
    for add in known or dict.fromkeys(adders.values()):
        add(commands)
    return parser


def _add_new(commands) -> None:
    command = commands.add_parser(
        "new",
        help="make a project from the template",
        description="Makes a project from the template that this layersmith belongs to, "
        "as `copier copy` does. Needs Copier.",
    )
    command.add_argument("dest", type=Path, metavar="DEST", help="folder to make")
    command.add_argument("--defaults", action="store_true", help="ask nothing")
    command.add_argument(
        "--data",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="answer to a question",
    )
    command.add_argument(
        "--data-file", type=Path, metavar="FILE", help="answers, as YAML"
    )
    command.add_argument(
        "--template", metavar="URL", help="another template: a repository or a folder"
    )
    command.add_argument(
        "--vcs-ref", metavar="REF", help="tag, branch or commit of the template"
    )
    command.add_argument(
        "--trust", action="store_true", help="let another template run its generator"
    )
    command.add_argument(
        "--overwrite", action="store_true", help="overwrite files without asking"
    )
    command.add_argument("-q", "--quiet", action="store_true", help="problems alone")
    command.set_defaults(run=_command("new"))


def _add_generate(commands) -> None:
    command = commands.add_parser(
        "generate",
        help="write layers, tests and train scripts",
        description="Writes the files of the given specs, or of every spec of the project.",
    )
    command.add_argument(
        "specs", nargs="*", type=Path, metavar="SPEC", help="spec files"
    )
    command.add_argument(
        "--out", type=Path, metavar="DIR", help="one folder for all files"
    )
    command.add_argument(
        "--check", action="store_true", help="write nothing; status 1 if stale"
    )
    command.add_argument(
        "--diff", action="store_true", help="write nothing; show what would change"
    )
    command.add_argument(
        "--force",
        action="append",
        type=Path,
        default=[],
        metavar="FILE",
        help="throw away the hand edits of FILE, keeping a copy",
    )
    command.add_argument(
        "--recipe",
        action="append",
        default=[],
        metavar="NAME",
        help="copy a recipe to specs first",
    )
    command.add_argument(
        "--import-spec",
        action="append",
        default=[],
        metavar="PATH",
        help="copy a spec, or a folder of them, to specs first",
    )
    # Said by copier.yml: what Copier is about.
    command.add_argument(
        "--for-copier", choices=("copy", "update"), help=argparse.SUPPRESS
    )
    _add_output(command)
    command.set_defaults(run=_generate)


def _add_check(commands) -> None:
    command = commands.add_parser(
        "check",
        help="check specs alone",
        description="Checks specs and writes nothing.",
    )
    command.add_argument(
        "specs", nargs="*", type=Path, metavar="SPEC", help="spec files"
    )
    _add_output(command)
    command.set_defaults(run=_command("check"))


def _add_recipes(commands) -> None:
    command = commands.add_parser(
        "recipes",
        help="list the gallery, or print a spec",
        description="The gallery of specs.",
    )
    command.add_argument("name", nargs="?", metavar="NAME", help="recipe to print")
    command.set_defaults(run=_command("recipes"))


def _add_output(command: argparse.ArgumentParser) -> None:
    shown = command.add_mutually_exclusive_group()
    shown.add_argument("--json", action="store_true", help="the result as JSON")
    shown.add_argument("--format", choices=("text", "github"), default="text")
    volume = command.add_mutually_exclusive_group()
    volume.add_argument("-q", "--quiet", action="store_true", help="problems alone")
    volume.add_argument(
        "-v", "--verbose", action="store_true", help="unchanged files too"
    )


def _add_editing(commands) -> None:
    add = commands.add_parser(
        "add",
        help="put a new layer into the project",
        description="Writes a new spec into the project and generates its files.",
    )
    add.add_argument(
        "name", metavar="NAME", help="class of the new layer, in CamelCase"
    )
    add.add_argument("--recipe", metavar="RECIPE", help="start from this recipe")
    _add_output(add)
    add.set_defaults(run=_command("editing", "add"))
    rename = commands.add_parser(
        "rename",
        help="rename a layer of the project",
        description="Renames a layer in its spec, in the specs that use it and in its files; "
        "hand edits are carried along.",
    )
    rename.add_argument("old", metavar="OLD", help="class of the layer")
    rename.add_argument("new", metavar="NEW", help="its new name")
    _add_output(rename)
    rename.set_defaults(run=_command("editing", "rename"))
    remove = commands.add_parser(
        "remove",
        help="remove a layer of the project",
        description="Removes the spec of a layer and the files made from it; edited files "
        "are kept and reported.",
    )
    remove.add_argument("name", metavar="NAME", help="class of the layer")
    _add_output(remove)
    remove.set_defaults(run=_command("editing", "remove"))


def _add_watch(commands) -> None:
    command = commands.add_parser(
        "watch",
        help="regenerate whenever a spec is saved",
        description="Regenerates what a saved spec changes, until it is interrupted.",
    )
    _add_output(command)
    command.set_defaults(run=_command("watch"))


def _add_docs(commands) -> None:
    command = commands.add_parser(
        "docs",
        help="write a page of documentation for each layer",
        description="Writes a page in Markdown for each layer of the project, and a list "
        "of them.",
    )
    command.add_argument(
        "--out",
        type=Path,
        default=Path("docs/layers"),
        metavar="DIR",
        help="folder of the pages (default: docs/layers)",
    )
    _add_output(command)
    command.set_defaults(run=_command("docs"))


def _add_schema(commands) -> None:
    commands.add_parser(
        "schema",
        help="print the JSON Schema of specs",
        description="The JSON Schema of specs, for editors.",
    ).set_defaults(run=_command("schema"))


def _generate(arguments: argparse.Namespace) -> int:
    return _command("for_copier" if arguments.for_copier else "generate")(arguments)


def _command(module: str, function: str = "run") -> Callable[[argparse.Namespace], int]:
    """A command, imported when it is asked for, so that `--version` is instant."""

    def run(arguments: argparse.Namespace) -> int:
        commands = importlib.import_module(f"layersmith.commands.{module}")
        status: int = getattr(commands, function)(arguments)
        return status

    return run
