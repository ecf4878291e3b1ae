"""POST /api-commands/users: what a client may rely on."""
import threading

import pytest

from sportapp import unique


def test_a_registration_says_what_was_made_and_where_it_is(app):
    name = unique("ana")
    answer = app.register(name)
    assert answer.status_code == 200
    made = answer.json()
    assert made == {"id": made["id"], "username": name}
    assert answer.headers["Location"] == f"/api-queries/users/{made['id']}"
    assert answer.headers["Sportapp-Position"] == f"users={app.journal_head()}"
    assert "Idempotency-Replayed" not in answer.headers


def test_the_location_shows_the_user(app):
    answer = app.registered(unique(), email=f"{unique()}@example.org")
    app.wait_for_position(answer)
    shown = app.get(answer.headers["Location"])
    assert shown.status_code == 200
    assert shown.json() == answer.json()


def test_an_email_comes_back_as_it_was_given(app):
    email = f"{unique('Luz')}@Example.ORG"
    assert app.registered(unique(), email=email).json()["email"] == email


def test_an_email_of_null_is_no_email(app):
    answer = app.post({"username": unique(), "email": None})
    assert answer.status_code == 200
    assert "email" not in answer.json()


def test_unknown_fields_are_ignored(app):
    answer = app.post({"username": unique(), "password": "x", "id": 77, "roles": [{"deep": [1]}]})
    assert answer.status_code == 200
    assert set(answer.json()) == {"id", "username"}
    assert answer.json()["id"] != 77


def test_ids_and_positions_grow(app):
    answers = [app.registered() for _ in range(5)]
    ids = [answer.json()["id"] for answer in answers]
    positions = [int(answer.headers["Sportapp-Position"].removeprefix("users=")) for answer in answers]
    assert ids == sorted(set(ids))
    assert positions == sorted(set(positions))


def test_a_taken_username_is_refused_and_nothing_is_written(app):
    name = unique()
    app.registered(name)
    head = app.journal_head()
    again = app.register(name)
    assert again.status_code == 409
    assert again.json()["errors"] == [{"field": "/username", "detail": "is taken"}]
    assert name in again.json()["error"]
    assert app.journal_head() == head


def test_usernames_differ_by_case(app):
    name = unique("ana")
    app.registered(name)
    assert app.register(name.upper()).status_code == 200


def test_composed_and_decomposed_are_one_name_kept_composed(app):
    tail = unique()
    first = app.registered("Jose\u0301" + tail)
    assert first.json()["username"] == "Jos\u00e9" + tail
    assert app.register("Jos\u00e9" + tail).status_code == 409


@pytest.mark.parametrize("first, second", [
    ("ana@example.org", "ANA@EXAMPLE.ORG"),
    ("\u00d1andu@example.org", "\u00f1ANDU@Example.org"),
    ("stra\u00dfe@example.org", "STRASSE@example.org"),
])
def test_an_email_is_taken_ignoring_case(app, first, second):
    tail = unique("")
    first, second = first.replace("@", f"{tail}@"), second.replace("@", f"{tail}@")
    app.registered(unique(), email=first)
    head = app.journal_head()
    name = unique()
    refused = app.register(name, email=second)
    assert refused.status_code == 409
    assert refused.json()["errors"][0]["field"] == "/email"
    assert app.journal_head() == head
    assert app.register(name).status_code == 200, "the refused name must still be free"


@pytest.mark.parametrize("letter", ["a", "\u00f1", "\u5b57", "\U0001f600"])
def test_fifty_characters_fit_and_one_more_does_not(app, letter):
    tail = unique("")
    fifty = letter * (50 - len(tail)) + tail
    assert app.register(fifty).status_code == 200
    assert app.register(letter + fifty).status_code == 400


@pytest.mark.parametrize("name", [
    "O'Brien; DROP TABLE users;--", '"quoted" \\ back/slash', "<script>alert(1)</script>", "a b  c", "%00%2e%2e",
    "\u202eright-to-left", "\u0645\u062d\u0645\u062f", "\u0e01\u0e33", "null", "{}",
])
def test_any_text_is_only_text(app, name):
    name += unique("")
    answer = app.registered(name)
    app.wait_for_position(answer)
    assert app.user(name) == [answer.json()]
    assert answer.json()["username"] == name


@pytest.mark.parametrize("email", [
    "no", "a@b", "@example.org", "a@", "a b@example.org", "a@@example.org", ".a@example.org", "a@-x.org",
    "a" * 65 + "@example.org", "a@" + "b" * 250 + ".org", "", 7, True, ["a@example.org"],
])
def test_what_is_no_email_is_refused(app, email):
    head = app.journal_head()
    answer = app.post({"username": unique(), "email": email})
    assert answer.status_code == 400
    assert [entry["field"] for entry in answer.json()["errors"]] == ["/email"]
    assert app.journal_head() == head


def test_every_wrong_field_is_named(app):
    answer = app.post({"username": "", "email": "no"})
    assert answer.status_code == 400
    assert [entry["field"] for entry in answer.json()["errors"]] == ["/username", "/email"]
    assert answer.json()["errors"][0]["detail"] == "must have 1 to 50 characters"


def test_many_at_once_for_one_name_leave_one_user(app):
    name, statuses, lock = unique(), [], threading.Lock()
    start = threading.Barrier(16)

    def ask():
        start.wait()
        status = app.register(name).status_code
        with lock:
            statuses.append(status)

    threads = [threading.Thread(target=ask) for _ in range(16)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert sorted(statuses) == [200] + [409] * 15
    assert sum(name in str(event) for event in app.events()) == 1


def test_many_at_once_with_different_names_all_count(app):
    head, answers, lock = app.journal_head(), [], threading.Lock()

    def ask():
        for _ in range(10):
            answer = app.registered()
            with lock:
                answers.append(answer)

    threads = [threading.Thread(target=ask) for _ in range(16)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert len({answer.json()["id"] for answer in answers}) == 160
    assert len({answer.headers["Sportapp-Position"] for answer in answers}) == 160
    assert app.journal_head() == head + 160
