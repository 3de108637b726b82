# `make demo` and `make test` need Python 3.10 or later and nothing else: they make .venv.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
# Arguments for pytest or for the demo: `make test ARGS="-k dropout"`.
ARGS ?=

# TensorFlow starts three times slower where bytecode is not kept.
unexport PYTHONDONTWRITEBYTECODE
export TF_CPP_MIN_LOG_LEVEL ?= 2
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help demo test thorough check types format clean
help:
	@echo "make demo    a layer project from the template, trained on real digits"
	@echo "make test    the tests, those that start TensorFlow included"
	@echo "make thorough  the long ones as well: every operation, years of updates"
	@echo "make check   lint and the fast tests"
	@echo "make types   let mypy read the generator"
	@echo "make format  let ruff lay out the sources"
	@echo "make clean   remove .venv and demo"

demo: $(VENV)/.installed
	$(RUN) tools/demo.py $(ARGS)

# Checks of whole tables and of years of updates, of which a change rarely breaks one.
LONG := $(addprefix tests/test_,operations_tensorflow.py numpy_meanings.py numpy_layers.py \
  sync_kill.py train.py training.py template_tensorflow.py \
  template_interrupt.py template_update.py template_years.py)

test: $(VENV)/.installed
	$(RUN) -m pytest -m "" $(addprefix --ignore=,$(LONG)) $(ARGS)

thorough: $(VENV)/.installed
	$(RUN) -m pytest -m "" $(ARGS)

check: $(VENV)/.installed
	$(RUN) -m ruff check
	$(RUN) -m ruff format --check
	$(RUN) -m pytest $(ARGS)

types: $(VENV)/.installed
	$(RUN) -m mypy

format: $(VENV)/.installed
	$(RUN) -m ruff check --fix
	$(RUN) -m ruff format

clean:
	rm -rf $(VENV) demo

# Made again when pyproject.toml changes.
$(VENV)/.installed: pyproject.toml
	"$(PYTHON)" -c "import sys; sys.exit(sys.version_info < (3, 10) and 'Python 3.10 or later is needed: make PYTHON=python3.11')"
	"$(PYTHON)" -m venv $(VENV)
	$(RUN) -m pip install --quiet --upgrade "pip>=25.1"  # the first with --group
	$(RUN) -m pip install --quiet --editable . --group test
	touch $@
