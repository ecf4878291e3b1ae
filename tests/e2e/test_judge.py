"""The judge of answers itself: it must refuse what the document does not say."""
import pytest

import openapi
from recording import Exchange

GOOD = Exchange("GET", "/api-queries/users/1", 200,
                {"content-type": "application/json", "etag": '"a"', "x-request-id": "r", "date": "now"},
                b'{"id":1,"username":"ana"}')
PROBLEM = (b'{"type":"about:blank","title":"Not found","status":404,"detail":"there is no user 9",'
           b'"error":"there is no user 9"}')


def complaints(**changes):
    return openapi.Document.load().complaints(GOOD._replace(**changes))


def test_an_answer_as_promised_passes():
    assert complaints() == []
    assert complaints(status=404, body=PROBLEM, headers={"content-type": "application/problem+json",
                                                         "x-request-id": "r"}) == []


@pytest.mark.parametrize("changes, says", [
    ({"status": 500}, "no status 500"),
    ({"method": "DELETE"}, "no status 200"),
    ({"target": "/api-queries/nothing"}, "no status 200"),
    ({"headers": {**GOOD.headers, "content-type": "text/html"}}, "content type text/html"),
    ({"headers": {**GOOD.headers, "x-new": "1"}}, "header x-new"),
    ({"headers": {"content-type": "application/json", "x-request-id": "r"}}, "header etag is missing"),
    ({"headers": {**GOOD.headers, "etag": "bare"}}, "header etag"),
    ({"body": b'{"id":1,"username":"ana","password":"x"}'}, "password"),
    ({"body": b'{"id":"1","username":"ana"}'}, "id: "),
    ({"body": b"<html>"}, "not JSON"),
    ({"status": 404, "headers": {"content-type": "application/problem+json", "x-request-id": "r"},
      "body": PROBLEM.replace(b"404", b"409")}, "member status is 409"),
    ({"status": 304}, "has a body"),
    ({"method": "HEAD"}, "HEAD was answered with a body"),
])
def test_what_the_document_does_not_say_is_refused(changes, says):
    assert any(says in complaint for complaint in complaints(**changes)), complaints(**changes)
