"""Signs JSON Web Tokens, for credentials that prove who they are with a private key."""

from collections.abc import Mapping
from typing import Any

from hub.connector.settings import Secret
from hub.errors import AuthenticationFailed

_ALGORITHMS = frozenset(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"))


def sign_jwt(
    claims: Mapping[str, Any],
    *,
    private_key: Secret,
    algorithm: str = "RS256",
    headers: Mapping[str, Any] | None = None,
) -> str:
    """Sign claims with a private key (RFC 7515, RFC 7519).

    Args:
        claims: As they are; times such as `exp` in seconds since 1970.
        private_key: In PEM format, not encrypted.
        algorithm: An asymmetric one of RFC 7518 section 3.1, or `EdDSA`.
        headers: Besides `alg` and `typ`, such as `kid`.

    Raises:
        AuthenticationFailed: The key cannot be used for that algorithm.
        ValueError: There is no such algorithm here.
    """
    if algorithm not in _ALGORITHMS:
        raise ValueError(f"{algorithm!r} is none of {', '.join(sorted(_ALGORITHMS))}")
    import jwt

    try:
        return jwt.encode(dict(claims), private_key.get_secret_value(), algorithm, dict(headers or {}))
    except (jwt.PyJWTError, ValueError, TypeError):
        # What these texts quote differs; the key itself must be in none of them.
        raise AuthenticationFailed(
            f"The private key cannot sign with {algorithm}",
            hint="It has to be such a key in PEM format, whole, with its BEGIN and END lines, and not encrypted",
        ) from None
