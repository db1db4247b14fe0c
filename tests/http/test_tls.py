"""TLS, proxies and what the environment must not change."""

import asyncio
import ssl
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest
import trustme

from hub.connector.service import TLSFiles
from hub.errors import ConfigError, ServiceUnavailable
from hub.http.client import ServiceClient
from hub.http.tls import context_for
from hub.testing.faults import Received, fault_server, http_answer

OpenClient = Callable[..., AbstractAsyncContextManager[ServiceClient]]


async def ok(_: Received, __: asyncio.StreamWriter) -> bytes:
    return http_answer(b"secure")


class Certificates:
    """A private CA with a server's and a client's certificate as files."""

    def __init__(self, folder: Path) -> None:
        self.authority = trustme.CA()
        self.ca = folder / "ca.pem"
        self.authority.cert_pem.write_to_path(self.ca)
        client = self.authority.issue_cert("client@example.com")
        self.certificate, self.key = folder / "client.pem", folder / "client.key"
        client.cert_chain_pems[0].write_to_path(self.certificate)
        client.private_key_pem.write_to_path(self.key)

    def server(self, host: str = "127.0.0.1", *, asks_for_client: bool = False) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        issued: Any = self.authority.issue_cert(host)  # its types name pyOpenSSL's, which is not installed
        issued.configure_cert(context)
        if asks_for_client:
            context.load_verify_locations(self.ca)
            context.verify_mode = ssl.CERT_REQUIRED
        return context


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    return Certificates(tmp_path)


async def test_a_private_ca_is_trusted_only_where_it_is_configured(
    open_client: OpenClient, certificates: Certificates
) -> None:
    async with fault_server(ok, tls=certificates.server()) as server:
        async with open_client(server.url, tls=TLSFiles(ca=certificates.ca)) as client:
            assert (await client.get("/")).text == "secure"
        async with open_client(server.url) as client:
            with pytest.raises(ServiceUnavailable, match=r"certificate is not trusted \(.*unable to get"):
                await client.post("/")
    assert len(server.requests) == 1


async def test_a_certificate_for_another_host_is_refused(
    open_client: OpenClient, certificates: Certificates
) -> None:
    own, tls = TLSFiles(ca=certificates.ca), certificates.server("other.example")
    async with fault_server(ok, tls=tls) as server, open_client(server.url, tls=own) as client:
        with pytest.raises(ServiceUnavailable, match="certificate is not trusted"):
            await client.get("/")
    assert server.requests == []


async def test_a_client_certificate_is_presented(open_client: OpenClient, certificates: Certificates) -> None:
    own = TLSFiles(ca=certificates.ca, certificate=certificates.certificate, key=certificates.key)
    async with fault_server(ok, tls=certificates.server(asks_for_client=True)) as server:
        async with open_client(server.url, tls=own) as client:
            assert (await client.get("/")).text == "secure"
        async with open_client(server.url, tls=TLSFiles(ca=certificates.ca)) as client:
            with pytest.raises(ServiceUnavailable, match="Fake"):
                await client.get("/")


async def test_plain_http_where_tls_is_expected_is_said(open_client: OpenClient) -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(plain, "127.0.0.1", 0)
    async with open_client(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}") as client:
        with pytest.raises(ServiceUnavailable, match="TLS handshake failed"):
            await client.get("/")
    server.close()


def test_a_missing_or_wrong_file_is_named(certificates: Certificates, tmp_path: Path) -> None:
    text, other = tmp_path / "text.pem", trustme.CA().issue_cert("x@example.com")
    text.write_text("no certificate")
    other_key = tmp_path / "other.key"
    other.private_key_pem.write_to_path(other_key)
    cases = [
        (TLSFiles(ca=tmp_path / "gone.pem"), r"gone\.pem cannot be read: No such file"),
        (TLSFiles(ca=text), r"text\.pem holds no CA certificate"),
        (TLSFiles(certificate=text), "missing, or not in PEM format"),
        (TLSFiles(certificate=certificates.certificate, key=other_key), "belongs to another certificate"),
        (TLSFiles(key=other_key), "without its certificate"),
    ]
    for files, says in cases:
        with pytest.raises(ConfigError, match=says) as refused:
            context_for(files, setting="connectors.fake.tls")
        assert refused.value.setting == "connectors.fake.tls"


def test_an_encrypted_key_is_refused_instead_of_asking_on_the_terminal(
    certificates: Certificates, tmp_path: Path
) -> None:
    from cryptography.hazmat.primitives import serialization

    key = serialization.load_pem_private_key(certificates.key.read_bytes(), None)
    encrypted = tmp_path / "encrypted.key"
    encrypted.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"password"),
        )
    )
    with pytest.raises(ConfigError, match="without a password"):
        context_for(TLSFiles(certificate=certificates.certificate, key=encrypted), setting="")


async def test_a_renewed_certificate_counts_from_the_next_client_on(
    open_client: OpenClient, certificates: Certificates
) -> None:
    own = TLSFiles(ca=certificates.ca)
    async with fault_server(ok, tls=certificates.server()) as server:
        async with open_client(server.url, tls=own) as client:
            assert (await client.get("/")).text == "secure"
        trustme.CA().cert_pem.write_to_path(certificates.ca)
        async with open_client(server.url, tls=own) as client:
            with pytest.raises(ServiceUnavailable, match="certificate is not trusted"):
                await client.get("/")


async def test_the_environment_adds_no_proxy_netrc_or_certificates(
    open_client: OpenClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login a password b\n")
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere.pem")
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere.pem")
    async with fault_server(ok) as server, open_client(server.url) as client:
        assert (await client.get("/")).text == "secure"
        assert await client.run_sdk(lambda session: session.get(server.url).text) == "secure"
    assert all("authorization" not in request.headers for request in server.requests)


async def test_a_configured_proxy_gets_the_request_and_its_own_credential(open_client: OpenClient) -> None:
    async with fault_server(ok) as proxy:
        address = proxy.url.replace("//", "//bot:p%40ss@")
        async with open_client("http://service.example", proxy=address) as client:
            assert (await client.get("/x", params={"a": "1"})).text == "secure"
    assert proxy.requests[0].target == "http://service.example/x?a=1"
    assert proxy.requests[0].headers["proxy-authorization"] == "Basic Ym90OnBAc3M="


async def test_https_goes_through_the_proxys_tunnel(open_client: OpenClient, certificates: Certificates) -> None:
    async def tunnel(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
        if len(heads) > 1:
            writer.write(b"HTTP/1.1 407 No\r\ncontent-length: 0\r\n\r\n")
            await writer.drain()
            writer.close()
            return
        onward, onward_writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")

        async def pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
            while data := await source.read(65536):
                target.write(data)
                await target.drain()
            target.close()

        await asyncio.gather(pump(reader, onward_writer), pump(onward, writer), return_exceptions=True)

    heads: list[str] = []
    async with fault_server(ok, tls=certificates.server()) as server:
        proxy = await asyncio.start_server(tunnel, "127.0.0.1", 0)
        address = f"http://bot:secretpw@127.0.0.1:{proxy.sockets[0].getsockname()[1]}"
        async with open_client(server.url, proxy=address, tls=TLSFiles(ca=certificates.ca)) as client:
            assert (await client.get("/")).text == "secure"
        async with open_client(server.url, proxy=address, tls=TLSFiles(ca=certificates.ca)) as client:
            with pytest.raises(ServiceUnavailable, match="the proxy answered 407") as refused:
                await client.post("/")
        proxy.close()
    assert heads[0].startswith(f"CONNECT 127.0.0.1:{server.port} ")
    assert "proxy-authorization: basic" in heads[0].lower()
    assert "proxy-authorization" not in server.requests[0].headers
    assert "secretpw" not in str(refused.value)
