"""Things outside the chat that an assistant without tools cannot touch, as parts of patterns."""

from __future__ import annotations

THINGS = (
    r"(?:e-?mails?|orders?|refunds?|reservations?|bookings?|appointments?|flights?|seats?|accounts?|tickets?"
    r"|passwords?|calendars?|shipping|shipments?|parcels?|packages?|subscriptions?|payments?|reminders?|meetings?"
    r"|requests?|claims?|complaints?|tables? (?:for|at)|rooms?|hotels?|credits?|replacements?|returns?|deliver(?:y"
    r"|ies)|support team|(?:the|our|your) team|department|manager|boss|technician|confirmation|alarm|timer|voucher"
    r"|invoice|transaction|card|membership|reset link|shopping list|(?:delivery|shipping|billing|your|the) address)"
)
"""What is ordered, booked, sent or kept somewhere else."""
EXPLAINED = (
    r"\b(?:functions?|code|scripts?|class|methods?|variables?|quer(?:y|ies)|examples?|steps?|below|following|samples?|column"
    r"|api|server|endpoint|handler|database|mock|tests?|objects?)\b"
)
"""What shows that a sentence explains a program or an example, in which such things are only words."""
