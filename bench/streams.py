"""Thousands of listeners of one school's stream while commands come in."""

import time

import msgspec

from bench import client
from bench.figures import percentile
from bench.installation import Server
from bench.load.jobs import ListenJob, PaceJob, Target
from bench.processes import all_cpu_seconds, resident_mib
from bench.report import Aim, Cell, Table

COMMANDS_PER_SECOND = 20
_LAST_SECONDS = 2.0
_ABOUT = (
    "Listeners of GET /schools/{id}/stream, over a connection each, while passes are issued and returned at an even "
    "pace. From the record: from the instant at which the event was recorded, which the ledger notes just before it "
    "commits, to each listener's receipt of it. From sending: from the moment the command was sent. Answers: how "
    "long the commands took."
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
        time.sleep(_LAST_SECONDS)
        memory = resident_mib(server.pid)
        heard = audience.leave()
    events = {(event.pass_id, event.kind): event for event in heard.events}
    from_record, from_sending = [], []
    for command in sent:
        event = events[command.pass_id, command.kind]
        from_record += [1000 * (at - event.recorded) for at in event.at]
        from_sending += [1000 * (at - command.sent) for at in event.at]
    answers = [1000 * (command.answered - command.sent) for command in sent]
    lasted = max(command.answered for command in sent) - min(command.sent for command in sent)
    missed = listeners * len(sent) - len(from_record) + heard.reloads
    rows: list[list[Cell]] = [
        ["listeners", listeners],
        ["commands a second", len(sent) / lasted],
        ["events", len(sent)],
        ["receipts", len(from_record)],
        ["receipts missed", missed],
        ["server cores", used / lasted],
    ]
    for name, values in (("from the record", from_record), ("from sending", from_sending), ("answers", answers)):
        values.sort()
        rows += [[f"{name}, p{percent}, ms", percentile(values, percent)] for percent in (50, 99)]
    p99 = percentile(from_record, 99)
    aim = Aim(f"ms from the record to the listener, p99 of {listeners:,} listeners", 250.0, p99, most=True)
    return Heard(Table("Live events", _ABOUT, ("", "measured"), rows), aim, memory)
