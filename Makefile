# Two commands: `make lab` and `make test`. Each sets up whatever is missing first; see workshop/install/setup.sh.
SETUP = @sh workshop/install/setup.sh
PYTHON_BIN = .venv/bin/python
ARGS =

help:  ## list these commands
	@sed -n 's/^\([a-z-]*\):.*##/\1/p' Makefile | awk '{ printf "  make %-10s", $$1; $$1 = ""; print }'

setup:  ## create or repair .venv
	$(SETUP)

lab:  ## open JupyterLab on Session 1; ARGS=--no-browser prints its address instead
	$(SETUP)
	@$(PYTHON_BIN) -m jupyterlab $(AS_ROOT) $(ARGS) notebooks/session_1_reinforcement_learning.ipynb

test:  ## the package's tests, then the solutions
	$(SETUP) dev
	$(PYTHON_BIN) -m pytest tests -m "not slow" $(ARGS)
	$(PYTHON_BIN) -m pytest solutions $(ARGS)

test-all:  ## the same with the slow tests and both Atari emulators (needs cmake and a C++ compiler)
	$(SETUP) dev atari-py
	$(PYTHON_BIN) -m pytest tests $(ARGS)
	$(PYTHON_BIN) -m pytest solutions $(ARGS)

.PHONY: help setup lab test test-all matrix upgrade clean
.DEFAULT_GOAL := help
unexport PYTHONPATH PYTHONHOME
# Jupyter refuses to run as root unless it is told that this is meant.
AS_ROOT := $(if $(filter 0,$(shell id -u)),--allow-root)
