"""A plugin in Python, as small as one can be: it finds records that begin with `!`.

Built by `componentize-py -d wit -w plugin componentize --stub-wasi app -o python.wasm`; it runs under the profile
`interpreter`.
"""

import struct

from componentize_py_types import Err
from wit_world import exports
from wit_world.exports import types as t

configured = False
judged = 0


def records(batch):
    start = 0
    for position, end in enumerate(batch.ends):
        if end < start or end > len(batch.bytes):
            raise Err(t.ReadError_BadEnds(position))
        yield batch.bytes[start:end]
        start = end
    if start != len(batch.bytes):
        raise Err(t.ReadError_BadEnds(max(len(batch.ends) - 1, 0)))


def finding(index):
    place = t.Place_Text(t.TextPlace(t.Span(0, 1), t.Encoding.RAW))
    evidence = t.Evidence("selection", "", t.Predicate(t.Operator.CONTAINS, "!", False), 0, 1, place, "!")
    return t.Finding(
        index=index,
        time=None,
        schema="line",
        logsource=t.Logsource(None, None, None),
        entities=[],
        fields=[],
        hits=[t.Hit("told", [0])],
        further_hits=[],
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
        return t.Description("python", "1", ["line"], 1)

    def configure(self, pack, settings):
        global configured
        configured = True
        return t.PackSummary(bytes(32), 0, 0, 0)

    def read(self, batch):
        if not configured:
            raise Err(t.ReadError_NotConfigured())
        noted = [index for index, record in enumerate(records(batch)) if record[:1] == b"!"]
        count = len(batch.ends)
        schemas = [t.SchemaCount("line", count)] if count else []
        body = struct.pack(f"<I{len(noted)}I", count, *noted)
        return t.Reading(noted, [], [], count - len(noted), None, schemas, 0, body)

    def judge(self, body, watermark):
        global judged
        if not configured:
            raise Err(t.JudgeError_NotConfigured())
        if not body:
            return t.Outcome([], [])
        if len(body) % 4:
            raise Err(t.JudgeError_Malformed(len(body)))
        count, *noted = struct.unpack(f"<{len(body) // 4}I", body)
        judged = (judged + count) % 2**64
        return t.Outcome([finding(index) for index in noted], [])

    def explain(self, bytes, hint):
        if not configured:
            raise Err(t.ExplainError_NotConfigured())
        found = finding(0) if bytes[:1] == b"!" else None
        return t.Explanation("line", hint, [], None, [], 1, 0, found, [])

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
