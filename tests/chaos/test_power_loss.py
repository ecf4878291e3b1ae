"""The power goes under load: what was not synced is gone. Nothing that was acknowledged may be among it."""
import time

import processes
from disks import run
from evidence import check_everything, check_journal, wait_for_more
from load import Load


def test_nothing_acknowledged_is_lost_when_the_power_goes(disks, new_instance, tmp_path, seed, chance, long_mode):
    image = disks.image("512M", "mkfs.xfs", "-q")
    disk = tmp_path / "disk"
    disks.loop(image, disk)
    app = new_instance(disk / "data")
    loads = []
    for number in range(8 if long_mode else 2):
        app.up()
        for load in loads[-1:]:
            check_journal(app, *loads)
            load.settle(app)
        load = Load(app, seed + number, clients=6, settle_s=0, prefix=f"round{number}")
        loads.append(load)
        with load:
            wait_for_more(load, 50)
            time.sleep(chance.uniform(0.5, 3.0))
            family = processes.family(app.supervisor_pid())
            run("xfs_io", "-x", "-c", "shutdown", disk)  # no flush of the log
            load.abandon()
            processes.kill(family)
        print(f"round {number}: power lost at {load.count} acknowledged, {len(load.unsettled())} under way")
        disks.unmount(disk)
        disks.loop(image, disk)
    app.up()
    check_journal(app, *loads)
    loads[-1].settle(app)
    check_everything(app, *loads)
