"""Keeps the newest refresh token of a chain, encrypted, where a crash and another process leave it whole."""

import asyncio
import fcntl
import hashlib
import json
import logging
import os
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from hub.errors import ServiceUnavailable

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_LOCK_SECONDS = 20.0
_LOCK_POLL_SECONDS = 0.05
_SALT_BYTES = 16
_NONCE_BYTES = 12
_HEAD_BYTES = _SALT_BYTES + _NONCE_BYTES
_INFO = b"mcp-integration-hub refresh token 1"

log = logging.getLogger("hub.http")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """Where a chain of refresh tokens has got to.

    Attributes:
        refresh_token: The newest.
        access_token: What came with it; empty if nothing has come yet.
        expires_at: When that expires, in Unix seconds; None if it is not known.
        scopes: Of it.
    """

    refresh_token: str = field(repr=False)
    access_token: str = field(default="", repr=False)
    expires_at: float | None = None
    scopes: tuple[str, ...] = ()

    def lasts(self, seconds: float, now: float) -> bool:
        """Whether the access token is good for so long, as far as is known."""
        return self.expires_at is None or self.expires_at - now > seconds


class KeptInMemory:
    """A store without a folder."""

    def __init__(self) -> None:
        self._chain: Chain | None = None

    @asynccontextmanager
    async def locked(self) -> AsyncGenerator[None]:
        """See `TokenStore.locked`; nobody else can have it."""
        yield

    async def load(self) -> Chain | None:
        """See `TokenStore.load`."""
        return self._chain

    async def save(self, chain: Chain) -> None:
        """See `TokenStore.save`."""
        self._chain = chain


class TokenStore:
    """One chain's file.

    AES-256-GCM; the key is derived by HKDF (RFC 5869), with a salt of the file's own, from the app's secret, or
    without one from the first refresh token. So the file alone is worth nothing. Its name is a hash of where the
    chain began: another first token has another file, and connectors with the same grant share one.

    Args:
        folder: Made at the first use.
        identity: Token URL, client id and first refresh token.
        key: What the encryption key is derived from.
    """

    def __init__(self, folder: Path, *, identity: tuple[str, str, str], key: str) -> None:
        self._name = hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:32]
        self._folder = folder
        self._path = folder / f"{self._name}.token"
        self._key = key.encode()

    @asynccontextmanager
    async def locked(self) -> AsyncGenerator[None]:
        """Keep others, in this process and in others, from using the chain meanwhile.

        Raises:
            ServiceUnavailable: They do not let go of it, or the folder cannot be written.
        """
        file = self._open_lock()
        try:
            until = time.monotonic() + _LOCK_SECONDS
            while not _locked(file):
                if time.monotonic() > until:
                    raise ServiceUnavailable(
                        "Another process of the hub is renewing this token and does not end",
                        hint=f"Look for one that hangs; it holds {self._folder}",
                    )
                await asyncio.sleep(_LOCK_POLL_SECONDS)
            yield
        finally:
            os.close(file)  # which also unlocks it

    async def load(self) -> Chain | None:
        """What was saved last; None if nothing was, or if it cannot be read."""
        return await asyncio.to_thread(self._load)

    async def save(self, chain: Chain) -> None:
        """Put it on disk, whole or not at all.

        Raises:
            ServiceUnavailable: It cannot be written.
        """
        try:
            await asyncio.to_thread(self._save, chain)
        except OSError as error:
            raise self._unwritable(error) from None

    def _open_lock(self) -> int:
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            return os.open(self._folder / f"{self._name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise self._unwritable(error) from None

    def _unwritable(self, error: OSError) -> ServiceUnavailable:
        return ServiceUnavailable(
            f"The refresh token cannot be kept in {self._folder}: {(error.strerror or 'unknown error').lower()}",
            hint="Make the folder of [hub] state writable; until then it is not used, since the next would be lost",
        )

    def _load(self) -> Chain | None:
        from cryptography.exceptions import InvalidTag

        try:
            sealed = self._path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._unwritable(error) from None
        try:
            salt, nonce, text = sealed[:_SALT_BYTES], sealed[_SALT_BYTES:_HEAD_BYTES], sealed[_HEAD_BYTES:]
            plain = json.loads(self._cipher(salt).decrypt(nonce, text, self._name.encode()))
            return Chain(
                refresh_token=plain["refresh_token"],
                access_token=plain["access_token"],
                expires_at=plain["expires_at"],
                scopes=tuple(plain["scopes"]),
            )
        except (InvalidTag, ValueError, TypeError, KeyError):
            log.warning(
                "%s cannot be decrypted: the app's secret is another now, or the file is damaged; "
                "beginning again with the refresh token that hub.toml names",
                self._path,
            )
            return None

    def _save(self, chain: Chain) -> None:
        salt, nonce = os.urandom(_SALT_BYTES), os.urandom(_NONCE_BYTES)
        text = json.dumps(asdict(chain)).encode()
        sealed = salt + nonce + self._cipher(salt).encrypt(nonce, text, self._name.encode())
        draft = self._folder / f"{self._name}.draft"  # one at a time: the lock is held
        file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(file, "wb") as out:
                out.write(sealed)
                out.flush()
                os.fsync(out.fileno())
            draft.replace(self._path)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
        _sync_folder(self._folder)

    def _cipher(self, salt: bytes) -> "AESGCM":
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF

        return AESGCM(HKDF(algorithm=SHA256(), length=32, salt=salt, info=_INFO).derive(self._key))


def _locked(file: int) -> bool:
    """Whether the lock is ours now; open files lock against each other even within one process."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _sync_folder(folder: Path) -> None:
    """Make a new name in the folder last through a power cut."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
