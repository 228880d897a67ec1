"""A school server in a few lines, for the simulation to talk to: two rules, passes in memory, and trouble on demand."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import httpx
import msgspec

STAFF = "staff-token"
SCHOOL = "school-1"


class Trouble(Exception):
    """The connection breaks before an answer."""


class FakeServer:
    """`trouble` may answer a request in the server's place or raise `Trouble`; None lets it through.

    `worked` are the POSTs that took effect, by path; `keys` are all Idempotency-Keys seen, with how often.
    """

    def __init__(
        self, *, students: int = 200, restroom_places: int = 4, approval: bool = True, lines: bool = False
    ) -> None:
        self.students = [f"student-{number}" for number in range(students)]
        self.locations: list[dict[str, Any]] = [
            {"id": "restroom", "kind": "restroom", "capacity": restroom_places, "active": True},
            {"id": "library", "kind": "library", "capacity": None, "active": True},
            {"id": "nurse", "kind": "nurse", "capacity": None, "active": True},
            {"id": "closed restroom", "kind": "restroom", "capacity": None, "active": False},
            {"id": "roof", "kind": "other", "capacity": None, "active": True},
        ]
        self.now: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.trouble: Callable[[httpx.Request], httpx.Response | None] = lambda request: None
        self.passes: dict[str, dict[str, Any]] = {}
        self.worked: list[tuple[str, str]] = []
        self.keys: Counter[str] = Counter()
        self.most_open = 0
        self.overrides: list[dict[str, Any]] = []
        self._approval = approval
        self._lines = lines
        self._answers: dict[str, tuple[int, Any]] = {}
        self._numbers: Iterator[int] = count()

    @property
    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self._handle)

    def open_passes(self) -> list[dict[str, Any]]:
        return [pass_ for pass_ in self.passes.values() if pass_["status"] in ("requested", "active")]

    def _handle(self, request: httpx.Request) -> httpx.Response:
        key = request.headers.get("Idempotency-Key")
        if key:
            self.keys[key] += 1
        try:
            answered = self.trouble(request)
        except Trouble as error:
            raise httpx.ConnectError("broken", request=request) from error
        if answered is not None:
            return answered
        status, body = self.answer_once(request)
        return httpx.Response(status, content=msgspec.json.encode(body))

    def answer_once(self, request: httpx.Request) -> tuple[int, Any]:
        """The answer; for a key that was seen before, the same again."""
        key = request.headers.get("Idempotency-Key")
        if key is None:
            return self._answer(request)
        if key not in self._answers:
            self._answers[key] = self._answer(request)
        return self._answers[key]

    def _answer(self, request: httpx.Request) -> tuple[int, Any]:
        token = request.headers["Authorization"].removeprefix("Bearer ")
        match request.method, request.url.path.removeprefix("/api/v1/").split("/"):
            case _ if token != STAFF and not token.startswith("token of "):
                return 401, {"code": "not_signed_in", "detail": "No such token."}
            case "GET", ["schools"]:
                return 200, {"items": [{"id": SCHOOL, "name": "Fake High School"}], "next": None}
            case "GET", ["schools", _, "students"]:
                return 200, self._page([{"id": student} for student in self.students], request)
            case "GET", ["schools", _, "locations"]:
                return 200, self._page(self.locations, request)
            case "GET", ["schools", _, "closures"]:
                return 200, self._page([], request)
            case "GET", ["schools", _, "passes"]:
                status = request.url.params["status"]
                return 200, self._page([p for p in self.passes.values() if p["status"] == status], request)
            case "GET", ["passes", id]:
                return 200, self._offered(self.passes[id])
            case "POST", ["schools", _, "passes"]:
                return self._create(msgspec.json.decode(request.content), by_student=token != STAFF)
            case "POST", ["passes", id, verb]:
                return self._change(self.passes[id], verb)
        return 404, {"code": "not_found"}

    def _page(self, items: list[Any], request: httpx.Request) -> dict[str, Any]:
        start, limit = int(request.url.params.get("after", 0)), int(request.url.params["limit"])
        end = start + limit
        return {"items": items[start:end], "next": str(end) if end < len(items) else None}

    def _create(self, body: dict[str, Any], *, by_student: bool) -> tuple[int, Any]:
        codes = []
        self.overrides += [body["override"]] if "override" in body else []
        if any(pass_["student_id"] == body["student_id"] for pass_ in self.open_passes()):
            codes.append("one_open_pass")
        place = next(place for place in self.locations if place["id"] == body["destination_id"])
        going = sum(pass_["destination_id"] == place["id"] for pass_ in self.open_passes())
        if place["capacity"] is not None and going >= place["capacity"]:
            codes.append("full")
        waits = self._lines and (by_student or body.get("wait", False)) and codes == ["full"]
        if codes and not waits:
            return 409, {"code": "refused", "reasons": [{"code": code} for code in codes]}
        pass_ = {
            "id": f"pass-{next(self._numbers)}",
            "student_id": body["student_id"],
            "destination_id": body["destination_id"],
            "status": "waiting" if waits else "requested" if by_student and self._approval else "active",
            "offered_until": None,
            "minutes": 6,
            "leg": "outbound",
            "started_at": self.now(),
            "due_at": self.now() + timedelta(minutes=6),
        }
        self.passes[pass_["id"]] = pass_
        self.worked.append(("create", pass_["id"]))
        self.most_open = max(self.most_open, len(self.open_passes()))
        return 201, pass_

    def _offered(self, pass_: dict[str, Any]) -> dict[str, Any]:
        """Whoever waits is offered a place as soon as one is free."""
        capacities = {place["id"]: place["capacity"] for place in self.locations}
        most = capacities.get(pass_["destination_id"])
        going = sum(each["destination_id"] == pass_["destination_id"] for each in self.open_passes())
        free = most is None or going < most
        return pass_ | {"offered_until": self.now() if pass_["status"] == "waiting" and free else None}

    def _change(self, pass_: dict[str, Any], verb: str) -> tuple[int, Any]:
        wanted = "requested" if verb in ("approve", "deny", "cancel") else "active"
        if pass_["status"] != wanted and not (pass_["status"] == "waiting" and verb in ("start", "cancel")):
            return 409, {"code": "wrong_state"}
        ends = {"deny": "denied", "cancel": "cancelled", "return": "ended", "end": "ended"}
        pass_["status"] = ends.get(verb, "active")
        self.worked.append((verb, pass_["id"]))
        return 200, pass_
