# Two commands: `make lab` and `make test`. Each sets up whatever is missing first; see workshop/install/setup.sh.
SETUP = @sh workshop/install/setup.sh
PYTHON_BIN = .venv/bin/python
ARGS =
BUNDLE =

help:  ## list these commands
	@sed -n 's/^\([a-z-]*\):.*##/\1/p' Makefile | awk '{ printf "  make %-10s", $$1; $$1 = ""; print }'

setup:  ## create or repair .venv
	$(SETUP)

lab:  ## open JupyterLab on Session 1; ARGS=--no-browser prints its address instead
	$(SETUP)
	@$(PYTHON_BIN) -m jupyterlab --log-level=WARN $(OPEN_SESSION_1) $(AS_ROOT) $(ARGS)

test:  ## the package's tests, then the solutions
	$(SETUP) dev
	$(PYTHON_BIN) -m pytest tests -m "not slow" -n auto --dist worksteal $(ARGS)
	$(PYTHON_BIN) -m pytest solutions -m "not slow" $(ARGS)

test-slow:  ## what `make test` leaves out, with both Atari emulators (needs cmake and a C++ compiler) and a Ray cluster
	$(SETUP) dev atari-py ray
	$(PYTHON_BIN) -m pytest tests -m "slow and not alone" -n auto --dist worksteal $(ARGS)
	$(PYTHON_BIN) -m pytest tests -m "slow and alone" $(ARGS)

test-all: test test-slow  ## both

slides:  ## the talk as HTML and PDF in build/slides, every slide photographed and checked (PDF and photographs need Chromium or Chrome)
	$(SETUP) dev
	$(PYTHON_BIN) -m slides $(ARGS)
	$(PYTHON_BIN) -m slides.photograph

bundle: slides  ## one folder with all of it, wheels for every supported system included: ./install there needs no network
	$(PYTHON_BIN) workshop/install/make_bundle.py $(BUNDLE)

site: slides  ## the pages to look at first, for any static host: build/site/index.html
	$(PYTHON_BIN) -m slides.site

matrix:  ## the smoke tests on every Python found, with NumPy 1.26 and 2.x
	$(SETUP) dev
	@$(PYTHON_BIN) workshop/install/matrix.py

upgrade:  ## pin the newest versions of everything; run the tests and update environment.yml afterwards
	$(SETUP) dev
	echo "pip>=25.3" | UV_SYSTEM_CERTS=1 .venv/bin/uv pip compile --quiet --upgrade --universal --python-version 3.10 \
	    --all-extras --custom-compile-command "make upgrade" --output-file workshop/install/constraints.txt pyproject.toml -

clean:  ## remove what these commands made: .venv and the caches of tests
	rm -rf .venv .venv.lock .tox build .pytest_cache .hypothesis .ruff_cache atari_rl_workshop.egg-info
	find workshop tests solutions -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help setup lab test test-slow test-all slides bundle site matrix upgrade clean
.DEFAULT_GOAL := help
unexport PYTHONPATH PYTHONHOME
# As the address itself, so that the one that --no-browser prints leads to the notebook too.
OPEN_SESSION_1 = --ServerApp.root_dir=notebooks --LabApp.default_url=/lab/tree/session_1_reinforcement_learning.ipynb
# Jupyter refuses to run as root unless it is told that this is meant.
AS_ROOT := $(if $(filter 0,$(shell id -u)),--allow-root)
