"""A plugin in Python, as small as one can be: it finds records that begin with `!`.

Its pack must be the one in `tests/guests/pack`: item 0, predicate 0 of rule 0 is `contains '!'`.

Built by `componentize-py -d wit/v0.2 -w plugin componentize --stub-wasi app -o python.wasm`; it runs under the profile
`interpreter`.
"""

import struct

from componentize_py_types import Err
from wit_world import exports
from wit_world.exports import types as t

configured = False
judged = 0


def records(batch):
    for position, origin in enumerate(batch.origin_of):
        if origin >= len(batch.origins):
            raise Err(t.ReadError_BadOrigin(position))
    if len(batch.origin_of) != len(batch.ends):
        raise Err(t.ReadError_BadOrigin(min(len(batch.origin_of), len(batch.ends))))
    start = 0
    for position, end in enumerate(batch.ends):
        if end < start or end > len(batch.bytes):
            raise Err(t.ReadError_BadEnds(position))
        yield batch.bytes[start:end]
        start = end
    if start != len(batch.bytes):
        raise Err(t.ReadError_BadEnds(max(len(batch.ends) - 1, 0)))


def line():
    """The class of all records."""
    return t.Class(0, t.Logsource("test", None, None), True, False, False)


def finding(sequence):
    text = t.TextPlace(t.Within_Own(), t.Step(t.Span(0, 1), t.Encoding.RAW), [])
    evidence = t.Evidence(t.Claim_Item(t.RuleItem(0, 0, 0)), t.Place_Text(text))
    return t.Finding(
        subject=t.Subject_Record(sequence),
        at=sequence,
        alert=None,
        same_act=None,
        entities=[],
        fields=[],
        hits=[t.Hit(0, [0], False)],
        further_hits=[],
        hits_total=1,
        evidence=[evidence],
        base=-200,
        contributions=[t.Contribution(0, 1, t.FeatureValue_Shown(), 700, [0])],
        points=500,
        probability=620_000,
        probability_low=600_000,
        probability_high=640_000,
        verdict=t.Verdict.ABOVE,
        missing=[],
    )


class Detector(exports.Detector):
    def describe(self):
        return t.Description("python", "1", ["text"], 1)

    def configure(self, pack, settings):
        global configured
        configured = True
        return t.PackSummary(bytes(32), 0, 0, 0, 0, 0)

    def read(self, batch):
        if not configured:
            raise Err(t.ReadError_NotConfigured())
        noted = [index for index, record in enumerate(records(batch)) if record[:1] == b"!"]
        count = len(batch.ends)
        return t.Reading(
            classes=[line()] if count else [],
            class_of=[0] * count,
            times=[0] * count,
            unscored=[],
            outside=[],
            noted=noted,
            # A note is one byte, as nothing but its sequence matters.
            notes=t.Notes(b"!" * len(noted), list(range(1, len(noted) + 1))),
            suppressed=[],
            undecided=[],
        )

    def judge(self, notes, sequences):
        global judged
        if not configured:
            raise Err(t.JudgeError_NotConfigured())
        if len(notes.ends) != len(sequences):
            raise Err(t.JudgeError_BadSequence(min(len(notes.ends), len(sequences))))
        for position, (before, after) in enumerate(zip(sequences, sequences[1:])):
            if before >= after:
                raise Err(t.JudgeError_BadSequence(position + 1))
        for position, (end, note) in enumerate(zip(notes.ends, notes.bytes)):
            if end != position + 1 or note != ord("!"):
                raise Err(t.JudgeError_Malformed(position))
        judged = (judged + len(sequences)) % 2**64
        return t.Outcome([finding(sequence) for sequence in sequences], 0)

    def advance(self, at, to):
        if not configured:
            raise Err(t.JudgeError_NotConfigured())
        return t.Outcome([], 0)

    def explain(self, bytes, origin):
        if not configured:
            raise Err(t.ExplainError_NotConfigured())
        return t.Explanation(
            class_=line(),
            time=0,
            categories=[],
            fields=[],
            considered=1,
            other_logsource=0,
            finding=finding(0) if bytes[:1] == b"!" else None,
            suppressed=[],
            near_misses=[],
        )

    def view(self, batch, fields):
        if not configured:
            raise Err(t.ReadError_NotConfigured())
        views = [t.RecordView(0, 0, []) for _ in records(batch)]
        return t.View([line()] if views else [], views)

    def save(self):
        if not configured:
            raise Err(t.StateError_NotConfigured())
        return struct.pack("<Q", judged)

    def restore(self, state):
        global judged
        if not configured:
            raise Err(t.StateError_NotConfigured())
        if len(state) != 8:
            raise Err(t.StateError_NotAState())
        (judged,) = struct.unpack("<Q", state)
        return t.Restored(["judged"], [])


class Types(exports.Types):
    pass
