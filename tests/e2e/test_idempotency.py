"""Idempotency-Key: one key, one effect."""
import threading

import pytest

from sportapp import COMMANDS, unique


def test_the_same_request_again_gets_the_first_answer(app):
    name, key = unique(), unique("key")
    first = app.registered(name, key=key)
    head = app.journal_head()
    again = app.register(name, key=key)
    assert (again.status_code, again.content) == (200, first.content)
    assert again.headers["Idempotency-Replayed"] == "true"
    for header in ("Location", "Sportapp-Position"):
        assert again.headers[header] == first.headers[header]
    assert app.journal_head() == head


def test_the_same_meaning_in_other_bytes_is_the_same_request(app):
    key, tail = unique("key"), unique()
    first = app.post(f'{{"username":"Jos\u00e9{tail}","email":null}}'.encode(), key=key)
    again = app.post(f'{{ "extra": 1, "username" : "Jose\\u0301{tail}" }}'.encode(), key=key)
    assert (again.status_code, again.content) == (200, first.content)
    assert again.headers["Idempotency-Replayed"] == "true"


def test_a_key_with_another_body_is_refused(app):
    name, key = unique(), unique("key")
    app.registered(name, key=key)
    head = app.journal_head()
    other = app.register(unique(), key=key)
    assert other.status_code == 422
    assert app.journal_head() == head
    assert app.register(name, key=key).status_code == 200, "the first answer must still be there"


def test_a_refused_request_does_not_spend_its_key(app):
    key, taken, free = unique("key"), unique(), unique()
    app.registered(taken)
    assert app.register(taken, key=key).status_code == 409
    assert app.register("", key=key).status_code == 400
    answer = app.register(free, key=key)
    assert answer.status_code == 200
    assert "Idempotency-Replayed" not in answer.headers


def test_two_keys_are_two_requests(app):
    name = unique()
    app.registered(name, key=unique("key"))
    assert app.register(name, key=unique("key")).status_code == 409


def test_without_a_key_a_repeat_is_another_request(app):
    name = unique()
    app.registered(name)
    assert app.register(name).status_code == 409


@pytest.mark.parametrize("at_once", [2, 12])
def test_at_once_with_one_key_one_executes_and_all_get_its_answer(app, at_once):
    name, key, answers = unique(), unique("key"), []
    head, start, lock = app.journal_head(), threading.Barrier(at_once), threading.Lock()

    def ask():
        start.wait()
        answer = app.register(name, key=key)
        with lock:
            answers.append(answer)

    threads = [threading.Thread(target=ask) for _ in range(at_once)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert sum("Idempotency-Replayed" not in answer.headers for answer in answers) == 1
    assert app.journal_head() == head + 1


@pytest.mark.parametrize("key", ["k", "!", "~" * 128, "a:b/c?d=e&f;g,h", '"quoted"'])
def test_any_visible_ascii_is_a_key(app, key):
    key = (unique("") + key)[-128:] if len(key) > 1 else key
    name = unique()
    assert app.register(name, key=key).status_code == 200
    assert app.register(name, key=key).headers["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize("key", [b"k" * 129, b"k" * 2000, b"with space", b"caf\xc3\xa9", b"\xff", b"tab\tbed",
                                 b"del\x7f"])
def test_a_key_that_is_none_is_refused_and_nothing_is_written(app, key):
    head = app.journal_head()
    body = f'{{"username":"{unique()}"}}'.encode()
    headers = [("Content-Type", "application/json"), ("Idempotency-Key", key)]
    assert app.raw("POST", "/api-commands/users", body, headers).status == 400
    assert app.journal_head() == head


def test_an_empty_key_is_none(app):
    name = unique()
    assert app.register(name, key="").status_code == 200
    assert app.register(name, key="").status_code == 409


def test_a_key_outlives_the_process(own_app):
    name, key = unique(), unique("key")
    first = own_app.registered(name, key=key)
    own_app.wait_restarted(COMMANDS, own_app.kill(COMMANDS))
    own_app.wait_healthy()
    again = own_app.register(name, key=key)
    assert (again.status_code, again.content) == (200, first.content)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert own_app.journal_head() == 1
