"""The command line: arguments, dispatch, exit status."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from layersmith import __version__
from layersmith.errors import LayersmithError

OK, STALE, BAD_SPEC, USAGE = 0, 1, 2, 3

_EPILOG = """exit status:
  0  all is as it should be
  1  something is stale, edited in the way, or in conflict
  2  a spec is wrong; nothing was written
  3  usage, or a file that cannot be read or written"""


class _Parser(argparse.ArgumentParser):
    """A parser whose mistakes end with the status of this tool."""

    def error(self, message: str) -> None:
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"{self.prog}: {message}\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a command and returns its exit status."""
    for stream in (sys.stdout, sys.stderr):
        # A character that the terminal cannot show is no reason to fail.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    parser = build_parser()
    arguments = parser.parse_args(argv)
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


def build_parser() -> argparse.ArgumentParser:
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
    _add_generate(commands)
    _add_check(commands)
    _add_recipes(commands)
    return parser


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
    command.set_defaults(run=_check)


def _add_recipes(commands) -> None:
    command = commands.add_parser(
        "recipes",
        help="list the gallery, or print a spec",
        description="The gallery of specs.",
    )
    command.add_argument("name", nargs="?", metavar="NAME", help="recipe to print")
    command.set_defaults(run=_recipes)


def _add_output(command: argparse.ArgumentParser) -> None:
    shown = command.add_mutually_exclusive_group()
    shown.add_argument("--json", action="store_true", help="the result as JSON")
    shown.add_argument("--format", choices=("text", "github"), default="text")
    volume = command.add_mutually_exclusive_group()
    volume.add_argument("-q", "--quiet", action="store_true", help="problems alone")
    volume.add_argument(
        "-v", "--verbose", action="store_true", help="unchanged files too"
    )


# Imported when asked for, so that `--version` and `--help` are instant.


def _generate(arguments: argparse.Namespace) -> int:
    from layersmith.commands.generate import run

    return run(arguments)


def _check(arguments: argparse.Namespace) -> int:
    from layersmith.commands.check import run

    return run(arguments)


def _recipes(arguments: argparse.Namespace) -> int:
    from layersmith.commands.recipes import run

    return run(arguments)
