"""A stand-in for Stripe: a real HTTP server with state, strict where Stripe is strict, and faults on request.

Idempotency keys replay the first answer (also a decline or a fault) and refuse other parameters; refunds never
exceed the charge; a card's token says what the bank answers (`pm_card_visa`, `pm_card_declined_<code>`).
`faults` holds what goes wrong next: "lose" (done, no answer), "drop" (not done, no answer), "500" (done, error
said), "503" (not done, error said), "slow". Runs in a thread, or as a process: python -m orders.tests.stripe_server PORT
"""

import hashlib
import hmac
import json
import sys
import threading
import time
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

Row = dict[str, Any]
SECRET = "whsec_local"


class Refused(Exception):
    def __init__(self, status: int, **error: Any) -> None:
        super().__init__(error.get("message", ""))
        self.status, self.error = status, error


def unnested(text: str) -> Row:
    """`a[b][0]=x` as Stripe's clients write it."""
    tree: Row = {}
    for key, value in parse_qsl(text, keep_blank_values=True):
        parts = key.replace("]", "").split("[")
        place = tree
        for part in parts[:-1]:
            place = place.setdefault(part, {})
        place[parts[-1]] = value
    return tree


class State:
    """Everything the pretended provider remembers."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.rows: dict[str, dict[str, Row]] = {}
        self.answers: dict[str, tuple[str, int, Row]] = {}
        self.events: list[Row] = []
        self.faults: deque[str] = deque()
        self.calls: list[str] = []
        self.count = 0
        self.url = ""

    def make(self, kind: str, prefix: str, **facts: Any) -> Row:
        self.count += 1
        row = {"id": f"{prefix}_{self.count}", "object": kind, "created": int(time.time()), **facts}
        self.rows.setdefault(kind, {})[row["id"]] = row
        return row

    def get(self, kind: str, pk: str) -> Row:
        found = self.rows.get(kind, {}).get(pk)
        if found is None:
            raise Refused(404, type="invalid_request_error", code="resource_missing", message=f"No such {kind}: {pk}")
        return found

    def tell(self, kind: str, row: Row) -> None:
        self.count += 1
        copy = json.loads(json.dumps(row))
        self.events.append(
            {
                "id": f"evt_{self.count}", "object": "event", "type": kind, "created": int(time.time()),
                "livemode": False, "data": {"object": copy},
            }
        )  # fmt: skip

    # What is asked of it -------------------------------------------------------------------------
    def card(self, pk: str) -> Row:
        if pk.startswith("pm_card"):
            return {"id": pk, "object": "payment_method", "type": "card", "card": {"brand": "visa", "last4": "4242"}}
        return self.get("payment_method", pk)

    def create_intent(self, params: Row) -> Row:
        self.card(params["payment_method"])
        intent = self.make(
            "payment_intent", "pi", amount=int(params["amount"]), currency=params["currency"],
            customer=params.get("customer"), payment_method=params["payment_method"], status="requires_confirmation",
            metadata=params.get("metadata", {}), amount_received=0, last_payment_error=None,
        )  # fmt: skip
        return self.pay(intent)

    def pay(self, intent: Row) -> Row:
        code = intent["payment_method"].partition("_declined_")[2]
        if code:
            error = {"type": "card_error", "code": "card_declined", "decline_code": code, "message": "No: " + code}
            intent |= {"status": "requires_payment_method", "last_payment_error": error}
            self.tell("payment_intent.payment_failed", intent)
            raise Refused(402, **error, payment_intent=intent)
        fee = intent["amount"] * 14 // 1000 + 25
        charge = self.make("charge", "ch", payment_intent=intent["id"], amount=intent["amount"], amount_refunded=0)
        intent |= {"status": "succeeded", "amount_received": intent["amount"], "latest_charge": charge["id"]}
        self.move("charge", intent["amount"], fee, charge["id"], intent["currency"])
        self.tell("payment_intent.succeeded", intent)
        return intent

    def move(self, kind: str, amount: int, fee: int, source: str, currency: str) -> None:
        self.make("balance_transaction", "txn", type=kind, amount=amount, fee=fee, source=source, payout=None,
                  currency=currency, net=amount - fee)  # fmt: skip

    def create_refund(self, params: Row) -> Row:
        intent = self.get("payment_intent", params["payment_intent"])
        charge = self.get("charge", intent["latest_charge"])
        amount = int(params["amount"])
        if charge["amount_refunded"] + amount > charge["amount"]:
            raise Refused(400, type="invalid_request_error", code="amount_too_large", message="More than was charged")
        charge["amount_refunded"] += amount
        refund = self.make(
            "refund", "re", amount=amount, currency=intent["currency"], payment_intent=intent["id"],
            charge=charge["id"], metadata=params.get("metadata", {}), status="succeeded",
        )  # fmt: skip
        self.move("refund", -amount, 0, refund["id"], intent["currency"])
        self.tell("refund.created", refund)
        return refund

    def create_session(self, params: Row) -> Row:
        items = params.get("line_items", {})
        amount = sum(int(i["quantity"]) * int(i["price_data"]["unit_amount"]) for i in items.values())
        currency = params.get("currency") or next(iter(items.values()))["price_data"]["currency"]
        session = self.make(
            "checkout.session", "cs", mode=params["mode"], status="open", payment_status="unpaid", amount_total=amount,
            currency=currency, metadata=params.get("metadata", {}), customer=params.get("customer"),
            payment_intent=None, setup_intent=None, success_url=params["success_url"],
        )  # fmt: skip
        session["url"] = f"{self.url}/pay/{session['id']}"
        return session

    def complete(self, pk: str, card: str = "visa", last4: str = "4242") -> Row:
        """The customer types a card on the provider's page."""
        session = self.get("checkout.session", pk)
        if session["status"] != "open":
            raise Refused(400, type="invalid_request_error", message="This page is over")
        customer = session["customer"] or self.make("customer", "cus")["id"]
        facts = {"brand": card, "last4": last4, "exp_month": 12, "exp_year": 2031}
        method = self.make("payment_method", "pm", type="card", card=facts, customer=customer)
        if session["mode"] == "payment":
            intent = self.make(
                "payment_intent", "pi", amount=session["amount_total"], currency=session["currency"],
                customer=customer, payment_method=method["id"], metadata=session["metadata"],
            )  # fmt: skip
            self.pay(intent)
            session |= {"payment_intent": intent["id"], "payment_status": "paid"}
        else:
            intent = self.make("setup_intent", "seti", status="succeeded", payment_method=method["id"])
            session |= {"setup_intent": intent["id"], "payment_status": "no_payment_required"}
        session |= {"status": "complete", "customer": customer}
        self.tell("checkout.session.completed", session)
        return session

    def expire(self, pk: str) -> Row:
        session = self.get("checkout.session", pk)
        if session["status"] != "open":
            raise Refused(400, type="invalid_request_error", message="Only open sessions can be expired")
        session["status"] = "expired"
        self.tell("checkout.session.expired", session)
        return session

    def pay_out(self, bank_reference: str = "STRIPE X1") -> Row:
        """What has come since the last payout goes to the bank."""
        open_moves = [m for m in self.rows.get("balance_transaction", {}).values() if not m["payout"]]
        net = sum(m["net"] for m in open_moves)
        payout = self.make("payout", "po", amount=net, currency="eur", status="paid", arrival_date=int(time.time()),
                           statement_descriptor=bank_reference)  # fmt: skip
        for row in open_moves:
            row["payout"] = payout["id"]
        self.tell("payout.paid", payout)
        return payout

    def dispute(self, intent_id: str, status: str = "needs_response", pk: str = "dp_1") -> Row:
        intent = self.get("payment_intent", intent_id)
        row = {"id": pk, "object": "dispute", "payment_intent": intent_id, "charge": intent["latest_charge"],
               "amount": intent["amount"], "currency": intent["currency"], "reason": "product_not_received",
               "status": status, "created": int(time.time()), "evidence_details": {"due_by": int(time.time()) + 9}}  # fmt: skip
        kind = {"needs_response": "created", "won": "closed", "lost": "closed"}.get(status, "updated")
        self.tell(f"charge.dispute.{kind}", row)
        return row

    # The wire ------------------------------------------------------------------------------------
    def answer(self, method: str, path: str, params: Row, key: str) -> tuple[int, Row]:
        with self.lock:
            self.calls.append(f"{method} {path}")
            if method == "GET":
                return self._judged(lambda: self._read(path, params))
            asked = path + json.dumps(params, sort_keys=True)
            if key and key in self.answers:
                before, status, body = self.answers[key]
                if before == asked:
                    return status, body
                return 400, {"error": {"type": "idempotency_error", "message": "Keys can only be used once"}}
            status, body = self._judged(lambda: self._write(path, params))
            body = json.loads(json.dumps(body))
            if key and status != 404:
                self.answers[key] = (asked, status, body)
            return status, body

    @staticmethod
    def _judged(act: Any) -> tuple[int, Row]:
        try:
            return 200, act()
        except Refused as refused:
            return refused.status, {"error": refused.error}

    def _write(self, path: str, params: Row) -> Row:
        if path == "/v1/payment_intents":
            return self.create_intent(params)
        if path == "/v1/refunds":
            return self.create_refund(params)
        if path == "/v1/checkout/sessions":
            return self.create_session(params)
        if path.startswith("/v1/checkout/sessions/") and path.endswith("/expire"):
            return self.expire(path.split("/")[4])
        raise Refused(404, type="invalid_request_error", message=f"Unrecognized request URL {path}")

    def _read(self, path: str, params: Row) -> Row:
        if path.startswith("/v1/checkout/sessions/"):
            return self._whole(self.get("checkout.session", path.split("/")[4]))
        kinds = {"payment_intents": "payment_intent", "refunds": "refund", "payouts": "payout",
                 "balance_transactions": "balance_transaction"}  # fmt: skip
        name = path.removeprefix("/v1/")
        if name == "events":
            return _listed(path, self.events, params)
        if name not in kinds:
            raise Refused(404, type="invalid_request_error", message=f"Unrecognized request URL {path}")
        rows = list(self.rows.get(kinds[name], {}).values())
        for field in ("customer", "payment_intent", "payout"):
            if field in params:
                rows = [row for row in rows if row.get(field) == params[field]]
        if name == "balance_transactions":
            every = {pk: row for kind in ("charge", "refund") for pk, row in self.rows.get(kind, {}).items()}
            rows = [row | {"source": every.get(row["source"], row["source"])} for row in rows]
        return _listed(path, rows, params)

    def _whole(self, session: Row) -> Row:
        """With its intent and card, as `expand` asks."""
        whole = dict(session)
        for field in ("payment_intent", "setup_intent"):
            if session[field]:
                intent = dict(self.get(field, session[field]))
                intent["payment_method"] = self.card(intent["payment_method"])
                whole[field] = intent
        return whole


def _listed(path: str, rows: list[Row], params: Row) -> Row:
    """Newest first, in pages, as Stripe lists."""
    rows = list(reversed(rows))
    if after := params.get("starting_after"):
        rows = rows[[row["id"] for row in rows].index(after) + 1 :]
    limit = int(params.get("limit", 10))
    return {"object": "list", "url": path, "has_more": len(rows) > limit, "data": rows[:limit]}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "StripeServer"

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        self._serve("GET", url.path, unnested(url.query))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        self._serve("POST", urlsplit(self.path).path, unnested(body))

    def _serve(self, method: str, path: str, params: Row) -> None:
        state = self.server.state
        if path.startswith("/pay/"):
            return self._pay_page(path.split("/")[2])
        if path.startswith("/test/"):
            return self._say(200, self._tool(path, params))
        fault = state.faults.popleft() if state.faults else ""
        if fault == "drop":
            return self._hang_up()
        if fault == "503":
            return self._say(503, {"error": {"type": "api_error", "message": "Not now"}})
        status, body = state.answer(method, path, params, self.headers.get("Idempotency-Key", ""))
        if fault == "lose":
            return self._hang_up()
        if fault == "500":
            return self._say(500, {"error": {"type": "api_error", "message": "Something went wrong"}})
        if fault == "slow":
            time.sleep(0.3)
        return self._say(status, body)

    def _pay_page(self, pk: str) -> None:
        """The customer pays as soon as the page is opened, and is sent back."""
        session = self.server.state.complete(pk)
        self.send_response(303)
        self.send_header("Location", session["success_url"])
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _tool(self, path: str, params: Row) -> Any:
        """For drills in other processes: look at the state, plan faults."""
        state = self.server.state
        if path == "/test/faults":
            state.faults.extend(params["next"].split(","))
        return {"intents": list(state.rows.get("payment_intent", {}).values()), "calls": state.calls,
                "refunds": list(state.rows.get("refund", {}).values()), "events": state.events}  # fmt: skip

    def _say(self, status: int, body: Any) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def _hang_up(self) -> None:
        self.close_connection = True
        self.connection.close()

    def log_message(self, *args: Any) -> None:
        pass


class StripeServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.state = State()
        self.url = self.state.url = f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Connections cut on purpose are no news."""


def signed(event: Row, *, secret: str = SECRET, at: float | None = None) -> tuple[bytes, str]:
    """Body and `Stripe-Signature`, by Stripe's published scheme."""
    body = json.dumps(event).encode()
    stamp = str(int(at or time.time()))
    digest = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return body, f"t={stamp},v1={digest}"


if __name__ == "__main__":
    StripeServer(int(sys.argv[1])).serve_forever()
