"""Nothing leaves for another server while a transaction is open."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import ClassVar

import pytest
from django.db import transaction

from quanyu.platform import http_client


class Provider(BaseHTTPRequestHandler):
    asked: ClassVar[list[str]] = []

    def do_GET(self):
        self.asked.append(self.path)
        self.send_response(302 if self.path == "/moved" else 200)
        if self.path == "/moved":
            self.send_header("Location", "/secret")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *arguments):
        """Stay silent."""


@pytest.fixture
def provider():
    server = HTTPServer(("127.0.0.1", 0), Provider)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    Provider.asked.clear()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_outside_of_transactions_a_request_goes_out(provider):
    with http_client.session() as session:
        assert session.get(f"{provider}/pay").text == "ok"
    assert Provider.asked == ["/pay"]


def test_inside_a_transaction_nothing_leaves(provider):
    with http_client.session() as session:
        with pytest.raises(http_client.NetworkInTransaction), transaction.atomic():
            session.get(f"{provider}/pay")
        assert Provider.asked == []
        assert session.get(f"{provider}/after").status_code == 200


def test_a_redirect_is_not_followed(provider):
    with http_client.session() as session:
        assert session.get(f"{provider}/moved").status_code == 302
    assert Provider.asked == ["/moved"]


def test_a_request_has_a_time_limit_and_keeps_a_given_one(provider, monkeypatch):
    seen = []

    def send(self, request, **options):
        seen.append(options["timeout"])
        raise ConnectionError

    monkeypatch.setattr("requests.Session.send", send)
    session = http_client.session()
    for options in ({}, {"timeout": 1}):
        with pytest.raises(ConnectionError):
            session.get(provider, **options)
    assert seen == [(http_client.CONNECT_TIMEOUT_S, http_client.READ_TIMEOUT_S), 1]
