"""Thousands of listeners of one school's stream while commands come in."""

import msgspec

from bench import client
from bench.figures import percentile
from bench.installation import Server
from bench.jobs import ListenJob, PaceJob, Target
from bench.processes import all_cpu_seconds, resident_mib
from bench.report import Aim, Table

COMMANDS_PER_SECOND = 20
_COLUMNS = (
    "listeners",
    "commands/s",
    "events",
    "receipts",
    "missed",
    "p50 ms",
    "p99 ms",
    "p50 ms from sending",
    "p99 ms from sending",
    "server cores",
)
_ABOUT = (
    "Listeners of GET /schools/{id}/stream over a connection each, while passes are issued and returned at an even pace. "
    "The delay runs from the moment the command's answer arrived, so from the commit, to each listener's receipt of the "
    "event (a receipt before the answer counts as nothing); and, stricter, from the moment the command was sent."
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
        used = all_cpu_seconds({"server": server.pid})["server"] - before
        memory = resident_mib(server.pid)
        heard = audience.leave()
    arrivals = {(event.pass_id, event.kind): event.at for event in heard.events}
    after_answer, after_sending = [], []
    for command in sent:
        for at in arrivals.get((command.pass_id, command.kind), ()):
            after_answer.append(1000 * max(0.0, at - command.answered))
            after_sending.append(1000 * (at - command.sent))
    after_answer.sort()
    after_sending.sort()
    lasted = max(command.answered for command in sent) - min(command.sent for command in sent)
    p99 = percentile(after_answer, 99)
    row = [
        listeners,
        len(sent) / lasted,
        len(sent),
        len(after_answer),
        listeners * len(sent) - len(after_answer) + heard.reloads,
        percentile(after_answer, 50),
        p99,
        percentile(after_sending, 50),
        percentile(after_sending, 99),
        used / lasted,
    ]
    aim = Aim(f"milliseconds from commit to listener, p99 of {listeners:,} listeners", 250, p99, most=True)
    return Heard(Table("Live events", _ABOUT, _COLUMNS, [row]), aim, memory)
