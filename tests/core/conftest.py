"""A second writing of SipHash that the tests of keyed randomness hold ours against."""

from __future__ import annotations

from collections.abc import Callable

import pytest

MASK = 2**64 - 1


def siphash_2_4(key: bytes, message: bytes) -> int:
    """SipHash-2-4 written from the paper, on Python's integers, one byte string at a time."""

    def rotate(x: int, bits: int) -> int:
        return ((x << bits) | (x >> (64 - bits))) & MASK

    def rounds(v: list[int], n: int) -> None:
        for _ in range(n):
            v[0] = (v[0] + v[1]) & MASK
            v[2] = (v[2] + v[3]) & MASK
            v[1] = rotate(v[1], 13) ^ v[0]
            v[3] = rotate(v[3], 16) ^ v[2]
            v[0] = rotate(v[0], 32)
            v[2] = (v[2] + v[1]) & MASK
            v[0] = (v[0] + v[3]) & MASK
            v[1] = rotate(v[1], 17) ^ v[2]
            v[3] = rotate(v[3], 21) ^ v[0]
            v[2] = rotate(v[2], 32)

    k = [int.from_bytes(key[:8], "little"), int.from_bytes(key[8:], "little")]
    text = b"somepseudorandomlygeneratedbytes"
    v = [k[i % 2] ^ int.from_bytes(text[8 * i : 8 * i + 8], "big") for i in range(4)]
    padded = message + b"\0" * (7 - len(message) % 8) + bytes([len(message) % 256])
    for i in range(0, len(padded), 8):
        word = int.from_bytes(padded[i : i + 8], "little")
        v[3] ^= word
        rounds(v, 2)
        v[0] ^= word
    v[2] ^= 0xFF
    rounds(v, 4)
    return v[0] ^ v[1] ^ v[2] ^ v[3]


@pytest.fixture(scope="session")
def sip() -> Callable[[bytes, bytes], int]:
    """SipHash-2-4 of a key of 16 bytes and a message."""
    return siphash_2_4
