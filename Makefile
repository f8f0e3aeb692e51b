# make demo, make test: everything from here, on a machine that has Python
# 3.10 to 3.13 and a C compiler. `make help` lists the targets.
PYTHON ?= python3
# Set by install: the active environment's interpreter, or .venv's.
PY = "$(shell sed -n 1p build/environment)"
export PYTHONPATH := $(CURDIR)$(if $(PYTHONPATH),:$(PYTHONPATH))
# Processes of the suite, of one thread each; a file's tests share one.
JOBS ?= 2
SUITE = -n $(JOBS) --dist loadfile --no-loadscope-reorder
.PHONY: help install demo test test-fast test-configs soak lint docs wheel clean

help:  ## Show this text
	@sed -n 's/^\([a-z-]*\):.*## /\1: /p' $(MAKEFILE_LIST)

install:  ## Find or make the environment; the others do it by themselves
	@$(PYTHON) requirements/install.py

demo: install  ## Train, export, segment and evaluate on the project's own data
	$(PY) tools/pipeline.py configs/demo/pipeline.py $(ARGS)

test: install  ## Run the suite, with a sample of the recipes
	$(PY) -m pytest $(SUITE) $(ARGS)

test-fast: install  ## Run the tests that take seconds
	$(PY) -m pytest -m "not slow and not configs" $(ARGS)

test-configs: install  ## Train, resume and test every recipe, on tiny data
	$(PY) -m pytest -m configs $(ARGS)

soak: install  ## Kill each command that writes, 200 times in all
	KILLS=200 $(PY) -m pytest tests/test_kills $(ARGS)

lint: install  ## Check style and types
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	for script in tools/*.sh .ci/run; do bash -n $$script || exit 1; done

docs: build/docs/.installed  ## Build the website in build/site
	NO_MKDOCS_2_WARNING=1 build/docs/bin/mkdocs build --strict --quiet

# An environment of its own: torch is not needed, nothing of the project is imported.
build/docs/.installed: requirements/docs.txt
	$(PYTHON) -m venv --clear build/docs
	build/docs/bin/python -m pip install --disable-pip-version-check --quiet -r $<
	touch $@

wheel: install  ## Build dist/ppl_mm-*.whl
	rm -rf build/lib build/bdist.* ppl_mm.egg-info
	$(PY) -m pip wheel . --no-deps --no-build-isolation --wheel-dir dist

clean:  ## Remove .venv and what was built; results stay
	rm -rf .venv build dist ppl_mm.egg-info
