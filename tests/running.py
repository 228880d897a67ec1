"""The product as its users run it: the command line, and the server as a process of its own."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CORRIDOR = Path(sys.executable).with_name("corridor")
_STOP_SECONDS = 20


class Installation:
    """An installation in a folder, on the embedded database or on `database_url`."""

    def __init__(self, data_dir: Path, database_url: str = "") -> None:
        self.data_dir = data_dir
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CORRIDOR_")}
        self.environment = kept | {
            "CORRIDOR_DATA_DIR": str(data_dir),
            "CORRIDOR_DATABASE_URL": database_url,
            "CORRIDOR_TIME_ZONE": "America/New_York",
            "COLUMNS": "200",
        }

    def try_run(self, *arguments: str, stdin: str = "") -> "subprocess.CompletedProcess[str]":
        """Run `corridor` and give back how it ended."""
        return subprocess.run(
            [CORRIDOR, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            env=self.environment,
            cwd=self.data_dir.parent,
        )

    def run(self, *arguments: str, stdin: str = "") -> str:
        """Run `corridor`, which must succeed, and give back its standard output."""
        done = self.try_run(*arguments, stdin=stdin)
        assert done.returncode == 0, f"corridor {' '.join(arguments)}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def start(self) -> "subprocess.Popen[str]":
        """`corridor serve` on a free port; its first line of output says where."""
        return subprocess.Popen(
            [CORRIDOR, "serve", "--port", "0"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self.environment | {"PYTHONUNBUFFERED": "1"},
            cwd=self.data_dir.parent,
        )

    @contextmanager
    def serving(self) -> Iterator[str]:
        """`corridor serve` on a free port, for the block; gives its address."""
        process = self.start()
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            found = re.search(r"http://\S+", line)
            if not found:
                process.kill()
                raise AssertionError(f"The server did not start: {line}{process.communicate()[1]}")
            yield found.group()
        finally:
            process.terminate()
            process.communicate(timeout=_STOP_SECONDS)
