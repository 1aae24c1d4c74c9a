#!/usr/bin/env bash
# Creates .venv and installs everything the portal needs. Usage: deploy/bootstrap.sh [run|test]
# Safe to repeat: does nothing when nothing changed. Debian and macOS.
set -euo pipefail
cd "$(dirname "$0")/.."
purpose=${1:-run}
say() { printf '\033[1m%s\033[0m\n' "$*"; }
stop() { echo "$*" >&2; exit 1; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else return 1; fi
}

install_packages() {  # Debian package names
  command -v apt-get >/dev/null || return 1
  say "Installing system packages: $*"
  as_root apt-get update -qq && as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

find_python() {
  for candidate in python3.13 python3.12 python3.11 python3; do
    if command -v "$candidate" >/dev/null && "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      echo "$candidate"; return
    fi
  done
  return 1
}

python=$(find_python) || { install_packages python3 python3-venv && python=$(find_python); } ||
  stop "Python 3.11 or newer is needed. Install it (Debian: apt install python3 python3-venv; macOS: brew install python) and try again."

if [ ! -x .venv/bin/python ]; then
  say "Creating the environment (.venv)"
  "$python" -m venv .venv >/dev/null 2>&1 || { rm -rf .venv; install_packages python3-venv && "$python" -m venv .venv; } ||
    stop "Python's venv module is missing and could not be installed. On Debian: sudo apt install python3-venv"
fi

requirements=requirements.txt
if [ "$purpose" = test ]; then requirements=requirements-dev.txt; fi
stamp=.venv/.installed-$(.venv/bin/python -c 'import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest()[:16])' "$requirements")
if [ ! -e "$stamp" ]; then
  say "Installing Python packages from $requirements (about a minute)"
  if command -v uv >/dev/null; then uv pip install --quiet --python .venv/bin/python --require-hashes -r "$requirements"
  else .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r "$requirements"; fi
  touch "$stamp"
fi

# WeasyPrint draws PDFs with Pango, which comes from the system.
if [ ! -e .venv/.draws-pdf ] && ! .venv/bin/python -c 'import weasyprint' >/dev/null 2>&1; then
  if [ "$(uname)" = Darwin ]; then
    { command -v brew >/dev/null && brew install --quiet pango; } || stop "PDFs need Pango. Install Homebrew, then: brew install pango"
  else
    install_packages libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 ||
      stop "PDFs need Pango, and it could not be installed without administrator rights. Ask for: apt install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
  fi
fi
touch .venv/.draws-pdf

# Browser journeys need Chromium; without it they are skipped and say so.
if [ "$purpose" = test ] && [ "$(uname)" = Linux ] && ! command -v chromium >/dev/null; then
  install_packages chromium || echo "Chromium could not be installed: browser tests will be skipped." >&2
fi

if [ ! -e .env ] && [ "$purpose" = run ]; then
  say "Writing .env with new secrets"
  secret() { .venv/bin/python -c 'import secrets, sys; print(secrets.token_urlsafe(int(sys.argv[1])))' "$1"; }
  cat > .env <<END
# For a portal on this machine; .env.example names every setting.
DEBUG=1
SECRET_KEY=$(secret 60)
CARRIER_WEBHOOK_SECRETS=house=$(secret 24)
# Mails go nowhere and are read under Sent mail; smtp://user:password@host:587/?tls=True sends them.
EMAIL_URL=dummymail://
# INFO says every request.
LOG_LEVEL=WARNING
END
  chmod 600 .env
fi
