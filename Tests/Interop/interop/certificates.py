# SPDX-License-Identifier: Apache-2.0
"""A certificate authority for tests: server and client certificates as PEM."""
import datetime
import ipaddress

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


class Authority:
    """One root; `issue` signs leaves."""

    def __init__(self, name):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self._root = _builder(self.name, self.name, self.key).add_extension(
            x509.BasicConstraints(ca=True, path_length=0), critical=True).sign(self.key, hashes.SHA256())
        self.pem = _pem(self._root)

    def issue(self, common_name, dns=(), uris=(), addresses=(), client=False, days=30):
        """Returns (certificate, private key) as PEM texts; negative `days` make one that has expired."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = [x509.DNSName(name) for name in dns] + [x509.UniformResourceIdentifier(uri) for uri in uris] + [
            x509.IPAddress(ipaddress.ip_address(address)) for address in addresses]
        usage = ExtendedKeyUsageOID.CLIENT_AUTH if client else ExtendedKeyUsageOID.SERVER_AUTH
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
        builder = _builder(subject, self.name, key, days).add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                    serialization.NoEncryption()).decode()
        return _pem(builder.sign(self.key, hashes.SHA256())), private


def _builder(subject, issuer, key, days=30):
    now = datetime.datetime.now(datetime.timezone.utc)
    return x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(
        key.public_key()).serial_number(x509.random_serial_number()).not_valid_before(
            now - datetime.timedelta(days=60)).not_valid_after(now + datetime.timedelta(days=days))


def _pem(certificate):
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
