"""Settings come from the environment, then from the file, then by default; the secret key makes itself."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from corridor.base.errors import SetupError
from corridor.base.settings import Settings, load_settings


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No settings from outside."""
    for name in list(os.environ):
        if name.startswith("CORRIDOR_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def write(text: str) -> Path:
    path = Path("corridor.toml")
    path.write_text(text, encoding="utf-8")
    return path


def test_without_anything_the_defaults_count() -> None:
    settings = load_settings()
    assert (settings.port, settings.data_dir, settings.database_url) == (8000, Path("corridor-data"), "")


def test_the_file_goes_before_the_defaults() -> None:
    write('port = 9000\ndata_dir = "elsewhere"\n')
    settings = load_settings()
    assert (settings.port, settings.data_dir, settings.host) == (9000, Path("elsewhere"), "127.0.0.1")


def test_the_environment_goes_before_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    write('port = 9000\nhost = "0.0.0.0"\n')
    monkeypatch.setenv("CORRIDOR_PORT", "9100")
    settings = load_settings()
    assert (settings.port, settings.host) == (9100, "0.0.0.0")  # noqa: S104 - a value like any other


def test_what_the_command_line_says_goes_before_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORRIDOR_DATA_DIR", "from-the-environment")
    assert load_settings(data_dir=Path("given")).data_dir == Path("given")
    assert load_settings(data_dir=None).data_dir == Path("from-the-environment")


def test_the_environment_may_name_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text("port = 9200")
    monkeypatch.setenv("CORRIDOR_SETTINGS", str(other))
    assert load_settings().port == 9200
    monkeypatch.setenv("CORRIDOR_SETTINGS", str(tmp_path / "missing.toml"))
    with pytest.raises(SetupError, match=r"missing\.toml cannot be read"):
        load_settings()


@pytest.mark.parametrize(("value", "meant"), [("true", True), ("1", True), ("false", False), ("0", False)])
def test_yes_and_no_in_the_environment(monkeypatch: pytest.MonkeyPatch, value: str, meant: bool) -> None:
    monkeypatch.setenv("CORRIDOR_SECURE_COOKIES", value)
    assert load_settings().secure_cookies is meant


def test_a_tilde_is_the_home_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORRIDOR_DATA_DIR", "~/corridor")
    assert load_settings().data_dir == Path.home() / "corridor"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('port = "many"', r"Expected `int`, got `str` - at `\$\.port`"),
        ("port = 70000", "The setting port is 70000; it must lie between 0 and 65535"),
        ('time_zone = "Mars/Base"', "The setting time_zone is 'Mars/Base', which is no IANA time zone"),
        ('time_zone = "America"', "The setting time_zone is 'America'"),
        ('log_format = "loud"', "The setting log_format is 'loud'; it is console or json"),
        ("prot = 9000", "unknown field `prot`"),
        ("data_dir = 5", r"\$\.data_dir"),
        ("port 9000", r"The settings in corridor\.toml cannot be read"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(text: str, said: str) -> None:
    write(text)
    with pytest.raises(SetupError, match=said):
        load_settings()


def test_a_file_that_is_no_text_says_so() -> None:
    Path("corridor.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(SetupError, match="cannot be read"):
        load_settings()


def test_a_wrong_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORRIDOR_PORT", "high")
    with pytest.raises(SetupError, match="port"):
        load_settings()


def test_the_secret_key_is_made_once_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    key = settings.key()
    assert len(key) >= 32
    assert Settings(data_dir=tmp_path / "data").key() == key
    path = tmp_path / "data" / "secret.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["secret.key"]


def test_a_secret_key_that_is_given_is_not_written_down(tmp_path: Path) -> None:
    assert Settings(data_dir=tmp_path, secret_key="given").key() == b"given"
    assert not list(tmp_path.iterdir())


def test_two_installations_have_two_keys(tmp_path: Path) -> None:
    assert Settings(data_dir=tmp_path / "a").key() != Settings(data_dir=tmp_path / "b").key()


def test_processes_that_need_the_key_at_the_same_time_get_the_same_one(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from corridor.base.settings import Settings; "
        "settings = Settings(data_dir=Path(sys.argv[1])); sys.stdin.readline(); print(settings.key().decode())"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(tmp_path / "data")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(8)
    ]
    for process in processes:
        assert process.stdin
        process.stdin.write("now\n")
        process.stdin.flush()
    keys = {process.communicate()[0] for process in processes}
    assert len(keys) == 1
    assert {process.returncode for process in processes} == {0}
    assert stat.S_IMODE((tmp_path / "data" / "secret.key").stat().st_mode) == 0o600


def test_what_a_crash_left_of_an_unfinished_key_is_in_nobodys_way(tmp_path: Path) -> None:
    (tmp_path / f"secret.key.{os.getpid()}").touch()
    assert Settings(data_dir=tmp_path).key()


def test_an_empty_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret.key").touch()
    with pytest.raises(SetupError, match="is empty"):
        Settings(data_dir=tmp_path).key()


@pytest.mark.parametrize("url", ["https://passes.school.example", "http://127.0.0.1:8000", "https://[::1]:8000"])
def test_the_public_address_is_a_site(url: str) -> None:
    assert load_settings(public_url=url).public_url == url


@pytest.mark.parametrize(
    "url", ["passes.school.example", "https://passes.school.example/", "https://a b", "ftp://x.org"]
)
def test_a_public_address_with_more_or_less_than_a_site_is_refused(url: str) -> None:
    with pytest.raises(SetupError, match="public_url"):
        load_settings(public_url=url)
