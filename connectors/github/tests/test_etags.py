from hub_connector_github.etags import Etags


def test_an_answer_is_kept_with_its_etag() -> None:
    etags = Etags()
    etags.put("a", {"etag": '"1"', "link": "next", "date": "x"}, b"body")
    kept = etags.get("a")
    assert kept is not None
    assert (kept.etag, kept.body, dict(kept.headers)) == ('"1"', b"body", {"link": "next"})
    assert etags.get("b") is None


def test_without_an_etag_or_too_large_nothing_is_kept() -> None:
    etags = Etags(most_bytes=10)
    etags.put("a", {}, b"body")
    etags.put("b", {"etag": "1"}, b"x" * 11)
    assert etags.get("a") is etags.get("b") is None


def test_what_was_used_least_is_forgotten_first() -> None:
    etags = Etags(most_bytes=10)
    for key in "abc":
        etags.put(key, {"etag": key}, b"xxxx")
        etags.get("a")
    assert [key for key in "abc" if etags.get(key)] == ["a", "c"]


def test_the_same_request_is_kept_once() -> None:
    etags = Etags(most_bytes=10)
    for number in range(9):
        etags.put("a", {"etag": str(number)}, b"xxxx")
    etags.put("b", {"etag": "b"}, b"xxxx")
    assert (kept := etags.get("a")) is not None
    assert kept.etag == "8"


def test_the_number_of_answers_is_bounded() -> None:
    etags = Etags()
    for number in range(300):
        etags.put(str(number), {"etag": "1"}, b"")
    assert etags.get("0") is None
    assert etags.get("299") is not None
