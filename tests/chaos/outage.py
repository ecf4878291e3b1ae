"""What clients felt of each fault, and which of their commands failed by it."""
import bisect
import collections

from faults import HELD_FOR_S, Fault
from steady_load import SteadyLoad, quantile

# Where nobody is left who could take a command, an honest 503 is what there is to say.
MAY_REFUSE = ("both",)
MAY_REFUSE_PAST_THE_HOLD = ("hang", "freeze", "monitor")
WATCHED_S = 30.0  # after a fault


def outages_ms(load: SteadyLoad, faults: list) -> dict:
    """kind -> of each fault, in milliseconds: until a command sent after it was acknowledged, and the longest time without
    any acknowledgement between it and the next fault. Answers that were on their way already count in neither.
    """
    times = load.acknowledged_times()
    by_sent = sorted((command for command in load.commands if command.outcome == "200"), key=lambda one: one.sent)
    sent_times = [command.sent for command in by_sent]
    found = collections.defaultdict(list)
    for number, fault in enumerate(faults):
        end = faults[number + 1].at if number + 1 < len(faults) else fault.at + WATCHED_S
        later = by_sent[bisect.bisect_right(sent_times, fault.at):bisect.bisect_right(sent_times, fault.at + WATCHED_S)]
        after = times[bisect.bisect_right(times, fault.at):bisect.bisect_right(times, min(end, fault.at + WATCHED_S))]
        if later and after:
            silence = max(moment - before for before, moment in zip([fault.at, *after], after))
            found[fault.kind].append((1000 * (min(command.answered for command in later) - fault.at), 1000 * silence))
    return found


def report(load: SteadyLoad, faults: list) -> str:
    """A line a kind: what the issue asks to be shown."""
    lines = [f"{load.count} acknowledged of {len(load.commands)}; outcomes {load.outcomes()}",
             "kind         faults    until one sent after it is         the longest time without any      (ms)",
             "                       acknowledged                       acknowledgement",
             "                        median      p95     worst      median      p95     worst"]
    for kind, pairs in sorted(outages_ms(load, faults).items()):
        columns = "".join(f"{quantile(values, 0.5):12.0f} {quantile(values, 0.95):8.0f} {max(values):9.0f}"
                          for values in zip(*pairs))
        lines.append(f"{kind:11} {len(pairs):7}  {columns}")
    return "\n".join(lines)


def struck_by(faults: list, moment: float):
    """The last fault before that moment; None: there was none yet."""
    index = bisect.bisect_right([fault.at for fault in faults], moment)
    return faults[index - 1] if index else None


def is_allowed(command, fault: Fault) -> bool:
    """Whether a client may be told that, after that fault."""
    if command.outcome != "503" or not command.retry_after.isdigit() or fault is None:
        return False
    return fault.kind in MAY_REFUSE or (
        fault.kind in MAY_REFUSE_PAST_THE_HOLD and command.took_s >= 0.9 * HELD_FOR_S)


def check_none_failed(load: SteadyLoad, faults: list):
    """No command failed but by a 503 that is allowed; says which did, and after what."""
    failed, refused = [], collections.Counter()
    for command in load.others():
        fault = struck_by(faults, command.answered)
        if is_allowed(command, fault):
            refused[fault.kind] += 1
            continue
        since = f"{command.answered - fault.at:.3f} s after {fault.kind} ({fault.what})" if fault else "before any fault"
        failed.append(f"{command.key}: {command.outcome} after {command.took_s:.3f} s, {since}; {command.answer[:200]}")
    print(f"answered 503 with Retry-After, as allowed: {dict(refused) or 'none'}")
    assert not failed, f"{len(failed)} commands of {len(load.commands)} failed:\n" + "\n".join(failed[:30])
