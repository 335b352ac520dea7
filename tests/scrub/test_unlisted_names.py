"""Names that no list knows, told by what stands beside them or happens elsewhere in the conversation."""

from __future__ import annotations

import pytest

from deploysim.scrub.scrubber import ScrubbedConversation, Scrubber
from deploysim.types import Message, RawConversation


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("The letter was written by James Schlesinger last year.", "Schlesinger"),
        ("Nobody had seen Alice Dovely since.", "Dovely"),
        ("Mayor Jim Strickland spoke.\n\nStrickland says he is fed up.", "Strickland"),
        ("The next match is Adam Cole (c) vs. Io Shirai", "Shirai"),
        ("It reminds me of J. R. R. Tolkien and his friends.", "Tolkien"),
        ("Holler, J., & Datta, S. Smart grids.", "Datta"),
        ("Hu, V., & Datta, S. Smart grids.", "Hu"),
        ("The tutors are Rose, Daniel and Mark.", "Rose"),
        ("Rose: It is late.\nOlgrim: It is.\nRose: Then go.", "Olgrim"),
        ("Jasper spal. Zůstali s Jasperem doma.", "Jasperem"),
        ("Quorvath smiled. The rest of us looked at Quorvath.", "Quorvath"),
        ("We met Butcher there. Then Butcher nodded, and so Butcher sighed.", "Butcher"),
        ("ZORVIL\nIt is late.\n\nMother waits.\n\nZORVIL\nWe should go.", "ZORVIL"),
        ("Zorvil, looking up: Is it late?\nKamiku: It is.\nZorvil: Then go.\nKamiku: Yes.", "Kamiku"),
    ],
)
def test_a_name_that_no_list_knows_goes(marking_scrubber: Scrubber, text: str, name: str) -> None:
    """What stands beside a name, or what its bearer does, gives it away."""
    assert name not in marking_scrubber.scrub_text(text, conversation_id="a").text


@pytest.mark.parametrize(
    "text",
    [
        "Experts said so before. Experts said it again.",
        "The butcher sighed. Butcher smiled, then Butcher nodded.",
        "Soldiers of the U.S. Army and the U.K. Government came.",
        "Take vitamin C, D. or E.",
        "Hi Everyone, the office is shut.",
        "The order is open.\nlane TEXT\ngrant INT\nIt is closed.",
        "OVERVIEW\nThis is the plan.\n\nOVERVIEW\nThis is the rest.",
    ],
)
def test_words_that_only_look_like_such_names_stay(marking_scrubber: Scrubber, text: str) -> None:
    """Roles, crowds, states and headings are nobody's names."""
    assert marking_scrubber.scrub_text(text, conversation_id="a").text == text


def test_a_name_found_once_goes_from_every_message(marking_scrubber: Scrubber) -> None:
    """A name that one message introduces goes from those before and after it, in any case and declined."""
    messages = ("so did zorvil call back?", "My name is Zorvil Kuntrash.", "ZORVIL never calls; ask about Zorvilovi.")
    raw = RawConversation(tuple(Message("user", text) for text in messages), row=0)
    (result,) = marking_scrubber.scrub_conversations([("a", raw)])

    assert isinstance(result, ScrubbedConversation)
    assert not [message.content for message in result.messages if "zorvil" in message.content.casefold()]


@pytest.mark.parametrize("town", ["Sydney", "Austin", "Florence"])
def test_a_large_city_in_an_enumeration_is_no_person(marking_scrubber: Scrubber, town: str) -> None:
    """Only a small place is taken for the person of the same name beside another person."""
    text = f"My favourites are Daniel, {town}, and the sea."
    assert town in marking_scrubber.scrub_text(text, conversation_id="a").text
