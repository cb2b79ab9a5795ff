"""Names of people in the paths of their home folders, on every system."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tachograph_sdk.privacy.detectors.detector import Detector, Span, Text
from tachograph_sdk.privacy.detectors.path_anchors import path_anchors
from tachograph_sdk.privacy.detectors.path_words import NOT_A_PERSON, ROUTES

__all__ = ["DETECTOR", "home_names"]

_BACK = 128  # characters before a root that are looked at to see whether a path may begin there
_WITHIN = frozenset("./\\%~@+$})_-")  # besides letters and digits: after these, no path begins
_TOKEN = re.compile(r"[^\s\"'`=(,;<>|]*+")
# What may stand before "/home", "/Users" or "\Users", from the first character of the path on.
_ROOTS = re.compile(
    r"""
      -[A-Za-z]{0,2} | [@+] | \.{3} | …                                                # -I/home/jane, @/home/jane, a line of a diff
    | (?:[\w.@-]{1,64}:)?[\\/]{1,4}(?:(?:mnt|cygdrive)[\\/])?[A-Za-z]      # /c/Users, /mnt/c/Users
    | (?:[^/]{1,64}:)?/(?:export|exports|private|var|usr|net|nfs|nfs4|afs|mnt|host|rootfs|hostfs|sysroot|data|System)
      (?:/[\w.-]{1,64}){0,2}
    | (?:https?://[^/\s]{1,64}/|/)?@fs                                          # as Vite serves files
    | /media/[\w.-]{1,64}/[\w.-]{1,64} | /proc/[0-9]{1,7}/root
    | (?:file|sftp|ssh|scp|rsync|nfs|smb|afp|cifs|fish|vscode[\w+.-]{0,24}|git\+ssh|webpack|docker|editor|idea|wsl):
      [\\/]{0,3}[^/\\]{0,100}(?:[\\/]{1,2}[A-Za-z](?::|%3A))?(?:/?mnt/[a-z])?
    | (?:\\\\|//)(?:\?[\\/]|\.[\\/])?(?:[A-Za-z]:|(?:UNC[\\/])?[\w.$-]{1,64}(?:[\\/][\w.$-]{1,64}){0,2})
    """,
    re.VERBOSE | re.IGNORECASE,
)
_UPWARDS = re.compile(r"(?:[a-z-]{3,16}:/{1,3}(?:[\w.-]{1,40}/)?)?(?:\.\./){1,24}\.\.")
_VOLUME = re.compile(r"/Volumes/[^/\n\t\"'<>|:;]{1,64}\Z")
_MOUNTED = re.compile(r"(?:[\\/](?:mnt|cygdrive))?[\\/][A-Za-z]")
# Marks that follow their letter are no letters to `\w`: accents apart, as macOS writes names, and vowels of Indic scripts.
_MARKS = "\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0900-\u0e7f\u1000-\u109f\u1780-\u17d3\u3099\u309a"
_POSIX = re.compile(rf"[^\W_](?>(?:[\w{_MARKS}.+@-]|(?<=\w)['’](?=\w\w)){{0,63}})")
_POSIX_SPACED = re.compile(
    rf"(?>(?: (?!HTTP/)[A-ZÀ-ÞŐŠŽČĆŁŚŻĐА-Я][\w{_MARKS}.'’-]{{0,32}}){{1,3}})(?=/)"
    rf"|(?>(?:\\ [\w{_MARKS}.'’-]{{1,32}}){{1,3}})(?=[/\s\"']|$)"
)
_WINDOWS = re.compile(rf"[\w(][\w{_MARKS}.+@~$!&()'’-]{{0,63}}+")
_WINDOWS_SPACED = re.compile(
    rf"(?>(?: (?!(?:and|or|to|und|et|y|is|was|in|the)\b)[\w{_MARKS}.'’()&-]{{1,32}}){{1,3}})(?=[\\/](?!/))"
)
_QUOTED = re.compile(r"[^\W_][^\\/\"'`\x00-\x1f<>|:*?]{0,63}+(?=[\"'`\\/])")
_FILE = re.compile(r"\.(?:html?|php|aspx?|jsp|[jt]sx?|css|json|xml|svg|png|jpe?g|gif|ico|md|txt|vue|py|go|rs|rb)\Z")
_VERB = re.compile(
    r"\b(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS|CONNECT|[Rr]oute|href|[Uu]rl|[Ee]ndpoint)[\"'`:=( ]{1,4}\Z"
)
_HOMES = (
    b"/home", b"\\home", b"/users", b"\\users", b"/documents and settings", b"\\documents and settings", b"\\docume~1",
    *(b"/home%d" % number for number in range(1, 10)),  # of servers that many share
)  # fmt: skip
_SEPARATORS = frozenset("/\\")


def _find(text: Text) -> Iterator[Span]:
    return iter(text.once(home_names))


def home_names(text: Text) -> tuple[Span, ...]:
    """The names in the home paths of a text; ask with `text.once(home_names)`."""
    places = text.once(path_anchors)
    names: list[Span] = []
    for root in _HOMES:
        end = 0
        for at in places.get(root, ()):
            if at >= end and (span := _name(text.text, at, at + len(root))):
                names.append(span)
                end = span.end
    return tuple(names)


def _name(text: str, start: int, end: int) -> Span | None:
    """The name of a person after this root, if it is one."""
    if text[end : end + 1] not in _SEPARATORS:
        return None
    slash = start
    root = text[slash + 1 : end].rstrip("123456789")
    least = max(0, slash - 3)
    while slash > least and text[slash - 1] in _SEPARATORS:  # more than one, as in C:\\Users
        slash -= 1
    drive = slash >= 2 and text[slash - 1] == ":" and text[slash - 2].isalpha()
    windows = drive or text[end] == "\\"
    token = ""
    if slash and (text[slash - 1] in _WITHIN or text[slash - 1].isalnum()):
        before = text[max(0, slash - _BACK) : slash]
        token = _TOKEN.match(before[::-1])[0][::-1]  # type: ignore[index]
        if not (
            any(map(_ROOTS.fullmatch, (token, token.lstrip("+-"))))
            or (root == "Users" and _UPWARDS.fullmatch(token))
            or (token in ("a", "b") and text[slash : slash + 2] == "//")  # a diff of files by their whole paths
            or ("/Volumes/" in before and _VOLUME.search(before))
        ):
            return None
    if root not in ("home", "Users") and not windows and not _MOUNTED.fullmatch(token):
        return None  # /users/… is a route; only Windows does not mind the case
    at = end
    while at < end + 4 and text[at : at + 1] in ("/", "\\"):
        at += 1
    opening = slash - len(token) - 2 * drive - 1
    stop = _end(text, at, windows=windows, quoted=opening >= 0 and text[opening] in "\"'`")
    name = text[at:stop].casefold()
    if not name or name in NOT_A_PERSON or (len(name) < 4 and name.isdigit()):
        return None
    if not windows and text[stop : stop + 1] != "/":
        if name in ROUTES or _FILE.search(name) or _VERB.search(text, max(0, slash - 12), slash):
            return None
    elif not windows and root == "home" and name in ROUTES:
        return None
    return Span(at, stop, "user", "home-path")


def _end(text: str, at: int, *, windows: bool, quoted: bool) -> int:
    """Where the name that begins here ends; spaces belong to it where a separator or a quote shows that they do."""
    if quoted and (match := _QUOTED.match(text, at)) and _is_name(match[0], windows=windows):
        return match.end()
    match = (_WINDOWS if windows else _POSIX).match(text, at)
    if match is None:
        return at
    spaced = (_WINDOWS_SPACED if windows else _POSIX_SPACED).match(text, match.end())
    if spaced and "." not in match[0]:
        return spaced.end()
    end = match.end()
    if text[end : end + 1] not in _SEPARATORS:
        while end > at and text[end - 1] in ".'’!&-)@+":
            end -= 1
    return end


def _is_name(quoted: str, *, windows: bool) -> bool:
    """Whether all of what stands in quotes up to the next separator is a name: one word, or words written like one."""
    words = quoted.split(" ")
    return len(words) == 1 or (
        len(words) < 5 and (windows or all(word[:1].isupper() for word in words)) and not _FILE.search(words[0])
    )


DETECTOR = Detector(
    id="home_paths",
    help="The name of a person in the path of a home folder: POSIX, macOS, Windows, WSL, network shares, URLs.",
    find=_find,
    catches=(
        ("/Users/jane/project/x.py", "/Users/<user>/project/x.py"),
        ("cwd=/home/jane.doe/src/app", "cwd=/home/<user>/src/app"),
        ("HOME=/home/jane", "HOME=/home/<user>"),
        ("in /home/jane.", "in /home/<user>."),
        ("(/Users/jane)", "(/Users/<user>)"),
        ('File "/Users/Jane Doe/app/main.py", line 3, in run', 'File "/Users/<user>/app/main.py", line 3, in run'),
        ("open /Users/Jane Doe/Library/x.log now", "open /Users/<user>/Library/x.log now"),
        (r"cd /Users/Jane\ Doe/work", "cd /Users/<user>/work"),
        ("    at run (/home/jane/app/index.js:10:5)", "    at run (/home/<user>/app/index.js:10:5)"),
        ("at file:///Users/jane/app.mjs:1:1", "at file:///Users/<user>/app.mjs:1:1"),
        ("file:///C:/Users/jane/a.txt", "file:///C:/Users/<user>/a.txt"),
        ("file:///c%3A/Users/jane/a.txt", "file:///c%3A/Users/<user>/a.txt"),
        ("%2FUsers%2Fjane%2Fapp", "%2FUsers%2F<user>%2Fapp"),
        (r"C:\Users\jane\AppData\Local\Temp", r"C:\Users\<user>\AppData\Local\Temp"),
        (r"C:\Users\Jane Doe\Documents\a.docx", r"C:\Users\<user>\Documents\a.docx"),
        (r"c:\users\jane", r"c:\users\<user>"),
        (r'{"cwd": "C:\\Users\\jane\\app"}', r'{"cwd": "C:\\Users\\<user>\\app"}'),
        (r'"{\"cwd\": \"C:\\\\Users\\\\nina\\\\app\"}"', r'"{\"cwd\": \"C:\\\\Users\\\\<user>\\\\app\"}"'),
        ("D:/Users/jane/x.ts", "D:/Users/<user>/x.ts"),
        (r"C:\Users\JANEDO~1\AppData\Local\Temp\x", r"C:\Users\<user>\AppData\Local\Temp\x"),
        (r"C:\DOCUME~1\JANEDO~1\LOCALS~1\Temp", r"C:\DOCUME~1\<user>\LOCALS~1\Temp"),
        (r"C:\Documents and Settings\jane\Desktop", r"C:\Documents and Settings\<user>\Desktop"),
        ("/mnt/c/Users/jane/app", "/mnt/c/Users/<user>/app"),
        ("/c/Users/jane/app", "/c/Users/<user>/app"),
        ("/cygdrive/c/users/jane/app", "/cygdrive/c/users/<user>/app"),
        (r"\\wsl$\Ubuntu\home\jane\app", r"\\wsl$\Ubuntu\home\<user>\app"),
        ("//wsl.localhost/Ubuntu/home/jane/app", "//wsl.localhost/Ubuntu/home/<user>/app"),
        (r"\\?\C:\Users\jane\app", r"\\?\C:\Users\<user>\app"),
        ("/home2/jane/public_html", "/home2/<user>/public_html"),
        ("/Users/Jo\u0308rg/x, /home/नेहा/x", "/Users/<user>/x, /home/<user>/x"),
        ("/Users/Zoe\u0308 Bronte\u0308/Library/x", "/Users/<user>/Library/x"),
        ("/export/home/jane/x", "/export/home/<user>/x"),
        ("/var/home/jane/x", "/var/home/<user>/x"),
        ("/System/Volumes/Data/Users/jane/x", "/System/Volumes/Data/Users/<user>/x"),
        ("/Volumes/Macintosh HD/Users/jane/x", "/Volumes/Macintosh HD/Users/<user>/x"),
        ("/Users/žofie/práce.txt", "/Users/<user>/práce.txt"),
        ("/home/李雷/代码/main.go", "/home/<user>/代码/main.go"),
        (r"C:\Users\Müller\x", r"C:\Users\<user>\x"),
        ("vscode-remote://ssh-remote+box/home/jane/app", "vscode-remote://ssh-remote+box/home/<user>/app"),
        (
            "PATH=/usr/bin:/home/jane/.local/bin:/Users/bob/bin",
            "PATH=/usr/bin:/home/<user>/.local/bin:/Users/<user>/bin",
        ),
        ("cp /home/jane/a /home/bob/b", "cp /home/<user>/a /home/<user>/b"),
        ("-I/home/jane/include -L/home/jane/lib", "-I/home/<user>/include -L/home/<user>/lib"),
        ("-/mnt/d/Users/jane/x.txt", "-/mnt/d/Users/<user>/x.txt"),
        ("reload ../../Users/jane/w/src/App.vue", "reload ../../Users/<user>/w/src/App.vue"),
        ("http://localhost:3000/@fs/Users/jane/app/main.tsx", "http://localhost:3000/@fs/Users/<user>/app/main.tsx"),
        ("--- a//home/jane/x.md\n+++ b//home/jane/x.md", "--- a//home/<user>/x.md\n+++ b//home/<user>/x.md"),
        ("webpack:///../../Users/jane/app/a.js", "webpack:///../../Users/<user>/app/a.js"),
        ("/Users/jane and /Users/bob", "/Users/<user> and /Users/<user>"),
    ),
    spares=(
        "/users/profile",
        "/home/page",
        '{"text": "/home/page.html is the landing page"}',
        "GET /home/jane HTTP/1.1",
        "https://example.com/home/news/today",
        "https://example.com/Users/42",
        "src/home/index.ts and app/users/models.py",
        "/home/runner/work/repo/repo",
        "/root/.ssh/config",
        "/Users/Shared/x",
        "/home/node/app",
        "/home/ubuntu/x",
        r"C:\Users\Public\Desktop",
        r"C:\Users\Default\x",
        "/home/$USER/x and /home/${USER}/y and /Users/<user>/z",
        "/home/{name}/x, /home/:id, /home/*/x",
        "./home/app and ../Users/app",
        "the home/office",
        "import { Users } from '@/models/users/types'",
        "/home/",
        r"C:\Users\%USERNAME%\x",
        "/usr/share/doc and /etc/passwd and /opt/app/bin and /tmp/x/y.py and /app/main.py and /workspace/a.ts",
        r"C:\Windows\System32 C:\Program Files\Git\bin",
    ),
    signs=(b"/", b"\\"),
)
