"""Thousands of listeners of one school's stream while commands come in."""

import time

import msgspec

from bench import client
from bench.figures import percentile
from bench.installation import Server
from bench.jobs import ListenJob, PaceJob, Target
from bench.processes import all_cpu_seconds, resident_mib
from bench.report import Aim, Table

COMMANDS_PER_SECOND = 20
_LAST_SECONDS = 2.0
_COLUMNS = (
    "listeners",
    "commands/s",
    "events",
    "receipts",
    "missed",
    "p50 ms",
    "p99 ms",
    "from sending p50",
    "p99",
    "answers p50",
    "p99",
    "server cores",
)
_ABOUT = (
    "Listeners of GET /schools/{id}/stream over a connection each, while passes are issued and returned at an even pace. "
    "The delay runs from the instant at which the event was recorded, which the ledger notes just before it commits, to each "
    "listener's receipt of it; and, stricter, from the moment the command was sent. Answers: how long the commands took."
)


class Heard(msgspec.Struct, frozen=True):
    table: Table
    aim: Aim
    server_mib: float


def measure(server: Server, target: Target, *, listeners: int, seconds: float) -> Heard:
    with client.audience(ListenJob(port=server.port, target=target, listeners=listeners)) as audience:
        before = all_cpu_seconds({"server": server.pid})["server"]
        sent = client.pace(
            PaceJob(port=server.port, target=target, per_second=COMMANDS_PER_SECOND, seconds=seconds)
        ).commands
        time.sleep(_LAST_SECONDS)
        used = all_cpu_seconds({"server": server.pid})["server"] - before
        memory = resident_mib(server.pid)
        heard = audience.leave()
    events = {(event.pass_id, event.kind): event for event in heard.events}
    delays, from_sending = [], []
    for command in sent:
        event = events[command.pass_id, command.kind]
        delays += [1000 * (at - event.recorded) for at in event.at]
        from_sending += [1000 * (at - command.sent) for at in event.at]
    answers = [1000 * (command.answered - command.sent) for command in sent]
    lasted = max(command.answered for command in sent) - min(command.sent for command in sent)
    missed = listeners * len(sent) - len(delays) + heard.reloads
    measured = [_both(values) for values in (delays, from_sending, answers)]
    row = [listeners, len(sent) / lasted, len(sent), len(delays), missed]
    row += [figure for pair in measured for figure in pair] + [used / lasted]
    p99 = measured[0][1]
    aim = Aim(f"milliseconds from commit to listener, p99 of {listeners:,} listeners", 250, p99, most=True)
    return Heard(Table("Live events", _ABOUT, _COLUMNS, [row]), aim, memory)


def _both(values: list[float]) -> tuple[float, float]:
    values.sort()
    return percentile(values, 50), percentile(values, 99)
