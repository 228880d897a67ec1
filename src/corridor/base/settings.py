"""Settings: the environment first, then `corridor.toml`, then defaults.

Every setting `name` is the variable `CORRIDOR_NAME` in the environment and the key `name` in the file.
"""

import contextlib
import os
import re
import secrets
import tempfile
import tomllib
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from corridor.base.errors import SetupError

PREFIX = "CORRIDOR_"
_PUBLIC_URL = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?|https?://\[[0-9a-fA-F:]+\](:[0-9]{1,5})?")


def _machine_time_zone() -> str:
    """The IANA name of this machine's zone, where it can be told, else UTC."""
    link = Path("/etc/localtime")
    name = os.environ.get("TZ") or (str(link.resolve()).partition("zoneinfo/")[2] if link.exists() else "")
    return name if name and "/" in name else "UTC"


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an installation decides about itself.

    `data_dir`: folder for the embedded database, the secret key and the logs.
    `database_url`: a PostgreSQL 15+ of your own; empty means the embedded one.
    `secret_key`: signs cookies and forms; empty means the file `secret.key` in the data folder.
    `previous_secret_key`: opens stored secrets until `corridor secrets rotate` has sealed them under the new key.
    `time_zone`: IANA name, the zone that newly imported schools start with.
    `smtp_host`, `smtp_port`, `smtp_user`, `smtp_password`: the server that takes mail; `smtp_tls` is starttls, tls or
    none. `mail_from`: the sender, such as Corridor <corridor@district.example>.
    `demo`: a made-up district with known passwords; refuses to listen beyond loopback.
    `public_url`: where people reach this installation, such as https://passes.school.example; empty means the address
    that the browser asked for.
    `allow_loopback`: addresses that administrators enter may be of this very machine, and http: for development.
    """

    data_dir: Path = Path("corridor-data")
    database_url: str = ""
    secret_key: str = ""
    previous_secret_key: str = ""
    time_zone: str = msgspec.field(default_factory=_machine_time_zone)
    host: str = "127.0.0.1"
    port: int = 8000
    secure_cookies: bool = True
    smtp_host: str = ""
    smtp_port: int = 587
    smtp_user: str = ""
    smtp_password: str = ""
    smtp_tls: str = "starttls"
    mail_from: str = ""
    demo: bool = False
    log_format: str = "console"
    max_upload_mb: int = 256
    public_url: str = ""
    allow_loopback: bool = False

    def __post_init__(self) -> None:
        try:
            ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise SetupError(
                f"The setting time_zone is '{self.time_zone}', which is no IANA time zone. "
                "Write for example America/Chicago."
            ) from None
        if not 0 <= self.port <= 65535:
            raise SetupError(f"The setting port is {self.port}; it must lie between 0 and 65535.")
        if self.public_url and not _PUBLIC_URL.fullmatch(self.public_url):
            raise SetupError(
                f"The setting public_url is '{self.public_url}'. Write the address without a path, for example "
                "https://passes.school.example."
            )
        self._check_mail()
        if self.log_format not in ("console", "json"):
            raise SetupError(f"The setting log_format is '{self.log_format}'; it is console or json.")

    def _check_mail(self) -> None:
        if self.smtp_tls not in ("starttls", "tls", "none"):
            raise SetupError(f"The setting smtp_tls is '{self.smtp_tls}'; it is starttls, tls or none.")
        for name in ("mail_from", "public_url") if self.smtp_host else ():
            if not getattr(self, name):
                raise SetupError(f"With smtp_host, mail is sent: then the setting {name} is needed, too.")

    @property
    def sends_mail(self) -> bool:
        return bool(self.smtp_host)

    @property
    def postgres_dir(self) -> Path:
        return self.data_dir / "postgres"

    def key(self) -> bytes:
        """The secret key, made on first use and kept readable by its owner alone."""
        if self.secret_key:
            return self.secret_key.encode()
        path = self.data_dir / "secret.key"
        if not path.exists():
            self._make_key(path)
        key = path.read_bytes()
        if not key:
            raise SetupError(
                f"The secret key in {path} is empty. Put it back from a copy, or remove the file for a new one."
            )
        return key

    def _make_key(self, path: Path) -> None:
        """Complete from the first moment at which it is there, and the same for all who make one at once."""
        self.data_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=self.data_dir, prefix="secret.key.") as draft:
            draft.write(secrets.token_urlsafe(48).encode())
            draft.flush()
            os.fsync(draft.fileno())
            with contextlib.suppress(FileExistsError):
                os.link(draft.name, path)


def load_settings(file: Path | None = None, **overrides: Any) -> Settings:
    """Read the settings; `overrides` win over the environment, which wins over the file.

    The file is `file`, else the one that CORRIDOR_SETTINGS names, else `corridor.toml` here if there is one.
    Raises `SetupError` naming the setting that cannot be read.
    """
    named = file or os.environ.get(f"{PREFIX}SETTINGS")
    file = Path(named or "corridor.toml")
    values: dict[str, Any] = {}
    if named or file.exists():
        try:
            values.update(tomllib.loads(file.read_text(encoding="utf-8")))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
            raise SetupError(f"The settings in {file} cannot be read: {error}.") from error
    names = {field.name for field in msgspec.structs.fields(Settings)}
    for name in names:
        if (value := os.environ.get(PREFIX + name.upper())) is not None:
            values[name] = value
    values.update({name: value for name, value in overrides.items() if value is not None})
    try:
        return msgspec.convert(values, Settings, strict=False, dec_hook=lambda kind, value: kind(value).expanduser())
    except msgspec.ValidationError as error:
        raise SetupError(f"A setting cannot be used: {error}.") from error
