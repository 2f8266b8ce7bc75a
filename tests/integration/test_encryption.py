"""What people see of the encryption of their connection (传输加密)."""

from __future__ import annotations

from dataclasses import replace

from flask import Flask

from tests.people import ClientAs


def test_plain_pages_on_the_network_are_told_to_administrators_on_every_page(
    app: Flask, client_as: ClientAs
) -> None:
    administrators = [client_as("system-admin"), client_as("security-admin")]
    officer = client_as("county-officer")
    warning = "连接未加密（http）"
    assert warning not in administrators[0].get("/").get_data(as_text=True)
    app.config["CONFIG"] = replace(app.config["CONFIG"], plaintext_allowed=True)
    for browser in administrators:
        for address in ("/", "/help", "/me", "/no-such-page"):
            assert warning in browser.get(address).get_data(as_text=True), address
    assert warning not in officer.get("/").get_data(as_text=True)
    assert warning not in app.test_client().get("/sign-in").get_data(as_text=True)
