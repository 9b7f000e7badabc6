"""Bytes nobody meant: good ones with a few of them changed, cut, repeated or put in."""

from random import Random

PIECES = (
    b"\x00", b"\xff", b"{", b"}", b"[", b"]", b'"', b"\\u0000", b"\\ud800", b"1e999", b"-0", b"NaN", b"null", b"9" * 50,
    b"0x", b"1.", b"true", b"\xed\xa0\x80", b",", b":", b"1e-400", b"\r\n", b"\r\n\r\n", b"%00", b"%ff", b"/../", b" ",
    b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n",
)  # fmt: skip


def mutated(body: bytes, random: Random) -> bytes:
    """Return a body with a few bytes changed, cut, repeated or put in."""
    for _ in range(random.randint(1, 4)):
        at = random.randrange(len(body) + 1)
        until = min(len(body), at + random.randint(0, 12))
        match random.randrange(4):
            case 0:
                body = body[:at] + random.choice(PIECES) + body[until:]
            case 1:
                body = body[:at] + body[until:]
            case 2:
                body = body[:until] + body[at:until] * random.randint(1, 5) + body[until:]
            case _:
                body = body[:at] + bytes([random.randrange(256)]) + body[at + 1 :]
    return body
