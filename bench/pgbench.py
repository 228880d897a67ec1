"""The same rows, one transaction for each command: what PostgreSQL's own pgbench makes of it.

Nothing is decided, hashed or authorised there, and nothing travels but SQL over a local socket. `one_pass.sql` says
what a transaction is.
"""

import re
import subprocess
from pathlib import Path

import msgspec
from psycopg.conninfo import conninfo_to_dict

from corridor.base.database import Database
from corridor.base.ids import UUID
from corridor.base.postgres import as_server_user, programs
from corridor.ledger.store import ensure_heads

COMMANDS_A_PASS = 2
_SCRIPT = Path(__file__).with_name("one_pass.sql")
_THREADS = 2


class Rate(msgspec.Struct, frozen=True):
    """Transactions a second, one for each command, and how long one takes on average, in milliseconds."""

    per_second: float
    mean: float


async def add_heads(database: Database, schools: int) -> None:
    """Heads of schools that no server knows of, for pgbench to work on."""
    async with database.session() as session:
        await ensure_heads(session, [UUID(f"0be0c400-0000-7000-8000-{number:012}") for number in range(1, schools + 1)])


def run(url: str, *, schools: int, clients: int, seconds: float, pipelined: bool) -> Rate:
    """`pipelined`: what follows the lock is sent in one go, as the ledger sends it; otherwise statement by statement,
    as most applications do."""
    server = conninfo_to_dict(url)
    command = [
        str(programs() / "pgbench"),
        "--no-vacuum",
        "--protocol=prepared",
        f"--client={clients}",
        f"--jobs={min(_THREADS, clients)}",
        f"--time={max(1, round(seconds))}",
        f"--define=schools={schools}",
        "--file=-",
        f"--username={server['user']}",
        f"--host={server['host']}",
        str(server["dbname"]),
    ]
    done = subprocess.run(
        command, check=False, input=script(pipelined=pipelined), capture_output=True, text=True, **as_server_user()
    )
    said = done.stdout + done.stderr
    if done.returncode or "number of failed transactions: 0 " not in said:
        raise RuntimeError(f"pgbench failed: {said}")
    passes, latency = _number(r"tps = ([\d.]+)", said), _number(r"latency average = ([\d.]+)", said)
    return Rate(COMMANDS_A_PASS * passes, latency / COMMANDS_A_PASS)


def script(*, pipelined: bool) -> str:
    text = _SCRIPT.read_text()
    return text if pipelined else re.sub(r"^\\(start|end)pipeline\n", "", text, flags=re.MULTILINE)


def _number(pattern: str, said: str) -> float:
    found = re.search(pattern, said)
    if found is None:
        raise RuntimeError(f"pgbench said something unexpected: {said}")
    return float(found[1])
