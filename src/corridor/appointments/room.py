"""Appointments on the ledger. They happen as events of policies and passes."""

from corridor.appointments.decide import DECIDE, due, tick
from corridor.day.state import SchoolState
from corridor.ledger.rooms import Room

APPOINTMENT_ROOM: Room[SchoolState] = Room(decide=DECIDE, evolve={}, rows=lambda draft, events: {}, tick=tick, due=due)
