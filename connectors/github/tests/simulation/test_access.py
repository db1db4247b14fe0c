"""Credentials, permissions, limits and conditional requests."""

from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from hub_connector_github.simulation.access import INSTALLATION_ID, AppKey
from hub_connector_github.simulation.limits import RateLimits

Present = Any  # the fixture's own class lives in conftest.py, which tests cannot import
Opened = Any
NOW = 1_799_958_000.0
REPO = "/repos/shop-sandbox/checkout"
READ_ONLY = {"actions": "read", "contents": "read"}


def pair() -> tuple[str, str]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private.decode(), public.decode()


PRIVATE, PUBLIC = pair()
APP = AppKey(
    id=4711, client_id="Iv23liSandbox", public_key=PUBLIC, permissions={"actions": "write", "checks": "read"}
)


def signed(key: str = PRIVATE, **claims: Any) -> dict[str, str]:
    told = {"iat": int(NOW) - 60, "exp": int(NOW) + 540, "iss": "Iv23liSandbox"} | claims
    return {"Authorization": f"Bearer {jwt.encode(told, key, algorithm='RS256')}"}


# Tokens


@pytest.mark.parametrize("header", ["Bearer wrong", "token wrong", "Basic dTpw", "nothing"])
async def test_a_wrong_credential_is_told_from_none(header: str, client: httpx.AsyncClient) -> None:
    answer = await client.get(REPO, headers={"Authorization": header})
    assert (answer.status_code, answer.json()["message"]) == (401, "Bad credentials")


async def test_without_a_credential_the_repository_is_not_there(opened: Opened) -> None:
    async with opened(token="") as client:
        assert (await client.get(REPO)).status_code == 404
        user = await client.get("/user")
        assert (user.status_code, user.json()["message"]) == (401, "Requires authentication")
        limits = await client.get("/rate_limit")
        assert limits.json()["resources"]["core"]["limit"] == 60


async def test_a_missing_permission_is_named_in_a_header(opened: Opened) -> None:
    async with opened(token="reader", tokens={"reader": READ_ONLY}) as client:
        assert (await client.get(f"{REPO}/actions/runs")).status_code == 200
        for method, path, needs in (
            ("GET", "check-runs/1/annotations", "checks=read"),
            ("GET", "deployments", "deployments=read"),
            ("GET", "pulls", "pull_requests=read"),
            ("POST", "actions/runs/1/rerun", "actions=write"),
            ("POST", "actions/runs/1/pending_deployments", "deployments=write"),
        ):
            answer = await client.request(method, f"{REPO}/{path}")
            assert answer.status_code == 403
            assert answer.json()["message"] == "Resource not accessible by personal access token"
            assert answer.headers["x-accepted-github-permissions"] == needs


async def test_who_does_not_say_what_it_is_is_turned_away(client: httpx.AsyncClient) -> None:
    request = client.build_request("GET", REPO)
    del request.headers["user-agent"]
    answer = await client.send(request)
    assert answer.status_code == 403
    assert "User-Agent" in answer.json()["message"]


async def test_versions_of_the_api(client: httpx.AsyncClient) -> None:
    old = await client.get("/rate_limit")
    assert old.headers["x-github-api-version-selected"] == "2022-11-28"
    assert "rate" in old.json()
    new = await client.get("/rate_limit", headers={"X-GitHub-Api-Version": "2026-03-10"})
    assert "rate" not in new.json()
    assert (await client.get(REPO, headers={"X-GitHub-Api-Version": "2020-01-01"})).status_code == 400


# GitHub Apps


async def test_an_app_gets_a_token_for_an_hour(opened: Opened, present: Present) -> None:
    async with opened(token="", apps=(APP,)) as client:
        (installation,) = (await client.get("/app/installations", headers=signed())).json()
        assert installation["id"] == INSTALLATION_ID
        assert (await client.get(f"{REPO}/installation", headers=signed())).json()["id"] == INSTALLATION_ID
        answer = await client.post(
            f"/app/installations/{INSTALLATION_ID}/access_tokens", headers=signed(iss="4711")
        )
        assert answer.status_code == 201
        issued = answer.json()
        assert issued["expires_at"] == "2027-01-14T21:20:00Z"
        headers = {"Authorization": f"Bearer {issued['token']}"}
        listed = (await client.get("/installation/repositories", headers=headers)).json()
        assert [one["full_name"] for one in listed["repositories"]] == ["shop-sandbox/checkout"]
        assert (await client.get(f"{REPO}/actions/runs", headers=headers)).status_code == 200
        refused = await client.get(f"{REPO}/deployments", headers=headers)
        assert refused.json()["message"] == "Resource not accessible by integration"
        present.seconds += 3600
        assert (await client.get(f"{REPO}/actions/runs", headers=headers)).status_code == 401


async def test_another_installation_is_not_found(opened: Opened) -> None:
    async with opened(token="", apps=(APP,)) as client:
        assert (await client.post("/app/installations/1/access_tokens", headers=signed())).status_code == 404


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ({"exp": int(NOW) - 1}, "must be a numeric value representing the future time"),
        ({"exp": int(NOW) + 3600}, "is too far in the future"),
        ({"iat": int(NOW) + 300}, "'Issued at' claim ('iat')"),
        ({"iss": "another"}, "'Issuer' claim ('iss')"),
    ],
)
async def test_a_jwt_with_wrong_claims_is_refused(claims: dict[str, Any], said: str, opened: Opened) -> None:
    async with opened(token="", apps=(APP,)) as client:
        answer = await client.get("/app", headers=signed(**claims))
        assert answer.status_code == 401
        assert said in answer.json()["message"]


async def test_a_jwt_of_another_key_is_refused(opened: Opened) -> None:
    async with opened(token="", apps=(APP,)) as client:
        for headers in (signed(pair()[0]), {"Authorization": "Bearer a.b.c"}, {}):
            answer = await client.get("/app", headers=headers)
            assert (answer.status_code, answer.json()["message"]) == (401, "A JSON web token could not be decoded")


# Limits


async def test_every_answer_says_how_many_requests_are_left(client: httpx.AsyncClient) -> None:
    answers = [
        await client.get(REPO),
        await client.get(f"{REPO}/nothing/else"),
        await client.get(f"{REPO}/actions/runs/1"),
    ]
    assert [answer.headers.get("x-ratelimit-remaining") for answer in answers] == ["4999", None, "4998"]
    assert answers[0].headers["x-ratelimit-reset"] == str(int(NOW) + 3600)
    assert (await client.get("/rate_limit")).json()["resources"]["core"]["used"] == 2


async def test_the_hourly_limit_turns_away_until_its_reset(opened: Opened, present: Present) -> None:
    async with opened(limits=RateLimits(per_hour=2)) as client:
        assert [(await client.get(REPO)).status_code for _ in range(3)] == [200, 200, 403]
        answer = await client.get(REPO)
        assert answer.headers["x-ratelimit-remaining"] == "0"
        assert "retry-after" not in answer.headers
        assert answer.json()["message"].startswith("API rate limit exceeded")
        present.seconds = int(answer.headers["x-ratelimit-reset"])
        assert (await client.get(REPO)).status_code == 200


async def test_the_limit_by_the_minute_counts_writes_five_times(opened: Opened, present: Present) -> None:
    async with opened(limits=RateLimits(points_per_minute=6)) as client:
        assert (await client.post(f"{REPO}/actions/runs/1/rerun")).status_code == 404
        assert (await client.get(REPO)).status_code == 200
        answer = await client.get(REPO)
        assert (answer.status_code, answer.headers["retry-after"]) == (403, "60")
        assert "secondary rate limit" in answer.json()["message"]
        present.seconds += 60
        assert (await client.get(REPO)).status_code == 200


async def test_what_has_not_changed_is_free(client: httpx.AsyncClient, present: Present) -> None:
    path = f"{REPO}/actions/runs"
    first = await client.get(path)
    again = await client.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["x-ratelimit-used"] == first.headers["x-ratelimit-used"] == "1"
    present.seconds += 600
    changed = await client.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert changed.status_code == 200
    assert changed.headers["etag"] != first.headers["etag"]
