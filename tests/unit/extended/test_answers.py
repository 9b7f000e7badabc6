"""Every way an answer can look, and the one thing it means."""

import json

import pytest

from bot.core.errors import (
    ExchangeError,
    ExchangeUnreachable,
    NotFound,
    OutcomeUnknown,
    ProtocolError,
    RateLimited,
    Refused,
    Unauthorised,
    VenueMode,
)
from bot.extended.answers import Asked, read_answer

WRITES = (Asked.CREATE, Asked.CANCEL, Asked.SETTING)
HTML = b"<html><body>Bad gateway</body></html>"


def refusal(code: object, message: str = "no") -> bytes:
    return json.dumps({"status": "ERROR", "error": {"code": code, "message": message}}).encode()


def meaning(asked: Asked, http_status: int, body: bytes) -> type[ExchangeError] | None:
    error = read_answer(asked, http_status, body).error
    return None if error is None else type(error)


@pytest.mark.parametrize("http_status", [200, 201])
@pytest.mark.parametrize("asked", list(Asked))
def test_an_envelope_that_says_ok_is_a_yes(asked: Asked, http_status: int) -> None:
    answer = read_answer(asked, http_status, b'{"status":"OK","data":{"id":7,"externalId":"a"},"new":"field"}')

    assert answer.error is None
    assert answer.envelope is not None
    assert bytes(answer.envelope.data) == b'{"id":7,"externalId":"a"}'


@pytest.mark.parametrize(
    ("code", "http_status", "asked", "wanted"),
    [
        # the code decides, whatever the HTTP status, 200 included
        (1140, 400, Asked.CREATE, Refused),
        (1140, 200, Asked.CREATE, Refused),
        (1140, 500, Asked.CREATE, Refused),
        (1140, 401, Asked.CREATE, Refused),
        (1101, 400, Asked.CREATE, Refused),
        (1136, 400, Asked.CREATE, Refused),
        (1001, 404, Asked.CREATE, NotFound),
        (400, 400, Asked.CREATE, Refused),
        (422, 422, Asked.CREATE, Refused),
        (401, 401, Asked.CREATE, Unauthorised),
        (403, 403, Asked.CREATE, Unauthorised),
        (401, 200, Asked.READ, Unauthorised),
        (429, 429, Asked.CREATE, RateLimited),
        (429, 200, Asked.CANCEL, RateLimited),
        # modes of the venue
        (1010, 400, Asked.CREATE, VenueMode),
        (1011, 400, Asked.CREATE, VenueMode),
        (1012, 400, Asked.CREATE, VenueMode),
        (1014, 400, Asked.CREATE, VenueMode),
        (1002, 400, Asked.CREATE, VenueMode),
        (1010, 503, Asked.READ, VenueMode),
        # a duplicate is not a refusal of the first: look it up
        (1134, 400, Asked.CREATE, OutcomeUnknown),
        # an order that the exchange does not know (any more)
        (1142, 400, Asked.CANCEL, NotFound),
        (1142, 404, Asked.CANCEL, NotFound),
        (404, 404, Asked.CANCEL, NotFound),
        ("NOT_FOUND", 404, Asked.CANCEL, NotFound),
        (404, 404, Asked.READ, NotFound),
        # its own trouble says nothing about the request
        (500, 500, Asked.CREATE, OutcomeUnknown),
        (1006, 400, Asked.CREATE, OutcomeUnknown),
        (500, 500, Asked.CANCEL, OutcomeUnknown),
        (500, 500, Asked.READ, ExchangeUnreachable),
        # a code that nobody documented proves nothing
        (9999, 400, Asked.CREATE, OutcomeUnknown),
        (9999, 400, Asked.CANCEL, OutcomeUnknown),
        (9999, 400, Asked.READ, Refused),
        ("SURPRISE", 400, Asked.CREATE, OutcomeUnknown),
    ],
)
def test_f095_the_code_in_the_envelope_decides(code: object, http_status: int, asked: Asked, wanted: type[ExchangeError]) -> None:
    assert meaning(asked, http_status, refusal(code)) is wanted


def test_a_refusal_keeps_the_exchange_s_code_and_words() -> None:
    body = b'{"status":"ERROR","error":{"code":1140,"message":"New order cost","debugInfo":"Order cost 2"}}'

    error = read_answer(Asked.CREATE, 400, body).error

    assert isinstance(error, Refused)
    assert (error.exchange_code, error.http_status) == (1140, 400)
    assert error.exchange_message == "New order cost Order cost 2"


@pytest.mark.parametrize("asked", WRITES)
@pytest.mark.parametrize("http_status", [500, 502, 503, 504, 200, 404, 400, 301])
@pytest.mark.parametrize("body", [HTML, b"not json", b'{"id": 1}', b"[1,2", b"\xff\xfe", b"[" * 200_000])
def test_f094_a_write_without_envelope_may_have_happened(asked: Asked, http_status: int, body: bytes) -> None:
    assert meaning(asked, http_status, body) is OutcomeUnknown


@pytest.mark.parametrize("asked", WRITES)
@pytest.mark.parametrize("http_status", [404, 500, 502, 400])
def test_a_bare_failure_of_a_write_may_have_happened(asked: Asked, http_status: int) -> None:
    assert meaning(asked, http_status, b"") is OutcomeUnknown


def test_an_empty_yes_to_a_create_lacks_the_id_so_nothing_is_known() -> None:
    assert meaning(Asked.CREATE, 200, b"") is OutcomeUnknown


@pytest.mark.parametrize("asked", [Asked.CANCEL, Asked.SETTING])
@pytest.mark.parametrize("http_status", [200, 204])
def test_an_empty_answer_acknowledges_what_needs_no_data(asked: Asked, http_status: int) -> None:
    assert meaning(asked, http_status, b"") is None


@pytest.mark.parametrize(
    ("http_status", "body", "wanted"),
    [
        (502, HTML, ExchangeUnreachable),
        (404, b"", ExchangeUnreachable),  # the origin lacks the route: nothing is said about the order
        (200, HTML, ProtocolError),
        (200, b"", ProtocolError),
        (429, b"", RateLimited),
        (401, b"", Unauthorised),
        (403, HTML, Unauthorised),
        (503, b"<h1>Scheduled maintenance</h1>", VenueMode),
        (302, b"", ExchangeUnreachable),
    ],
)
def test_a_read_without_envelope_leaves_everything_as_it_was(http_status: int, body: bytes, wanted: type[ExchangeError]) -> None:
    assert meaning(Asked.READ, http_status, body) is wanted


def test_a_bare_refusal_of_the_key_is_no_proof_that_a_create_did_not_happen() -> None:
    assert meaning(Asked.CREATE, 401, b"") is OutcomeUnknown
    assert meaning(Asked.CANCEL, 401, b"") is Unauthorised


@pytest.mark.parametrize("asked", list(Asked))
def test_too_many_requests_needs_no_envelope(asked: Asked) -> None:
    assert meaning(asked, 429, b"slow down") is RateLimited


@pytest.mark.parametrize("text", ["Service Unavailable", "Under MAINTENANCE until noon"])
def test_f098_maintenance_is_recognised_by_its_words(text: str) -> None:
    assert meaning(Asked.CREATE, 503, refusal(503, text)) is VenueMode
    assert meaning(Asked.CREATE, 503, refusal(503, "oops")) is OutcomeUnknown


def test_an_ok_that_contradicts_its_status_is_believed_by_nobody() -> None:
    assert meaning(Asked.CREATE, 500, b'{"status":"OK","data":{"id":1}}') is OutcomeUnknown
    assert meaning(Asked.READ, 500, b'{"status":"OK","data":[]}') is ExchangeUnreachable
    assert meaning(Asked.CREATE, 200, b'{"status":"OK","error":{"code":1140,"message":"x"}}') is Refused
