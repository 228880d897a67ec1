"""The agenda of a simulated school day, and what happens when its entries fall due.

Every school has students who want to go somewhere, more of them around the bells; teachers who answer; nurses and
librarians who check in; and students who forget to come back.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from functools import partial
from heapq import heappop, heappush
from itertools import count
from random import Random
from typing import Any

import msgspec

from corridor.campus.words import LocationKind
from corridor.demo import behaviour
from corridor.demo.behaviour import Place, Step
from corridor.demo.client import ApiClient, SimulationReport, Tally
from corridor.demo.pace import Pace
from corridor.demo.rhythm import MOST, Rhythm

_ASKS_WHILE_OUT = 0.01
_ASKS_THEMSELVES = 0.2
_ASKS_AGAIN = 0.5
_LOOKS = 4
_IN_LINE = 3
_LATEST = timedelta(minutes=10)
_CLOSED = frozenset({"ended", "denied", "cancelled", "lapsed"})

Happening = Callable[[Pace], Awaitable[None]]


class Players(msgspec.Struct, frozen=True, kw_only=True):
    """Who takes part, by person id.

    `tokens` are of students who ask with their own device, `overrides` is of somebody who may override rules.
    `left_alone` are played by people, so they are never sent anywhere. Requests of those in `answered_slowly` wait some
    minutes, so that a person may answer first.
    """

    tokens: Mapping[str, str] = {}
    left_alone: AbstractSet[str] = frozenset()
    answered_slowly: AbstractSet[str] = frozenset()
    overrides: str | None = None


class School(msgspec.Struct):
    """A school as the simulation sees it. `out` are the students with an open pass, `going` counts them by place."""

    id: str
    name: str
    students: Sequence[str]
    places: Mapping[str, Sequence[Place]]
    rhythm: Rhythm
    random: Random
    with_device: Sequence[str] = ()
    out: set[str] = msgspec.field(default_factory=set)
    going: Counter[str] = msgspec.field(default_factory=Counter)

    def place(self, place_id: str) -> Place | None:
        return next((place for group in self.places.values() for place in group if place.id == place_id), None)


class Trip(msgspec.Struct):
    """One student's pass. `random` is the trip's own, so that what others do changes nothing in it."""

    school: School
    student_id: str
    place: Place
    random: Random
    pass_id: str = ""
    looks: int = 0


class Simulation:
    """Holds the agenda of what will happen; `run` lets it happen. It may be run again, at another pace."""

    def __init__(
        self, api: ApiClient, tally: Tally, schools: Sequence[School], *, rate: float, players: Players
    ) -> None:
        self._api = api
        self._tally = tally
        self._schools = schools
        self._rate = rate
        self._players = players
        self._agenda: list[tuple[datetime, int, Happening]] = []
        self._order = count()
        self._started = False
        self._trips: dict[str, Trip] = {}
        self._forgotten: list[str] = []

    def report(self) -> SimulationReport:
        return self._tally.report(len(self._trips))

    async def run(self, pace: Pace, until: datetime | None = None) -> None:
        """Let things happen up to the simulated instant `until`, or until the pace stops."""
        if not self._started:
            self._started = True
            for school in self._schools:
                self._expect_next(school, pace.now())
        try:
            while pace.goes_on():
                due = self._agenda[0][0] if self._agenda else None
                over = until is not None and (due is None or due > until)
                target = until if over else due
                if target is None or pace.now() < target:
                    await pace.wait(target)
                elif over:
                    break
                else:
                    happen = heappop(self._agenda)[2]
                    await pace.do(partial(happen, pace))
            await pace.settle()
        except BaseException:
            await pace.abandon()
            raise

    async def adopt(self, pace: Pace) -> None:
        """Take over the passes that are open on the server, as someone must bring those students back."""
        for school in self._schools:
            for status in ("active", "requested", "waiting"):
                async for pass_ in self._api.every(f"/schools/{school.id}/passes", status=status):
                    place = school.place(pass_["destination_id"])
                    if place and pass_["student_id"] not in self._players.left_alone:
                        self._take_over(Trip(school, pass_["student_id"], place, Random(pass_["id"])), pass_, pace)

    async def ask(self, student_id: str, pace: Pace) -> bool:
        """Have this student ask for a pass with their own device now. Answers whether they were not refused."""
        school = next(school for school in self._schools if student_id in school.with_device)
        if student_id in school.out:
            return False
        await self._set_out(school, student_id, Random(student_id), pace, by_student=True)
        return student_id in school.out

    async def line_up(self, pace: Pace) -> int:
        """Have the smallest restroom of each school full, and students with devices in line for it. Gives how many
        wait."""
        waiting = 0
        for school in self._schools:
            restrooms = [place for place in school.places.get(LocationKind.RESTROOM, ()) if place.capacity]
            here = 0
            for student_id in school.with_device if restrooms else ():
                if student_id in school.out or here == _IN_LINE:
                    continue
                place = min(restrooms, key=lambda place: place.capacity or 0)
                body = {"student_id": student_id, "destination_id": place.id, "wait": True}
                pass_ = await self._api.act("issue", f"/schools/{school.id}/passes", body)
                if pass_ is not None:
                    trip = Trip(school, student_id, place, Random(student_id))
                    self._begin(trip, pass_)
                    self._follow(trip, pass_, pace)
                    here += pass_["status"] == "waiting"
            waiting += here
        return waiting

    async def tidy(self) -> None:
        """Bring back everyone who is out on a pass of the simulation, those who forgot included."""
        for trip in list(self._trips.values()):
            self._end(trip)
            self._forgotten.append(trip.pass_id)
        for pass_id in self._forgotten:
            pass_ = await self._api.find(f"/passes/{pass_id}")
            if pass_ and pass_["status"] not in _CLOSED:
                verb = "return" if pass_["status"] == "active" else "cancel"
                await self._api.act(verb, f"/passes/{pass_id}/{verb}")

    def _at(self, at: datetime, happen: Happening) -> None:
        heappush(self._agenda, (at, next(self._order), happen))

    def _expect_next(self, school: School, now: datetime) -> None:
        """A Poisson process with a rate that follows the school's rhythm, by thinning."""
        a_minute = self._rate * len(school.students) / 100 / 60
        if not a_minute:
            return
        at = now + timedelta(minutes=school.random.expovariate(a_minute * MOST))

        async def wish(pace: Pace) -> None:
            # After a pause (a machine that slept, a server that hung) nobody catches up on what they wanted then.
            self._expect_next(school, max(at, pace.now() - _LATEST))
            random = Random(school.random.random())
            if random.random() * MOST < school.rhythm.demand(at):
                await self._somebody_sets_out(school, random, pace)

        self._at(at, wish)

    async def _somebody_sets_out(self, school: School, random: Random, pace: Pace) -> None:
        if school.out and random.random() < _ASKS_WHILE_OUT:
            await self._set_out(school, random.choice(sorted(school.out)), random, pace, by_student=False)
            return
        by_student = bool(school.with_device) and random.random() < _ASKS_THEMSELVES
        student_id = random.choice(school.with_device if by_student else school.students)
        if student_id not in school.out:
            await self._set_out(school, student_id, random, pace, by_student=by_student)

    async def _set_out(
        self, school: School, student_id: str, random: Random, pace: Pace, *, by_student: bool, again: bool = True
    ) -> None:
        place = behaviour.choose_place(random, school.places, school.going, by_student=by_student)
        if place is None:
            return
        body: dict[str, Any] = {"student_id": student_id, "destination_id": place.id}
        if reason := behaviour.choose_reason(random, place.kind):
            body["reason"] = reason
        verb, token = ("request", self._players.tokens[student_id]) if by_student else ("issue", None)
        if self._players.overrides and not by_student and behaviour.is_full(place, school.going):
            verb, token = "override", self._players.overrides
            body["override"] = {"codes": ["full"], "reason": behaviour.choose_why(random)}
        was_out = student_id in school.out
        school.out.add(student_id)
        pass_ = await self._api.act(verb, f"/schools/{school.id}/passes", body, token=token)
        if pass_ is not None:
            trip = Trip(school, student_id, place, random)
            self._begin(trip, pass_)
            self._follow(trip, pass_, pace)
            return
        if was_out:
            return
        school.out.discard(student_id)
        if again and random.random() < _ASKS_AGAIN:

            async def retry(pace: Pace) -> None:
                if student_id not in school.out:
                    await self._set_out(school, student_id, random, pace, by_student=by_student, again=False)

            self._at(pace.now() + timedelta(minutes=random.uniform(1, 4)), retry)

    def _begin(self, trip: Trip, pass_: Mapping[str, Any]) -> None:
        trip.pass_id = pass_["id"]
        trip.school.out.add(trip.student_id)
        trip.school.going[trip.place.id] += 1
        self._trips[trip.pass_id] = trip

    def _take_over(self, trip: Trip, pass_: Mapping[str, Any], pace: Pace) -> None:
        self._begin(trip, pass_)
        if pass_["status"] in ("requested", "waiting"):
            self._follow(trip, pass_, pace)
            return
        began, due_at = (datetime.fromisoformat(pass_[name]) for name in ("started_at", "due_at"))
        steps = behaviour.trip(trip.random, trip.place, began, due_at, trip.school.rhythm.next_bell(began))
        self._plan(trip, behaviour.rest_of(steps, trip.random, pass_["leg"], pace.now()))

    def _follow(self, trip: Trip, pass_: Mapping[str, Any], pace: Pace) -> None:
        """Plan what comes next for a pass that was just asked for or approved."""
        now = pace.now()
        if pass_["status"] == "requested":
            slowly = trip.student_id in self._players.answered_slowly
            steps = [behaviour.answer(trip.random, now, slowly=slowly)]
        elif pass_["status"] == "waiting":
            steps = [behaviour.watch_the_line(trip.random, now)]
        elif pass_["status"] == "active":
            due_at = now + timedelta(minutes=pass_["minutes"])
            bell = trip.school.rhythm.next_bell(now)
            steps = behaviour.trip(trip.random, trip.place, now, due_at, bell)
        else:
            self._end(trip)
            return
        self._plan(trip, steps)

    def _plan(self, trip: Trip, steps: Sequence[Step]) -> None:
        """Only the first step goes on the agenda; it brings the others when it is done."""
        first, *rest = steps

        async def take(pace: Pace) -> None:
            await self._take(trip, first, rest, pace)

        self._at(first.at, take)

    async def _take(self, trip: Trip, step: Step, rest: Sequence[Step], pace: Pace) -> None:
        if step.verb == "look":
            await self._look(trip, pace)
            return
        if step.verb == "turn":
            await self._watch_the_line(trip, pace)
            return
        token = self._players.tokens.get(trip.student_id) if step.by_student else None
        pass_ = await self._api.act(step.verb, f"/passes/{trip.pass_id}/{step.verb}", step.body, token=token)
        if pass_ is not None and step.verb in ("approve", "start"):
            self._follow(trip, pass_, pace)
        elif rest and (pass_ is None or pass_["status"] not in _CLOSED):
            self._plan(trip, rest)
        elif pass_ is None:
            await self._look(trip, pace)
        else:
            self._end(trip)

    async def _watch_the_line(self, trip: Trip, pace: Pace) -> None:
        """Go when a place is offered, mostly; wait on while there is none."""
        pass_ = await self._api.find(f"/passes/{trip.pass_id}")
        if pass_ is None or pass_["status"] in _CLOSED:
            self._end(trip)
        elif pass_["status"] == "waiting":
            offered = pass_["offered_until"] is not None
            self._plan(trip, [behaviour.take_turn(trip.random, pace.now(), offered=offered)])
        else:
            self._follow(trip, pass_, pace)

    async def _look(self, trip: Trip, pace: Pace) -> None:
        """See what became of a pass that nobody here closed; give up on one that stays open."""
        trip.looks += 1
        pass_ = await self._api.find(f"/passes/{trip.pass_id}")
        if pass_ and pass_["status"] not in _CLOSED:
            if trip.looks < _LOOKS:
                self._plan(trip, [Step(pace.now() + timedelta(minutes=2 * trip.looks), "look")])
                return
            self._forgotten.append(trip.pass_id)
        self._end(trip)

    def _end(self, trip: Trip) -> None:
        if self._trips.pop(trip.pass_id, None):
            trip.school.out.discard(trip.student_id)
            trip.school.going[trip.place.id] -= 1
