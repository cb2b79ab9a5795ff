"""Other scrubbers behind one call, for the environment that `requirements/peers.txt` makes. Imports nothing of ours.

    python bench/scrub_peers.py corpus TEXTS.json ANSWERS.json
    python bench/scrub_peers.py speed TEXTS.json ANSWERS.json

TEXTS is a list of texts for `corpus`, and an object of name and text for `speed`. ANSWERS has for each scrubber its
version and either its answers and the seconds they took, or the seconds for each text.

How each is called, in its own favour where there is a choice, stands in the docstring of its class. What a scrubber
names as found is replaced by `<found>`, so that the same scorer reads all answers.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

__all__ = ["PEERS"]

FOUND = "<found>"
REST = re.compile(r"[A-Za-z0-9_.+/=~-]*")
PAIR = re.compile(
    r"""(?m)^[>\s]*(?P<header>[A-Za-z][A-Za-z0-9-]*):[ ](?P<line>.+)$
    |(?P<q>["']?)(?P<key>[A-Za-z_][\w.-]*)(?P=q)\s*(?:=>|:=|[:=])\s*(?P<value>"[^"\n]*"|'[^'\n]*'|[^\s,;&"']+)""",
    re.VERBOSE,
)


def without(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """The text with each span replaced; overlapping ones as one."""
    pieces, at = [], 0
    merged: list[list[int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], end)
        elif start < end:
            merged.append([start, end])
    for start, end in merged:
        pieces += [text[at:start], FOUND]
        at = end
    return "".join([*pieces, text[at:]])


class SentrySdk:
    """EventScrubber(recursive=True) with its own lists of keys.

    It never looks into free text. So every `key: value`, `key=value` and header of the text is given to it as the
    structured data of an event, as if the application had logged it so; for speed only the scrubbing is timed.
    """

    package = "sentry-sdk"

    def __init__(self) -> None:
        self.scrubber: Any = import_module("sentry_sdk.scrubber").EventScrubber(recursive=True)

    def event(self, text: str) -> tuple[dict[str, Any], list[tuple[int, int]]]:
        """The event, and where the value of each of its pairs stands in the text."""
        pairs, spans = [], []
        for match in PAIR.finditer(text):
            group = "line" if match["header"] else "value"
            start, end = match.span(group)
            if text[start] in "\"'" and end - start > 1:
                start, end = start + 1, end - 1
            pairs.append({match["header"] or match["key"]: text[start:end]})
            spans.append((start, end))
        return {"message": text, "extra": {"pairs": pairs}}, spans

    def __call__(self, text: str) -> str:
        event, spans = self.event(text)
        self.scrubber.scrub_event(event)
        pairs = event["extra"]["pairs"]
        gone = [span for span, pair in zip(spans, pairs, strict=True) if not isinstance(next(iter(pair.values())), str)]
        return without(text, gone)

    def prepare(self, text: str) -> Callable[[], object]:
        """Logs come as one event a line."""
        events = [self.event(line)[0] for line in text.split("\n")]
        return lambda: [self.scrubber.scrub_event(event) for event in events]


class SentryRelay:
    """Sentry's server-side scrubbing: the default data scrubbing, and every built-in rule on the text of a message."""

    package = "sentry-relay"
    rules: tuple[str, ...] = (
        "@ip", "@imei", "@mac", "@email", "@creditcard", "@iban", "@userpath", "@pemkey", "@urlauth", "@usssn", "@bearer", "@password",
    )  # fmt: skip

    def __init__(self) -> None:
        self.relay: Any = import_module("sentry_relay.processing")
        self.rules = tuple(rule for rule in self.rules if self._is_known(rule))
        self.config = {"applications": {"$message || $string": list(self.rules)}}

    def _is_known(self, rule: str) -> bool:
        try:
            self.relay.validate_pii_config(json.dumps({"applications": {"$string": [rule]}}))
            self.relay.pii_strip_event({"applications": {"$string": [rule]}}, {"extra": {"x": "y"}})
        except Exception:  # noqa: BLE001 - whatever it raises, this rule is none
            return False
        return True

    def __call__(self, text: str) -> str:
        event = self.relay.pii_strip_event(self.config, {"extra": {"text": text}})
        value = event.get("extra", {}).get("text")
        return "" if value is None else re.sub(r"\[[a-z:_ ]+\]|\*{4,}", FOUND, value) if value != text else text

    def prepare(self, text: str) -> Callable[[], object]:
        events = [{"extra": {"text": line}} for line in text.split("\n")]
        return lambda: [self.relay.pii_strip_event(self.config, event) for event in events]


class Scrubadub:
    """Every detector that needs no model: the default ones and those to be switched on, for en_GB and en_US."""

    package = "scrubadub"

    def __init__(self) -> None:
        module: Any = import_module("scrubadub")
        self.scrubbers = []
        for locale in ("en_GB", "en_US"):
            scrubber = module.Scrubber(detector_list=[], locale=locale)
            for name, detector in module.detectors.detector_catalogue.get_all().items():
                fits = getattr(detector, "supported_locale", lambda _: True)
                if name not in ("text_blob_name", "user_supplied", "tagged") and fits(locale):
                    scrubber.add_detector(detector)
            self.scrubbers.append(scrubber)

    def __call__(self, text: str) -> str:
        found = [f for s in self.scrubbers for f in s.iter_filth(text)]
        return without(text, [(f.beg, f.end) for f in found])

    def prepare(self, text: str) -> Callable[[], object]:
        """A line at a time: on long texts its time does not stay in proportion."""
        return lambda: [self(line) for line in text.split("\n")]


class DetectSecrets:
    """Default plugins and filters over a file; what is found is looked for in its line, and goes to the end of its word.

    It may report a secret by its beginning, because it points to secrets and does not replace them.
    """

    package = "detect-secrets"

    def __init__(self) -> None:
        self.settings: Any = import_module("detect_secrets.settings")
        self.core: Any = import_module("detect_secrets.core.scan")
        self.folder = tempfile.TemporaryDirectory()

    def find(self, text: str) -> list[Any]:
        """The secrets, as it reports them."""
        path = Path(self.folder.name) / "text.txt"
        path.write_text(text, "utf-8", newline="")
        with self.settings.default_settings():
            return list(self.core.scan_file(str(path)))

    def __call__(self, text: str) -> str:
        starts = [0, *[m.end() for m in re.finditer("\n", text)], len(text) + 1]
        spans = []
        for found in self.find(text):
            first, last = starts[found.line_number - 1], starts[found.line_number]
            at = text.find(found.secret_value, first, last) if found.secret_value else -1
            if at >= 0:
                rest = REST.match(text, at + len(found.secret_value))
                spans.append((at, rest.end() if rest else at + len(found.secret_value)))
        return without(text, spans)

    def prepare(self, text: str) -> Callable[[], object]:
        return lambda: self.find(text)


class Presidio:
    """Every predefined pattern recogniser, of all countries, from a score of 0.4; no language model.

    Those of URLs and dates are left out, because neither is private. Context words work: the engine gets spaCy's blank English tokeniser, with words in lower case for lemmas.
    """

    package = "presidio-analyzer"

    def __init__(self) -> None:
        analyzer: Any = import_module("presidio_analyzer")
        spacy: Any = import_module("spacy")
        recognizers: Any = import_module("presidio_analyzer.predefined_recognizers")
        engine_class: Any = import_module("presidio_analyzer.nlp_engine").SpacyNlpEngine

        class Words(engine_class):  # type: ignore[misc]
            def __init__(self) -> None:
                super().__init__()
                self.nlp = {"en": spacy.blank("en")}

            def process_text(self, text: str, language: str) -> Any:
                doc = self.nlp[language](text)
                for token in doc:
                    token.lemma_ = token.lower_
                return self._doc_to_nlp_artifact(doc, language)

        registry = analyzer.RecognizerRegistry(supported_languages=["en"])
        for name in dir(recognizers):
            kind = getattr(recognizers, name)
            if isinstance(kind, type) and (issubclass(kind, analyzer.PatternRecognizer) or name == "PhoneRecognizer"):
                try:
                    registry.add_recognizer(kind(supported_language="en"))
                except Exception:  # noqa: BLE001 - some are bases of others
                    continue
        for entity in ("UrlRecognizer", "DateRecognizer"):
            registry.remove_recognizer(entity)
        self.count = len(registry.recognizers)
        self.engine = analyzer.AnalyzerEngine(registry=registry, nlp_engine=Words(), supported_languages=["en"])

    def __call__(self, text: str) -> str:
        found = self.engine.analyze(text=text, language="en", score_threshold=0.4)
        return without(text, [(f.start, f.end) for f in found])

    def prepare(self, text: str) -> Callable[[], object]:
        """A line at a time: on long texts its time does not stay in proportion."""
        return lambda: [self(line) for line in text.split("\n")]


PEERS = (SentrySdk, SentryRelay, DetectSecrets, Scrubadub, Presidio)


def main() -> None:
    logging.disable(logging.CRITICAL)
    mode, source, target, *wanted = sys.argv[1:]
    texts = json.loads(Path(source).read_text("utf-8"))
    answers: dict[str, Any] = {}
    for kind in PEERS:
        if wanted and kind.package not in wanted:
            continue
        peer = kind()
        result: dict[str, Any] = {"version": version(kind.package)}
        if mode == "corpus":
            outputs = []
            start = time.process_time()
            for text in texts:
                try:
                    outputs.append(peer(text))
                except Exception:  # noqa: BLE001 - as a program would: nothing is released
                    outputs.append("<dropped>")
            result |= {"outputs": outputs, "seconds": time.process_time() - start}
        else:
            result["seconds"] = {}
            for name, text in texts.items():
                run = peer.prepare(text)
                start = time.process_time()
                run()
                result["seconds"][name] = time.process_time() - start
        answers[kind.package] = result
    Path(target).write_text(json.dumps(answers), "utf-8")


if __name__ == "__main__":
    main()
