#!/usr/bin/env bash
# Starts the portal with demo data: web and worker, until Ctrl+C. Used by `make run`.
set -euo pipefail
cd "$(dirname "$0")/.."
python=.venv/bin/python
port=${PORT:-8000}
answers() { (: </dev/tcp/127.0.0.1/"$port") 2>/dev/null; }
if answers; then
  echo "Port $port is taken, perhaps by a portal that runs already. Another one: PORT=$((port + 1)) make run" >&2; exit 1
fi
export DEMO_CARDS=${DEMO_CARDS:-1}
export BASE_URL=${BASE_URL:-http://localhost:$port}
$python manage.py open_demo --orders "${DEMO_ORDERS:-1000}" --seed 7
worker=; web=
stop() { trap - EXIT INT TERM; kill $web $worker 2>/dev/null || true; wait 2>/dev/null || true; }
trap stop EXIT
trap 'stop; exit 0' INT TERM
$python manage.py work & worker=$!
.venv/bin/gunicorn ordermgmt.wsgi:application --bind "127.0.0.1:$port" --worker-class gthread --threads 8 --timeout 60 --log-level warning & web=$!
$python manage.py demo_logins --port "$port"
wait "$web"
