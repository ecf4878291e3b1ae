"""A commands process without a spare dies by kill -9 again and again, while clients go on until they are answered."""
from evidence import check_everything, restart_after_kill, wait_for_more
from load import Load
from sportapp import ALONE


def test_no_acknowledged_registration_is_lost_or_doubled_by_crashes(new_instance, seed, chance, long_mode):
    app = new_instance(settings=ALONE)
    app.up()
    kills = 25 if long_mode else 4
    with Load(app, seed, clients=8) as load:
        for _ in range(kills):
            wait_for_more(load, chance.randint(20, 400))
            took_s = restart_after_kill(app, "users-commands-a")
            print(f"killed at {load.count} acknowledged, healthy again after {took_s:.2f} s")
        wait_for_more(load, 50)
    assert not load.unsettled(), f"never answered: {load.unsettled()}"
    assert load.refused, "no client noticed any of the crashes: they were no test"
    found = check_everything(app, load)
    print(f"{len(found)} entries, {load.count} acknowledged, tried again: {dict(load.refused)}, "
          f"slowest {load.slowest_s:.1f} s")


def test_a_queries_process_that_dies_is_not_noticed_by_readers(app, seed, chance, long_mode):
    """Each read is answered by the other process, and the one that comes back has missed nothing."""
    with Load(app, seed, clients=3) as load:
        wait_for_more(load, 1)
        app.wait_for_position(1)
        for number in range(8 if long_mode else 2):
            wait_for_more(load, 50)
            name = f"users-queries-{1 + number % 2}"
            pid = app.kill(name)
            for _ in range(200):
                answer = app.get("/api-queries/users/1")
                assert answer.status_code == 200, f"{name} dead: {answer.status_code} {answer.text}"
            app.wait_restarted(name, pid)
    check_everything(app, load)
