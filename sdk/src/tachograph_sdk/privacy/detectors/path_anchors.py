"""Where private paths may begin in a text: looked for once, for all detectors of paths."""

from __future__ import annotations

import re

from tachograph_sdk.privacy.detectors.detector import Text

__all__ = ["DRIVE_BACKSLASH", "DRIVE_SLASH", "TWO_BACKSLASHES", "path_anchors"]

DRIVE_SLASH = b":/"
DRIVE_BACKSLASH = b":\\"
TWO_BACKSLASHES = b"\\\\"

# Each pattern begins with one character, so that the search for it runs at the speed of memchr.
_SLASH = re.compile(
    rb"/(?:home(?:[1-9](?=[/\\]))?|users|documents and settings|srv/|mnt/|volumes/|nfs/|exports/|scratch/|media/|run/media/|var/mail/|spool/mail/|"
    rb"crontabs/|systemd/linger/|(?<=:/)(?!/))"
)
_BACKSLASH = re.compile(rb"\\(?:home|users|documents and settings|docume~1|(?<!\\\\)(?=\\)|(?<=:\\))")


def path_anchors(text: Text) -> dict[bytes, list[int]]:
    """The places of each root in the text; ask with `text.once(path_anchors)`.

    The keys are the roots in lower case with their separator ("/home", "/srv/"), and three more: `DRIVE_SLASH` and
    `DRIVE_BACKSLASH`, whose places are those of the separator, and `TWO_BACKSLASHES`.
    """
    lower = text.lower
    places: dict[bytes, list[int]] = {}
    if b"/" in lower:
        for match in _SLASH.finditer(lower):
            root = match[0]
            places.setdefault(root if len(root) > 1 else DRIVE_SLASH, []).append(match.start())
    if b"\\" in lower:
        for match in _BACKSLASH.finditer(lower):
            root, at = match[0], match.start()
            if len(root) == 1:
                root = DRIVE_BACKSLASH if lower[at - 1 : at] == b":" else TWO_BACKSLASHES
            places.setdefault(root, []).append(at)
    return places
