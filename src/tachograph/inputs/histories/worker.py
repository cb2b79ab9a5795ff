"""A reading process: `python -m tachograph.inputs.histories.worker`.

Gets the module path, its pipeline's recipe and then units on standard input, answers on standard output, ends when its input does.
Frames are a length and a body; the recipe is pickled by our own parent, everything else is MessagePack.
"""

from __future__ import annotations

import gc
import os
import pickle
import struct
import sys
from typing import Any, BinaryIO

import msgspec

from tachograph.inputs.histories.unit import Unit
from tachograph.inputs.histories.work import work

__all__ = ["READY", "main", "read_frame", "write_frame"]

READY = b"ready"
"""The first frame of a process that can work."""

_LENGTH = struct.Struct(">Q")


def write_frame(stream: BinaryIO, body: bytes) -> None:
    """Send one frame."""
    stream.write(_LENGTH.pack(len(body)))
    stream.write(body)
    stream.flush()


def read_frame(stream: BinaryIO) -> bytes | None:
    """Receive one frame, None at the end of the stream."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    body = stream.read(length)
    return body if len(body) == length else None


def main() -> None:
    """Work until standard input ends."""
    source, sink = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever prints must not break the frames
    path, recipe = read_frame(source), read_frame(source)
    if path is None or recipe is None:
        return
    sys.path[:] = msgspec.msgpack.decode(path, type=list[str])
    make_pipeline, pack = pickle.loads(recipe)  # noqa: S301 - from the process that started this one
    pipeline: Any = make_pipeline()
    write_frame(sink, READY)
    gc.disable()  # everything made here is handed over or freed by its count; cycles are not made per line
    decode = msgspec.msgpack.Decoder(Unit).decode
    encode = msgspec.msgpack.Encoder().encode
    while (body := read_frame(source)) is not None:
        work(decode(body), pipeline, lambda done: write_frame(sink, encode(done)), pack)
        write_frame(sink, b"")  # the unit is done


if __name__ == "__main__":
    try:
        main()
    except BrokenPipeError:  # nobody wants the results any more
        os._exit(1)
    except Exception as error:  # noqa: BLE001 - a process's end: an error's text may quote what was read, so it is not shown
        sys.stderr.write(f"a transcript reader ended: {type(error).__name__}\n")
        sys.stderr.flush()
        os._exit(1)
