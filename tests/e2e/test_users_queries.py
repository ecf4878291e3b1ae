"""GET /api-queries/users...: lists, pages, single users, and reading what one has just written."""
import json
import time
from urllib.parse import urlsplit

import pytest

import raw
from sportapp import QUERIES, unique


@pytest.fixture(scope="module")
def five(app):
    """Five users that both read models hold."""
    answers = [app.registered(unique("page"), email=f"{unique('Page')}@example.org") for _ in range(5)]
    app.wait_for_position(answers[-1])
    return [answer.json() for answer in answers]


def pages(app, target):
    """Follows the links; gives the pages."""
    found = []
    while target:
        answer = app.get(target)
        assert answer.status_code == 200
        found.append(answer.json())
        target = answer.links.get("next", {}).get("url")
        if target and "://" in target:
            parts = urlsplit(target)
            target = f"{parts.path}?{parts.query}"
    return found


def test_the_list_is_a_bare_array_ordered_by_id(app, five):
    listed = app.get("/api-queries/users").json()
    ids = [user["id"] for user in listed]
    assert ids == sorted(set(ids))
    assert [user for user in listed if user["id"] >= five[0]["id"]][:5] == five


def test_pages_follow_their_links_to_the_end(app, five):
    after = five[0]["id"] - 1
    found = pages(app, f"/api-queries/users?limit=2&after={after}")
    assert [len(page) for page in found[:2]] == [2, 2]
    users = [user for page in found for user in page]
    assert users[:5] == five
    assert users == [user for user in app.get("/api-queries/users").json() if user["id"] > after]


def test_the_last_page_has_no_link(app, five):
    last = app.get("/api-queries/users").json()[-1]["id"]
    answer = app.get(f"/api-queries/users?limit=1000&after={last - 1}")
    assert "Link" not in answer.headers
    assert app.get(f"/api-queries/users?after={last}&limit=10").json() == []


def test_after_alone_gives_the_rest(app, five):
    rest = app.get(f"/api-queries/users?after={five[2]['id']}").json()
    assert rest[:2] == five[3:]


@pytest.mark.parametrize("query", [
    "limit=0", "limit=-1", "limit=x", "limit=", "limit=1.5", "limit=99999999999999999999", "after=x", "after=-1",
    "after=", "limit=2&after=99999999999999999999",
])
def test_a_parameter_that_makes_no_sense_is_refused(app, query):
    answer = app.get(f"/api-queries/users?{query}")
    assert answer.status_code == 400
    assert answer.json()["detail"]


def test_a_username_finds_its_user_or_nobody(app, five):
    assert app.user(five[0]["username"]) == [five[0]]
    assert app.user("nobody " + unique()) == []
    assert app.user(five[0]["username"].upper()) == []


def test_a_username_is_found_in_either_normal_form(app):
    tail = unique()
    made = app.registered("N\u0303u" + tail)
    app.wait_for_position(made)
    for name in ("N\u0303u" + tail, "\u00d1u" + tail):
        assert app.user(name) == [made.json()]


def test_an_email_finds_its_user_ignoring_case(app, five):
    for email in (five[1]["email"], five[1]["email"].upper(), five[1]["email"].lower()):
        assert app.get("/api-queries/users", params={"email": email}).json() == [five[1]]
    assert app.get("/api-queries/users", params={"email": f"{unique()}@example.org"}).json() == []


@pytest.mark.parametrize("query", ["username=%FF%FE", "username=%00", "email=%C3%28", "username=%", "x=%zz"])
def test_a_query_that_is_no_percent_encoded_text_is_refused(app, query):
    answer = app.raw("GET", f"/api-queries/users?{query}")
    assert answer.status == 400
    assert json.loads(answer.body)["status"] == 400


@pytest.mark.parametrize("query", ["username=", "email=", "email=no", "username=%20", "username=" + "x" * 10_000])
def test_a_name_that_cannot_be_is_nobodys(app, query):
    answer = app.get(f"/api-queries/users?{query}")
    assert (answer.status_code, answer.json()) == (200, [])


def test_one_user_by_id(app, five):
    answer = app.get(f"/api-queries/users/{five[0]['id']}")
    assert answer.status_code == 200
    assert answer.json() == five[0]


@pytest.mark.parametrize("user", [
    "0", "999999999", "9223372036854775807", "9223372036854775808", "18446744073709551617", "9" * 400, "-1",
    "+1", "1x", "abc", "1.0", "0x1", "%31", "01", "%20",
])
def test_an_id_that_is_nobodys_is_not_found(app, five, user):
    answer = app.raw("GET", f"/api-queries/users/{user}")
    assert answer.status == 404
    assert json.loads(answer.body)["status"] == 404


def test_etag_saves_the_body(app, five):
    target = f"/api-queries/users/{five[0]['id']}"
    tag = app.get(target).headers["ETag"]
    for sent in (tag, f'"other", {tag}', "*", f"W/{tag.removeprefix('W/')}"):
        again = app.get(target, headers={"If-None-Match": sent})
        assert (again.status_code, again.content) == (304, b""), sent
        assert again.headers["ETag"] == tag
    assert app.get(target, headers={"If-None-Match": '"other"'}).status_code == 200
    assert app.get(f"/api-queries/users/{five[1]['id']}").headers["ETag"] != tag


def test_both_read_models_give_the_same_etag(app, five):
    target = f"/api-queries/users/{five[0]['id']}"
    assert len({app.direct(name, target).headers["ETag"] for name in QUERIES}) == 1


def test_head_gives_the_headers_only(app, five):
    target = f"/api-queries/users/{five[0]['id']}"
    full, head = app.get(target), app.request("HEAD", target)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["ETag"] == full.headers["ETag"]
    assert head.headers["Content-Type"] == full.headers["Content-Type"]
    assert head.headers["Content-Length"] == str(len(full.content))
    assert app.request("HEAD", "/api-queries/users?limit=1").status_code == 200
    assert app.request("HEAD", "/api-queries/users/999999999").status_code == 404


def test_head_leaves_the_connection_in_step(app, five):
    target = f"/api-queries/users/{five[0]['id']}"
    with raw.Connection(app.port) as connection:
        for _ in range(3):
            connection.send(raw.request("HEAD", target))
            assert connection.answer(to_head=True).status == 200
            connection.send(raw.request("GET", target))
            assert json.loads(connection.answer().body) == five[0]


def test_a_client_reads_its_own_writes(app):
    for _ in range(30):
        made = app.registered()
        shown = app.get(made.headers["Location"],
                        headers={"Sportapp-Position": made.headers["Sportapp-Position"], "Prefer": "wait=3"})
        assert (shown.status_code, shown.json()) == (200, made.json())


def test_a_position_works_on_lists_too(app):
    made = app.registered()
    shown = app.get("/api-queries/users", params={"username": made.json()["username"]},
                    headers={"Sportapp-Position": made.headers["Sportapp-Position"], "Prefer": "wait=3"})
    assert shown.json() == [made.json()]


@pytest.mark.parametrize("target", ["/api-queries/users?limit=1", "/api-queries/users/1"])
def test_past_the_bound_the_client_is_told_to_come_back(app, five, target):
    started = time.monotonic()
    answer = app.get(target, headers={"Sportapp-Position": "users=999999999", "Prefer": "wait=0"})
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) >= 1
    assert time.monotonic() - started < 10


def test_without_a_preference_it_waits_about_a_second(app, five):
    started = time.monotonic()
    answer = app.get("/api-queries/users?limit=1", headers={"Sportapp-Position": "users=999999999"})
    took = time.monotonic() - started
    assert answer.status_code == 503
    assert 0.9 < took < 10


def test_a_longer_wait_is_waited_once_not_at_each_process(app, five):
    started = time.monotonic()
    answer = app.get("/api-queries/users/1", headers={"Sportapp-Position": "users=999999999", "Prefer": "wait=8"})
    took = time.monotonic() - started
    assert answer.status_code == 503
    assert 7.9 < took < 15


@pytest.mark.parametrize("position", ["users", "users=", "users=x", "users=-1", "=1", "users=99999999999999999999",
                                      "users=1,", "1", "users=1;2"])
def test_a_position_that_makes_no_sense_is_refused(app, position):
    answer = app.get("/api-queries/users?limit=1", headers={"Sportapp-Position": position})
    assert answer.status_code == 400
    assert "Sportapp-Position" in answer.json()["detail"]


def test_positions_of_other_services_are_not_waited_for(app):
    made = app.registered()
    position = f"products=999999999, {made.headers['Sportapp-Position']}"
    answer = app.get(made.headers["Location"], headers={"Sportapp-Position": position, "Prefer": "wait=3"})
    assert (answer.status_code, answer.json()) == (200, made.json())


def test_a_preference_that_was_honoured_is_named(app):
    answer = app.get("/api-queries/users?limit=1", headers={"Sportapp-Position": "users=0", "Prefer": "wait=3"})
    assert answer.headers["Preference-Applied"] == "wait=3"


def test_a_list_longer_than_any_buffer_comes_whole(app):
    made = [app.registered() for _ in range(300)]
    app.wait_for_position(made[-1])
    listed = {user["id"]: user for user in app.get("/api-queries/users").json()}
    assert all(listed[answer.json()["id"]] == answer.json() for answer in made)
