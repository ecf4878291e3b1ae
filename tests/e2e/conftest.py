"""Instances for the tests, always stopped and checked; and every recorded answer held against the contract."""
import pytest

import openapi
from elsewhere import elsewhere, not_here
from recording import RECORDING
from sportapp import Instance, running


@pytest.fixture(scope="session")
def app(tmp_path_factory):
    """One instance for all tests that only use it: none may kill or stop a process of it."""
    if instance := elsewhere():
        yield instance
        return
    with running(tmp_path_factory.mktemp("app") / "data") as instance:
        yield instance


@pytest.fixture
def new_instance(tmp_path):
    """Makes instances for tests that break things: up unless start=False, with settings as sportapp.toml."""
    if elsewhere():
        not_here()
    made = []

    def make(*up_arguments, start=True, port=0, settings=""):
        instance = Instance(tmp_path / f"data-{len(made) + 1}", port, settings)
        made.append(instance)
        if start:
            instance.up(*up_arguments)
        return instance

    yield make
    failures = []
    for instance in made:
        try:
            instance.finish()
        except AssertionError as failed:
            failures.append(str(failed))
    assert not failures, "\n".join(failures)


@pytest.fixture
def own_app(new_instance):
    """An instance of the test's own, to be broken."""
    return new_instance()


@pytest.fixture(autouse=True)
def answers_are_in_the_contract():
    """A test that saw an answer which docs/openapi.yaml does not know fails, whatever else it found."""
    yield
    document = openapi.Document.load()
    wrong = [complaint for seen in RECORDING.take_fresh() for complaint in document.complaints(seen)]
    assert not wrong, "answers that docs/openapi.yaml does not allow:\n" + "\n".join(wrong)


def pytest_collection_modifyitems(items):
    """The contract as a whole is judged last, when most of it was seen."""
    items.sort(key=lambda item: item.path.name == "test_openapi.py")


def pytest_make_parametrize_id(val):
    """Long inputs would make long names."""
    text = repr(val)
    return None if len(text) <= 40 else f"{text[:30]}...{len(text)}"
