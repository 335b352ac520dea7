"""Signing in through OpenID Connect, with a provider on loopback and a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from identity import Provider
from playwright.sync_api import Browser, Page, expect
from serving import in_a_browser, served

pytestmark = in_a_browser
ROLES = "Ana@example.com: lead\neve@example.com: reviewer\n"


@pytest.fixture
def page(page_factory: Browser) -> Iterator[Page]:
    """A new window, which also goes to the provider."""
    context = page_factory.new_context(viewport={"width": 1440, "height": 1000})
    yield context.new_page()
    context.close()


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, str]:
    """Roles, and the file that the sign-in is set up in."""
    (tmp_path / "roles.yaml").write_text(ROLES, encoding="utf-8")
    return {
        "DEPLOYSIM_WORKSPACE": str(tmp_path / "ws"),
        "DEPLOYSIM_ROLES": str(tmp_path / "roles.yaml"),
        "STREAMLIT_SECRETS_FILES": str(tmp_path / "secrets.toml"),
    }


def test_nobody_sees_anything_before_signing_in(page: Page, settings: dict[str, str], tmp_path: Path) -> None:
    """The page asks to sign in, knows the person by the address that the provider vouches for, and lets them out again."""
    with Provider(email="ana@example.com", email_verified=True) as provider:
        (tmp_path / "secrets.toml").write_text(provider.secrets(), encoding="utf-8")
        with served(settings, tmp_path / "log.txt") as url:
            page.goto(f"{url}/people")
            expect(page.get_by_text("Sign in to see this workspace.")).to_be_visible(timeout=90_000)
            expect(page.get_by_text("Who may do what", exact=True)).to_have_count(0)
            page.get_by_role("button", name="Sign in").click()
            page.wait_for_url(f"{url}/**")
            expect(page.get_by_text("Sign in to see this workspace.")).to_have_count(0, timeout=90_000)
            page.goto(f"{url}/people")
            expect(page.get_by_text("Signed in as ana@example.com")).to_be_visible(timeout=90_000)
            expect(page.get_by_label("Your name")).to_have_count(0)
            page.get_by_role("button", name="Sign out").click()
            expect(page.get_by_text("Sign in to see this workspace.")).to_be_visible(timeout=90_000)


@pytest.mark.parametrize(
    "claims",
    [{"email": "mallory@example.com", "email_verified": True}, {"email": "ana@example.com", "email_verified": False}],
    ids=["a stranger", "an address that nobody vouches for"],
)
def test_who_has_no_role_sees_nothing(page: Page, settings: dict[str, str], tmp_path: Path, claims) -> None:
    """Whoever signs in and stands in no role is told so, and sees no page."""
    with Provider(**claims) as provider:
        (tmp_path / "secrets.toml").write_text(provider.secrets(), encoding="utf-8")
        with served(settings, tmp_path / "log.txt") as url:
            page.goto(f"{url}/people")
            page.get_by_role("button", name="Sign in").click(timeout=90_000)
            expect(page.get_by_text("who has no role in this workspace")).to_be_visible(timeout=90_000)
            page.goto(f"{url}/people")
            expect(page.get_by_text("who has no role in this workspace")).to_be_visible(timeout=90_000)
            expect(page.get_by_text("Who may do what", exact=True)).to_have_count(0)
