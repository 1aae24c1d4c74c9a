# Everything a developer or operator needs, one word each.
.DEFAULT_GOAL := help
PYTHON := .venv/bin/python
NAME ?= capture
TESTS ?=
# These words are for development; production starts its processes itself (docs/operations.md).
export DEBUG ?= 1
# Every process would compile all libraries anew.
export PYTHONDONTWRITEBYTECODE :=
demo: export DEMO_CARDS ?= 1
WORKERS ?= 2

help:        ## What there is
	@grep -E '^[a-z-]+: +.*##' $(MAKEFILE_LIST) | sed 's/: *.*##/ :/' | column -t -s:

run:         ## Set everything up and start the portal with demo data
	@deploy/bootstrap.sh run
	@deploy/run.sh

test:        ## Set everything up and run the tests (DATABASE_URL chooses the database)
	@deploy/bootstrap.sh test
	$(PYTHON) -m pytest -q -n $(WORKERS) --dist loadgroup $(TESTS)

check:       ## Format, lint, types, imports, templates, migrations, deployment
	@deploy/bootstrap.sh test
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/lint-imports
	.venv/bin/mypy .
	.venv/bin/djlint --lint --quiet templates
	$(PYTHON) manage.py makemigrations --check --dry-run
	$(PYTHON) manage.py lintmigrations --quiet ok ignore --include-apps ordermgmt customers inventory orders fulfilment --ignore-name 0001_initial --exclude-migration-tests RUNPYTHON_ARGS_NAMING_CONVENTION --no-cache
	DEBUG=0 SECRET_KEY=$$($(PYTHON) -c 'import secrets; print(secrets.token_urlsafe(60))') $(PYTHON) manage.py check --deploy --fail-level WARNING

fix:         ## Format and mend what can be mended
	.venv/bin/ruff check --fix . ; .venv/bin/ruff format .

bench:       ## Measure: make bench NAME=capture|allocation|list|search|slips|invoices|imports|kpis|pages|renewals|year
	@deploy/bootstrap.sh test
	$(PYTHON) -m bench $(NAME)

drill:       ## Break it on purpose, at length: DATABASE_URL must name a PostgreSQL server
	@deploy/bootstrap.sh test
	DRILL=exam $(PYTHON) -m pytest -q -n 0 -p no:randomly orders/tests/test_renewal_drills.py ordermgmt/tests/test_drills.py

demo:        ## Load demo data: make demo ORDERS=10000
	$(PYTHON) manage.py load_demo --orders $(or $(ORDERS),1000) --seed 7

lock:        ## Resolve and pin dependencies with hashes
	uv pip compile --quiet --python-version 3.11 --universal --generate-hashes --custom-compile-command "make lock" pyproject.toml -o requirements.txt
	uv pip compile --quiet --python-version 3.11 --universal --generate-hashes --custom-compile-command "make lock" --extra dev pyproject.toml -o requirements-dev.txt

migrations:  ## Write one clean 0001_initial per app (until 1.0)
	$(PYTHON) manage.py makemigrations

.PHONY: help run test check fix bench drill demo lock migrations
