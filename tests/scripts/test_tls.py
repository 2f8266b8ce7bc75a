"""TLS as ``start.py`` provides it: a given certificate, or one of the server's own (传输加密)."""

from __future__ import annotations

import hashlib
import os
import re
import ssl
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.client import HTTPSConnection
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.kernel.config import ROOT
from app.kernel.tls import served_certificate, tls_expiry
from tests.serving import START, Served, environ

FINGERPRINT = re.compile(r"证书指纹（SHA-256）：([0-9A-F:]{95})")


@pytest.fixture
def instance(tmp_path: Path) -> Path:
    return tmp_path / "instance"


@pytest.fixture
def encrypted(instance: Path) -> Iterator[Served]:
    """Served to the network with nothing said about TLS."""
    running = Served(instance, "--host", "0.0.0.0", TLS_NAMES="jixiao.example.cn")
    yield running
    running.stop()


def certificate_script(*arguments: object) -> tuple[int, str, str]:
    result = subprocess.run(
        [sys.executable, ROOT / "scripts" / "certificate.py", *map(str, arguments)],
        capture_output=True,
        encoding="utf-8",
        env=environ(),
    )
    return result.returncode, result.stdout, result.stderr


def own(folder: Path, *names: str) -> str:
    """The fingerprint of the server's own certificate, made where there is none."""
    code, told, problem = certificate_script("own", folder, *names)
    assert code == 0, problem
    found = FINGERPRINT.search(told)
    assert found
    return found[1]


def test_it_makes_its_own_certificate_and_keeps_it(encrypted: Served, instance: Path) -> None:
    encrypted.wait_until_ready()
    assert f"https://0.0.0.0:{encrypted.port}" in encrypted.said()
    made = instance / "tls" / "server.crt"
    trusting = ssl.create_default_context(cafile=str(made))
    browser = HTTPSConnection("localhost", encrypted.port, context=trusting, timeout=10)
    browser.request("GET", "/setup")
    answer = browser.getresponse()
    answer.read()
    assert answer.status < 400
    browser.close()
    cookie = answer.getheader("Set-Cookie") or ""
    assert cookie.startswith("__Host-")
    assert "Secure" in cookie
    # An own certificate may be made anew; nobody is locked out by a promise made for the old one.
    assert answer.getheader("Strict-Transport-Security") is None
    shown = FINGERPRINT.search(encrypted.said())
    assert shown
    served = ssl.get_server_certificate(("localhost", encrypted.port))
    digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(served)).hexdigest().upper()
    assert shown[1].replace(":", "") == digest
    assert (instance / "tls" / "server.key").stat().st_mode & 0o777 == 0o600
    described = served_certificate(instance)
    assert described
    assert (described.fingerprint, described.is_own) == (shown[1], True)
    assert encrypted.stop() == 0
    assert own(instance / "tls", "jixiao.example.cn") == shown[1]


def test_the_certificate_names_the_machine_and_lasts_825_days(tmp_path: Path) -> None:
    own(tmp_path, "jixiao.example.cn", "192.0.2.7")
    made = x509.load_pem_x509_certificate((tmp_path / "server.crt").read_bytes())
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert {"jixiao.example.cn", "localhost"} <= set(names.get_values_for_type(x509.DNSName))
    addresses = {str(it) for it in names.get_values_for_type(x509.IPAddress)}
    assert {"192.0.2.7", "127.0.0.1", "::1"} <= addresses
    assert (made.not_valid_after_utc - datetime.now(UTC)).days in (824, 825)


def test_a_new_name_or_a_near_end_makes_it_anew(tmp_path: Path) -> None:
    first = own(tmp_path, "a.example.cn")
    assert own(tmp_path, "a.example.cn") == first
    second = own(tmp_path, "b.example.cn")
    assert second != first
    write_pair(tmp_path, days=29)
    assert own(tmp_path) not in (first, second)


def write_pair(folder: Path, *, days: int) -> tuple[Path, Path]:
    """A certificate with its key, as a bureau's authority would hand it out."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "jixiao.example.cn")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=60))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    folder.mkdir(exist_ok=True)
    paths = folder / "server.crt", folder / "server.key"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return paths


def test_a_given_pair_is_looked_over(tmp_path: Path) -> None:
    good, key = write_pair(tmp_path / "a", days=200)
    other, other_key = write_pair(tmp_path / "b", days=20)
    expired, expired_key = write_pair(tmp_path / "c", days=-1)
    assert certificate_script("given", good, key)[0] == 0
    assert "即将到期" in certificate_script("given", other, other_key)[1]
    for pair, sentence in (
        ((good, other_key), "不是一对"),
        ((expired, expired_key), "过期"),
        ((key, key), "读不懂证书"),
        ((good, good), "读不懂私钥"),
        ((tmp_path / "none", key), "无法读写"),
    ):
        code, _, problem = certificate_script("given", *pair)
        assert code == 1
        assert problem.count("\n") == 1
        assert sentence in problem


def test_the_expiry_of_what_is_served_can_be_asked(tmp_path: Path) -> None:
    assert tls_expiry(tmp_path) is None
    certificate, _ = write_pair(tmp_path / "authority", days=100)
    (tmp_path / "tls").mkdir()
    (tmp_path / "tls" / "in-use").write_text(f"{certificate}\n")
    expiry = tls_expiry(tmp_path)
    assert expiry
    assert 99 <= (expiry - datetime.now(UTC).date()).days <= 101
    certificate.unlink()
    assert tls_expiry(tmp_path) is None


def test_plain_pages_on_the_network_are_the_persons_word_and_are_said(instance: Path) -> None:
    running = Served(instance, "--host", "0.0.0.0", ALLOW_PLAINTEXT="1")
    try:
        running.wait_until_ready()
        assert "警告：未启用 TLS" in running.said()
        assert running.health() == {"status": "ok"}
        assert tls_expiry(instance) is None
    finally:
        running.stop()


def test_an_unreadable_certificate_ends_the_start_with_one_sentence(tmp_path: Path) -> None:
    _, key = write_pair(tmp_path, days=20)
    given = ["--tls-cert", str(key), "--tls-key", str(key)]
    refused = subprocess.run(
        [*START, "--instance", str(tmp_path / "instance"), "--setup-only", *given],
        env=environ(),
        capture_output=True,
        encoding="utf-8",
    )
    assert refused.returncode == 1
    assert "读不懂证书" in refused.stderr
    assert refused.stderr.count("\n") == 1
    assert os.listdir(tmp_path / "instance") == []  # noqa: PTH208 - nothing was made
