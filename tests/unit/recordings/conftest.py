"""WAV files as Asterisk writes them."""

import struct
import wave

import pytest

RATE = 8000


@pytest.fixture
def record(tmp_path):
    """Write a WAV of so many seconds, whose samples count up; its path."""

    def make(name, seconds, folder=tmp_path):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with wave.open(str(path), "wb") as audio:
            audio.setnchannels(1)
            audio.setsampwidth(2)
            audio.setframerate(RATE)
            count = round(seconds * RATE)
            audio.writeframes(struct.pack(f"<{count}h", *(n % 30_000 for n in range(count))))
        return path

    return make
