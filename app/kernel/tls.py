"""The certificate this installation is served with (传输证书), for those who look after it.

``start.py`` makes or takes it and names it in ``instance/tls/in-use``; here it is only read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from app.kernel import clock


@dataclass(frozen=True, slots=True)
class ServedCertificate:
    """Its fingerprint (SHA-256), last day in Beijing time, and whether this server made it."""

    fingerprint: str
    expires_on: date
    is_own: bool


def served_certificate(instance_dir: Path, named_in: str = "in-use") -> ServedCertificate | None:
    """The certificate in use; None when pages are plain or the file can no longer be read.

    ``named_in``: the note of the listener that is meant.
    """
    # Loading the library takes a tenth of a second: only those who ask pay for it.
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    folder = instance_dir / "tls"
    try:
        path = Path((folder / named_in).read_text(encoding="utf-8").strip())
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError):
        return None
    return ServedCertificate(
        fingerprint=certificate.fingerprint(hashes.SHA256()).hex(":").upper(),
        expires_on=certificate.not_valid_after_utc.astimezone(clock.SHANGHAI).date(),
        is_own=path.parent.resolve() == folder.resolve(),
    )


def tls_expiry(instance_dir: Path) -> date | None:
    """The last day of the certificate in use (证书到期日); None when pages are plain."""
    served = served_certificate(instance_dir)
    return None if served is None else served.expires_on
