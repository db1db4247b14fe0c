"""TLS contexts: the system's trust store, or a service's own CA and client certificate."""

import ssl
from pathlib import Path

from hub.connector.service import TLSFiles
from hub.errors import ConfigError


def context_for(files: TLSFiles, *, setting: str) -> ssl.SSLContext:
    """The context for these files; a private CA takes the place of the system's trust store.

    Args:
        files: What the service is configured with.
        setting: The setting that errors point at.

    Raises:
        ConfigError: A file is missing, unreadable or not what it should be.
    """
    if files.key is not None and files.certificate is None:
        raise ConfigError("A TLS key is set without its certificate", setting=setting)
    for path in (files.ca, files.certificate, files.key):
        if path is not None:
            _check_readable(path, setting)
    try:
        context = ssl.create_default_context(cafile=None if files.ca is None else str(files.ca))
    except (ssl.SSLError, OSError):
        raise ConfigError(f"{files.ca} holds no CA certificate in PEM format", setting=setting) from None
    if files.certificate is not None:
        try:
            # An encrypted key must fail here: OpenSSL would ask for its password on the terminal.
            context.load_cert_chain(files.certificate, files.key, password=_no_password)
        except (ssl.SSLError, OSError, _EncryptedKeyError) as error:
            raise ConfigError(
                f"The TLS client certificate {files.certificate} cannot be used: {_problem(error)}", setting=setting
            ) from None
    return context


class _EncryptedKeyError(Exception):
    pass


def _no_password() -> str:
    raise _EncryptedKeyError


def _problem(error: Exception) -> str:
    if isinstance(error, _EncryptedKeyError):
        return "its key is encrypted; the hub needs one without a password"
    if isinstance(error, ssl.SSLError) and error.reason == "KEY_VALUES_MISMATCH":
        return "the key belongs to another certificate"
    return "certificate or key is missing, or not in PEM format"


def _check_readable(path: Path, setting: str) -> None:
    try:
        with path.open("rb"):
            pass
    except OSError as error:
        raise ConfigError(f"The TLS file {path} cannot be read: {error.strerror}", setting=setting) from None
