"""Who is at the page: signed in where the app is set up for it, a name that somebody wrote otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from deploysim.config import read_settings
from deploysim.errors import ConfigError
from deploysim.roles import Role, Roles, Task, read_roles
from deploysim.ui.blocks import plain

NAME = "your_name"
"""Key of the field that a name is written into; it is the same on every page."""
LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who labels, reads or makes queues."""

    name: str
    """What stands on all that they do: the e-mail address where they signed in, else the name that they wrote."""
    role: Role | None

    def may(self, task: Task) -> bool:
        """Say whether they may do something."""
        return roles().may(self.name, task)


def roles() -> Roles:
    """Return who may do what."""
    return read_roles(read_settings().roles_file)


def sign_in_is_set_up() -> bool:
    """Say whether the app asks for a sign-in: `st.user` knows of one only then."""
    return "is_logged_in" in st.user


def require_sign_in() -> None:
    """Where the app is set up for sign-in, show nothing to anybody who has not signed in or has no role."""
    if not sign_in_is_set_up():
        return
    if not st.user.is_logged_in:
        st.markdown("Sign in to see this workspace.")
        for provider in _providers():
            label = f"Sign in with {provider}" if provider else "Sign in"
            st.button(label, key=f"sign_in_{provider}", type="primary", on_click=st.login, args=(provider or None,))
        st.stop()
    name = _claimed_name(st.user)
    if not roles().may(name, Task.LOOK):
        st.markdown(f"You are signed in as {plain(name)}, who has no role in this workspace.")
        st.caption("A lead adds you to the file that DEPLOYSIM_ROLES names.")
        st.button("Sign out", on_click=st.logout)
        st.stop()


def person(place: Any = st) -> Person | None:
    """Return who is at the page, asking for a name where nobody signed in; None until there is one.

    Args:
        place: Where to show who it is, or the field for the name.
    """
    if sign_in_is_set_up():
        name = _claimed_name(st.user)
        place.caption(f"Signed in as {plain(name)}")
        place.button("Sign out", type="tertiary", on_click=st.logout)
    else:
        field = place.text_input("Your name", key=NAME, placeholder="such as Ana", persist_state="session")
        name = (field or "").strip()[:LONGEST_NAME]
    return Person(name, roles().of(name)) if name else None


def here() -> Person | None:
    """Return who is at the page as far as it is known, without asking."""
    name = _claimed_name(st.user) if sign_in_is_set_up() else str(st.session_state.get(NAME) or "").strip()
    return Person(name, roles().of(name)) if name else None


def refused(who: Person, task: Task) -> bool:
    """Say whether somebody lacks the role for a task, and tell them on the page."""
    if who.may(task):
        return False
    role = f"is a {who.role}" if who.role else "has no role"
    st.markdown(f"{plain(who.name)} {role} in this workspace and may not {task}. A lead can change that.")
    return True


def _claimed_name(claims: Mapping[str, Any]) -> str:
    """Return the e-mail address that a provider vouches for, or else its own identifier of the person."""
    if claims.get("email") and claims.get("email_verified", True):
        return str(claims["email"]).casefold()
    return str(claims.get("sub") or "unknown")


def _providers() -> list[str]:
    """Return the names of the sign-in providers; one without a name where there is just one."""
    try:
        auth = st.secrets["auth"]
    except (KeyError, FileNotFoundError) as error:
        raise ConfigError(
            "Sign-in is set up, but its settings cannot be read.",
            expected="a section [auth] in .streamlit/secrets.toml",
            next_step="correct the file, or remove it to work without sign-in",
        ) from error
    named = [name for name, value in auth.items() if isinstance(value, Mapping)]
    return named or [""]
