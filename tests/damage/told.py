"""A stopped instance with some users, and that all of them are still there after a start."""
from evidence import verify
from prepared import USERS
from redundancy import check_journals_equal, wait_redundant
from sportapp import unique
from waiting import until

COUNT = 20
PARTLY_SERVED = 5  # of `up`: the instance runs, a service needs a person


def stopped_with_users(new_instance):
    """The instance, and its acknowledged registrations: key -> (username, answer)."""
    app = new_instance()
    app.up()
    told = {}
    for _ in range(COUNT):
        key, username = unique("key"), unique("runner")
        told[key] = (username, app.registered(username, key=key).json())
    wait_redundant(app)
    app.done("down")
    return app, told


def check_kept(app, told: dict):
    """Each is answered as before, none can be registered again."""
    for key, (username, first) in told.items():
        again = app.register(username, key=key)
        assert (again.status_code, again.json(), again.headers.get("Idempotency-Replayed")) == (200, first, "true"), again.text
        assert app.register(username).status_code == 409, f"{username} is not known any more"


def check_whole(app, told: dict):
    """The same, and both nodes hold it, and the files say so."""
    check_kept(app, told)
    wait_redundant(app)
    check_journals_equal(app)
    until("verify finds nothing", lambda: verify(app))


def start(app, within_s: int = 20):
    """`up`, whatever it gives."""
    done = app.cli("up", "--detach", "--port", app.port, "--ready-timeout", within_s)
    app.note_processes()
    return done


def answers(app, service: str = "users") -> int:
    """The status of a new command."""
    if service == "users":
        return app.post({"username": unique("asked")}, path=USERS).status_code
    return app.post({"name": unique("product"), "description": "", "value": 1, "stock": 1},
                    path="/api-commands/products").status_code
