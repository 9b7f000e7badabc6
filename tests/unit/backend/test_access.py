"""Who may ask: hosts, origins, sites and tokens, as rules without a server."""

from typing import Any

import pytest

from backend.access import FAILURES_PER_MINUTE, MOST_ADDRESSES, AccessRules, Caller, TokenGate, bearer_of

PORT = 8000
PAPER = AccessRules(is_paper=True, allowed_hosts=("Bot.example.com",), allowed_origins=("https://screen.example.com",))


def caller(**changes: Any) -> Caller:
    given: dict[str, Any] = {
        "method": "GET",
        "path": "/api/bot/status",
        "port": PORT,
        "address": "127.0.0.1",
        "hosts": (f"127.0.0.1:{PORT}",),
        "origins": (),
        "sites": (),
        "referers": (),
        "authorizations": (),
        "came_through_proxy": False,
    }
    return Caller(**(given | changes))


def code(refused: Any) -> str | None:
    return None if refused is None else str(refused.code)


@pytest.mark.parametrize(
    "host",
    [
        "localhost:8000", "127.0.0.1:8000", "[::1]:8000", "LOCALHOST:8000", "localhost", "127.0.0.1", "[::1]",
        "bot.example.com", "BOT.EXAMPLE.COM", "bot.example.com:8000",
    ],
)  # fmt: skip
def test_our_own_names_are_known(host: str) -> None:
    assert PAPER.refuse(caller(hosts=(host,))) is None


@pytest.mark.parametrize(
    "hosts",
    [
        ("attacker.example",), ("attacker.example:8000",), ("localhost.:8000",), ("127.0.0.1.:8000",), ("localhost:9000",),
        ("127.1:8000",), ("0.0.0.0:8000",), ("[::]:8000",), ("2130706433:8000",), ("127.0.0.1:8000:8000",), ("",), (),
        ("localhost:8000", "localhost:8000"), ("localhost:8000", "attacker.example"), ("localhost:8000@attacker.example",),
        ("evil.bot.example.com",), ("bot.example.com.evil",), (" localhost:8000",), ("[::ffff:127.0.0.1]:8000",),
    ],
)  # fmt: skip
@pytest.mark.parametrize("is_socket", [False, True])
def test_any_other_host_is_refused_for_requests_and_sockets_alike(hosts: tuple[str, ...], *, is_socket: bool) -> None:
    assert code(PAPER.refuse(caller(hosts=hosts, is_socket=is_socket))) == "unknown_host"


def test_the_address_we_listen_on_is_a_name_of_ours_and_a_wildcard_is_not() -> None:
    on_one_address = AccessRules(is_paper=True, bound_host="192.168.1.7")

    assert on_one_address.refuse(caller(hosts=("192.168.1.7:8000",))) is None
    assert code(PAPER.refuse(caller(hosts=("192.168.1.7:8000",)))) == "unknown_host"
    assert AccessRules(is_paper=True, bound_host="fd00::7").refuse(caller(hosts=("[fd00::7]:8000",))) is None


@pytest.mark.parametrize(
    "origin",
    ["http://127.0.0.1:8000", "http://localhost:8000", "http://[::1]:8000", "https://bot.example.com",
     "http://bot.example.com", "https://screen.example.com"],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_our_own_pages_and_listed_screens_may_ask(origin: str, method: str) -> None:
    assert PAPER.refuse(caller(origins=(origin,), method=method)) is None


@pytest.mark.parametrize(
    "origins",
    [
        ("null",), ("http://attacker.example",), ("http://localhost:5173",), ("http://localhost",), ("file://",), ("",),
        ("https://screen.example.com.evil",), ("http://screen.example.com",), ("https://screen.example.com:444",),
        ("https://screen.example.com/",), ("ws://127.0.0.1:8000",), ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("chrome-extension://abc",), ("http://127.0.0.1:8000.evil",), ("http://evil@127.0.0.1:8000",),
    ],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("is_socket", [False, True])
def test_pages_of_other_origins_are_refused(origins: tuple[str, ...], method: str, *, is_socket: bool) -> None:
    assert code(PAPER.refuse(caller(origins=origins, method=method, is_socket=is_socket))) == "unknown_origin"


@pytest.mark.parametrize(
    ("site", "method", "is_socket", "refused"),
    [
        ("same-origin", "POST", False, False),
        ("none", "GET", False, False),
        ("cross-site", "GET", False, True),
        ("cross-site", "POST", False, True),
        ("same-site", "GET", False, False),
        ("same-site", "POST", False, True),
        ("same-site", "DELETE", False, True),
        ("cross-site", "GET", True, True),
        ("same-site", "GET", True, True),
        ("same-origin", "GET", True, False),
        ("anything-new", "GET", False, True),
    ],
)
def test_a_browsers_word_about_the_site_is_believed(site: str, method: str, *, is_socket: bool, refused: bool) -> None:
    answer = PAPER.refuse(caller(sites=(site,), method=method, is_socket=is_socket))

    assert code(answer) == ("cross_site" if refused else None)


def test_our_origin_does_not_heal_a_cross_site_request() -> None:
    crossed = caller(origins=("http://127.0.0.1:8000",), sites=("cross-site",), method="POST")

    assert code(PAPER.refuse(crossed)) == "cross_site"


def test_a_listed_screen_is_another_site_and_may_ask() -> None:
    assert PAPER.refuse(caller(origins=("https://screen.example.com",), sites=("cross-site",), method="POST")) is None


@pytest.mark.parametrize(
    ("referer", "method", "refused"),
    [
        ("http://attacker.example/page", "POST", True),
        ("http://attacker.example/page", "GET", False),
        ("http://127.0.0.1:8000/", "POST", False),
        ("https://screen.example.com/x", "DELETE", False),
    ],
)
def test_an_old_browsers_referer_stands_in_for_the_origin(referer: str, method: str, *, refused: bool) -> None:
    assert code(PAPER.refuse(caller(referers=(referer,), method=method))) == ("unknown_origin" if refused else None)


@pytest.mark.parametrize(
    ("path", "is_paper", "loopback", "proxy", "needs"),
    [
        ("/api/bot/start", True, True, False, False),
        ("/api/bot/start", True, True, True, True),
        ("/api/bot/start", True, False, False, True),
        ("/api/bot/start", False, True, False, True),
        ("/API/bot/start", False, True, False, True),
        ("//api/bot/start", False, True, False, True),
        ("/api", False, True, False, True),
        ("/metrics", False, True, False, True),
        ("/metrics", True, False, False, True),
        ("/healthz", False, False, True, False),
        ("/readyz", False, False, True, False),
        ("/", False, False, True, False),
        ("/assets/x.js", False, False, True, False),
        ("/plain/page.js", False, False, True, False),
    ],
)
def test_a_token_is_needed_for_controls_away_from_paper_on_loopback(
    path: str, *, is_paper: bool, loopback: bool, proxy: bool, needs: bool
) -> None:
    rules = AccessRules(is_paper=is_paper)

    assert rules.needs_token(caller(path=path, came_through_proxy=proxy), loopback_only=loopback) is needs


@pytest.mark.parametrize(("is_paper", "loopback", "needs"), [(True, True, False), (True, False, True), (False, True, True)])
def test_a_socket_needs_a_token_where_a_request_does(*, is_paper: bool, loopback: bool, needs: bool) -> None:
    rules = AccessRules(is_paper=is_paper)

    assert rules.needs_token(caller(path="/ws/broadcast", is_socket=True), loopback_only=loopback) is needs


@pytest.mark.parametrize(
    ("headers", "token"),
    [
        (("Bearer abc",), "abc"), (("bearer abc",), "abc"), (("Bearer  abc ",), "abc"), (("Basic abc",), None), (("abc",), None),
        (("Bearer",), None), (("Bearer ",), None), ((), None), (("Bearer abc", "Bearer abc"), None),
    ],
)  # fmt: skip
def test_the_token_stands_in_one_bearer_header(headers: tuple[str, ...], token: str | None) -> None:
    assert bearer_of(headers) == token


def test_guessing_is_slowed_down_and_the_right_token_still_opens() -> None:
    gate = TokenGate("right" * 8)
    wrong, right = caller(authorizations=("Bearer wrong",)), caller(authorizations=(f"Bearer {'right' * 8}",))

    statuses = [getattr(gate.check(wrong, 1_000), "status", None) for _ in range(FAILURES_PER_MINUTE + 2)]

    assert statuses == [401] * FAILURES_PER_MINUTE + [429, 429]
    assert gate.check(right, 1_000) is None


def test_guesses_are_forgotten_after_a_minute() -> None:
    gate = TokenGate("right" * 8)
    for _ in range(FAILURES_PER_MINUTE + 1):
        gate.check(caller(), 1_000)

    later = gate.check(caller(), 61_001)

    assert later is not None
    assert later.status == 401


def test_one_address_does_not_pay_for_anothers_guesses() -> None:
    gate = TokenGate("right" * 8)
    for _ in range(FAILURES_PER_MINUTE + 1):
        gate.check(caller(address="192.0.2.1"), 1_000)

    other = gate.check(caller(address="192.0.2.2"), 1_000)

    assert other is not None
    assert other.status == 401


def test_the_memory_of_guesses_is_bounded() -> None:
    gate = TokenGate("right" * 8)

    for number in range(MOST_ADDRESSES + 50):
        gate.failed(f"address {number}", 1_000, missing=True)

    assert len(gate._failures) == MOST_ADDRESSES


def test_a_token_with_letters_beyond_ascii_is_wrong_and_no_error() -> None:
    refused = TokenGate("right" * 8).check(caller(authorizations=("Bearer zażółć",)), 0)

    assert code(refused) == "token_wrong"
