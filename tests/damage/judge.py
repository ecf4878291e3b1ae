"""Whether a start after damage kept the promise: nothing acknowledged is lost, or the service says that it cannot know."""
import json
import re
import subprocess
import time
from typing import NamedTuple

import requests

from prepared import NODES, Prepared
from redundancy import check_journals_equal, monitor_view
from shop import PRODUCTS
from sportapp import Instance, nodes_of, unique
from starts import Struck
from told import PARTLY_SERVED
from truth import live_entries
from waiting import until

KEPT, DOWN, LOST, WRONG = WORDS = ("kept", "down", "LOST", "WRONG")
CLEAN_VERDICT = re.compile(r" 0 different, 0 unreadable$", re.MULTILINE)
IN_SYNC_WITHIN_S = 60.0
TROUBLE = re.compile(r"damage|lost its|lacks|not hold|whole copy|cannot be read|promise", re.IGNORECASE)
THROWN_AWAY = ("db-cut", "db-byte")  # kinds that leave a journal which cannot just be continued
REMAINS = re.compile(r"replaced|damaged|remains", re.IGNORECASE)
# What a judge may meet besides an answer that is not as it should be.
UNANSWERED = (AssertionError, requests.RequestException, subprocess.TimeoutExpired)


class Verdict(NamedTuple):
    word: str
    why: str = ""


class Failed(AssertionError):
    """A verdict that needs no further question."""

    def __init__(self, word: str, why: str):
        super().__init__(why)
        self.word = word


def verdict_of(failed: Exception) -> Verdict:
    return Verdict(getattr(failed, "word", WRONG), str(failed)[:1000])


def demand(condition, why: str):
    if not condition:
        raise Failed(WRONG, why)


class Judge:
    """Of one start: `up` is what the command gave that was begun at that time of the clock."""

    def __init__(self, app: Instance, prepared: Prepared, struck: list, up, since_ms: float):
        self._app, self._prepared, self._struck = app, prepared, struck
        self._up, self._since_ms = up, since_ms
        self._said = f"{up.stdout}{up.stderr}"

    def verdicts(self) -> dict:
        """service -> Verdict, of each that was damaged."""
        names = [one.case.service for one in self._struck]
        try:
            demand(self._app.cli("status").returncode == 0, f"up ended everything: status {self._up.returncode}, {self._end()}")
            serving = {name: self._serves(name) for name in names}
        except UNANSWERED as failed:
            return {name: verdict_of(failed) for name in names}
        found = {one.case.service: self._verdict(one, serving) for one in self._struck}
        try:
            self._check_together(serving, found)
        except UNANSWERED as failed:
            found = {name: verdict_of(failed) if verdict.word in (KEPT, DOWN) else verdict
                     for name, verdict in found.items()}
        return found

    def _end(self) -> str:
        return (self._said.strip().splitlines() or ["it said nothing"])[-1][:300]

    def _serves(self, service: str) -> bool:
        """Whether it gives any answer but that it cannot."""
        command = self._prepared.truths[service].commands[0]
        return self._app.post(command.body, key=unique("asked"), path=command.path).status_code != 503

    def _verdict(self, struck: Struck, serving: dict) -> Verdict:
        service = struck.case.service
        try:
            if serving[service]:
                self._check_nothing_lost(service)
                self._check_in_sync(service)
                self._check_told(struck)
                return Verdict(KEPT)
            demand(not struck.whole, f"down though a whole node was left: up says {self._advice(service) or self._end()}")
            self._check_down(service)
            return Verdict(DOWN)
        except UNANSWERED as failed:
            return verdict_of(failed)

    def _answer(self, command, key: str = None):
        """To that command; a 503 is no answer yet."""
        def answered():
            answer = self._app.post(command.body, key=key, path=command.path)
            return [answer] if answer.status_code != 503 else None  # an answer that refuses counts as false by itself
        return until(f"{command.path} {command.body} is answered", answered)[0]

    # --- a service that serves ---

    def _check_nothing_lost(self, service: str):
        truth = self._prepared.truths[service]
        lost = [command for command in truth.commands if not self._is_replayed(command)]
        if service == "users":
            lost += [command for command in truth.commands if self._answer(command).status_code != 409]
        if lost:
            raise Failed(LOST, f"{len(lost)} answers of {len(truth.commands)} acknowledged commands are others; "
                               f"the first: {lost[0].body} {lost[0].answer}")
        self._check_new_command(service)

    def _is_replayed(self, command) -> bool:
        answer = self._answer(command, command.key)
        same = answer.status_code == 200 and answer.json() == command.answer
        return same and answer.headers.get("Idempotency-Replayed") == "true" and self._is_shown(command)

    def _is_shown(self, command) -> bool:
        """Of an order: with the content that it was placed with."""
        if command.service != "orders":
            return True

        def view():
            answer = self._app.get(f"/api-queries/orders/{command.answer['id']}")
            return answer.json() if answer.status_code == 200 else None

        shown = until(f"order {command.answer['id']} is shown", view)
        return (shown["user_id"], shown["product_id"], shown["quantity"]) == (
            command.body["user"], command.body["product"], command.body["quantity"])

    def _check_new_command(self, service: str):
        """It is taken, and is no one's number of before."""
        commands = self._prepared.truths[service].commands
        new = commands[0]._replace(body={"username": unique("newcomer")}) if service == "users" else commands[0]
        answer = self._answer(new)
        demand(answer.status_code == 200, f"a new command: {answer.status_code} {answer.text[:200]}")
        demand(answer.json()["id"] not in [command.answer["id"] for command in commands], f"a number again: {answer.text}")

    def _check_in_sync(self, service: str):
        """By the monitor, and by the files: equal, and with every entry that was there at the acknowledged end."""
        def in_sync():
            view = monitor_view(self._app)[service]
            return set(view["in_sync"]) == set(NODES) and all(node["alive"] for node in view["nodes"])

        until(f"both nodes of {service} are in sync", in_sync, IN_SYNC_WITHIN_S, every_s=0.1)
        check_journals_equal(self._app, service)
        for name in nodes_of(service):
            missing = self._prepared.truths[service].missing(live_entries(self._app.data / name))
            if missing:
                raise Failed(LOST, f"{name} has not, or has otherwise, {missing} entries of before")

    def _check_told(self, struck: Struck):
        """Of each node that was harmed: that it was, in status or events; and what was left of its journal is kept."""
        for node, harm in struck.harmed.items():
            name = f"{struck.case.service}-commands-{node}"
            told = [line for line in self._told() if mentions(line, struck.case.service, node)]
            demand(told, f"neither status nor events tell that {name} was harmed: {harm}")
            demand(not struck.what[node].startswith(THROWN_AWAY) or remains(self._app, name),
                   f"nothing is kept of what {name} had: {struck.what[node]}")

    def _told(self) -> list:
        """Lines of `up`, of status, and of what was decided since."""
        decided = [json.loads(line) for line in self._app.cli("events", "--json", "--last", "200").stdout.splitlines()]
        return (self._said + self._app.cli("status").stdout).splitlines() + [
            f"{one['service']} {one['what']}: {one['cause']}" for one in decided if one["time_ms"] >= self._since_ms]

    # --- a service that is down ---

    def _check_down(self, service: str):
        answer = self._app.post(self._prepared.truths[service].commands[0].body, key=unique("asked"),
                                path=self._prepared.truths[service].commands[0].path)
        demand(answer.status_code == 503 and answer.headers.get("Retry-After"), f"down, and answers {answer.status_code}")
        demand(self._up.returncode == PARTLY_SERVED, f"{service} is down, and up gave {self._up.returncode}")
        demand(self._advice(service), f"up says of {service} no command that would accept the loss: {self._said[-400:]}")

    def _advice(self, service: str) -> str:
        """The sentence of `up` about it that says what to type: to go on with a node, or where none can be used, to restore."""
        found = re.search(rf"^.*\b{service}\b.*sportapp (promote {service} [{''.join(NODES)}] --force|restore\b).*$",
                          self._said, re.MULTILINE)
        return found.group() if found else ""

    def _follow_advice(self, service: str):
        """What `up` said to type brings the service back, with both nodes in sync. A backup there is none."""
        words = re.search(rf"promote {service} ([{''.join(NODES)}]) --force", self._advice(service))
        if not words:
            return
        done = self._app.cli("promote", service, words.group(1), "--force", within_s=90)
        demand(done.returncode == 0, f"the advice failed: {done.returncode} {done.stdout}{done.stderr}")
        until(f"{service} serves again", lambda: self._serves(service), 30)
        until(f"both nodes of {service} are in sync", lambda: set(monitor_view(self._app)[service]["in_sync"]) == set(NODES),
              IN_SYNC_WITHIN_S)

    # --- all together ---

    def _check_together(self, serving: dict, found: dict):
        product = {"name": unique("product"), "description": "", "value": 1, "stock": 1}
        answer = self._app.post(product, path=PRODUCTS)
        demand(answer.status_code == 200, f"products, which nothing happened to: {answer.status_code} {answer.text[:200]}")
        if all(serving.values()):
            demand(self._up.returncode == 0, f"everything serves, and up gave {self._up.returncode}: {self._said[-300:]}")
            if all(verdict.word == KEPT for verdict in found.values()):
                self._check_verified()
            return
        held = all(one.held for one in self._struck)
        clean = CLEAN_VERDICT.search(self._app.cli("verify").stdout)
        demand(held or not clean, "entries are gone, and verify says that all is equal")
        for service, serves in serving.items():
            if not serves and found[service].word == DOWN:
                self._follow_advice(service)

    def _check_verified(self):
        def verified():
            done = self._app.cli("verify")
            last[0] = done.stdout
            return done.returncode == 0 and CLEAN_VERDICT.search(done.stdout)

        last, deadline = [""], time.monotonic() + 30
        while not verified():  # the read models may still be taking in the new commands
            demand(time.monotonic() < deadline, "verify: " + " | ".join(
                line for line in last[0].splitlines() if not line.startswith("equal"))[:600])


def mentions(line: str, service: str, node: str) -> bool:
    """Whether it says that something is wrong with the files of that node. The node's name may look like an article."""
    as_name = rf"{node}(?=[:,;.)]| \(|$| (?:is|has|was|lost|lacks|holds|does|cannot)\b)"
    named = re.search(rf"\b{service}-commands-{node}\b|\b{service}\b.*\b{as_name}", line)
    return bool(named and TROUBLE.search(line))


def remains(app: Instance, name: str) -> list:
    """Files beside, or in, the node's folder that hold what it had."""
    return [file for file in app.data.glob(f"{name}*/**/*") if REMAINS.search(str(file.relative_to(app.data)))]
