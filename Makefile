# Every target is a verb of one script that needs the standard library only: scripts/dev.py says what each does.
# Arguments: make demo ARGS="--port 8010". Another interpreter: make test PYTHON=python3.12

PYTHON ?= python3
ARGS ?=

.PHONY: help install demo test check prove bench lock screen

help:
	@$(PYTHON) scripts/dev.py --help

install demo test check prove bench lock screen:
	@$(PYTHON) scripts/dev.py $@ $(ARGS)
