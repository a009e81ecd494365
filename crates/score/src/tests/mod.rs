//! A small model of every kind of feature, and records made of plain values.

mod contexts;
mod counterfactuals;
mod loading;
mod scoring;
mod starter;

use std::collections::BTreeMap;

use glassbox_finding::{Encoding, Span, Step};
use serde_json::{Value, json};

use crate::*;

/// A record whose fields stand one after another, each followed by a line break.
struct Record {
    bytes: Vec<u8>,
    fields: Vec<String>,
    values: BTreeMap<String, Vec<(Subject<'static>, Step)>>,
}

impl Record {
    fn new(model: &Model, values: &[(&str, &str)]) -> (Extractor, Self) {
        let mut fields = vec!["Unrelated".to_owned()];
        let extractor = Extractor::new(model, &mut fields);
        let mut record = Self { bytes: Vec::new(), fields, values: BTreeMap::new() };
        for (name, text) in values {
            let start = record.bytes.len() as u32;
            record.bytes.extend(text.as_bytes());
            let span = Span { start, end: record.bytes.len() as u32 };
            record.bytes.push(b'\n');
            let place = Step { span, encoding: Encoding::Raw };
            record.values.entry((*name).to_owned()).or_default().push((Subject::new((*text).to_owned()), place));
        }
        (extractor, record)
    }
}

impl FieldValues for Record {
    fn for_each<'v>(&'v self, slot: usize, each: &mut dyn FnMut(&'v Subject<'static>, Step)) {
        for (subject, place) in self.values.get(&self.fields[slot]).into_iter().flatten() {
            each(subject, *place);
        }
    }
}

const PROCESS: Origin<'_> = Origin { product: Some("windows"), service: None, categories: &["process_creation"] };

fn small() -> Value {
    json!({
        "format": 1, "name": "small", "base": -3000, "threshold": 500_000,
        "terms": [
            {"name": "level", "title": "level", "feature": {"kind": "rule-level"}, "monotone": "increasing", "bins": [
                {"name": "none", "points": 0, "phrase": "p"}, {"name": "informational", "points": -10, "phrase": "p"},
                {"name": "low", "points": -5, "phrase": "p"}, {"name": "medium", "points": 5, "phrase": "p"},
                {"name": "high", "points": 1000, "phrase": "p"}, {"name": "critical", "points": 2000, "phrase": "p"}]},
            {"name": "repetition", "title": "r", "feature":
                {"kind": "seen-before", "fact": "rule-on-entity", "warm_up": {"sightings": 100, "days": 2}},
             "monotone": "decreasing", "missing": {"points": 0, "phrase": "p"}, "bins": [
                {"name": "never", "points": 300, "phrase": "p", "at_least": 0},
                {"name": "often", "points": -300, "phrase": "p", "at_least": 10}]},
            {"name": "parent", "title": "parent", "feature": {"kind": "field-class", "fields": ["ParentImage"]},
             "applies_to": [{"category": "process_creation"}], "missing": {"points": 11, "phrase": "p"},
             "abstain_when_missing": true, "bins": [
                {"name": "office", "points": 500, "phrase": "an office program",
                 "any": [{"operator": "ends-with", "operands": ["\\winword.exe", "\\excel.exe"]}]},
                {"name": "other", "points": 0, "phrase": "another program"}]},
            {"name": "command", "title": "command", "feature": {"kind": "field-class", "fields": ["CommandLine", "Script"]},
             "missing": {"points": 0, "phrase": "p"}, "bins": [
                {"name": "encoded", "points": 700, "phrase": "p", "any": [
                    {"operator": "regex", "operands": ["b{4}"]}, {"operator": "contains", "operands": ["-enc"]}]},
                {"name": "plain", "points": -20, "phrase": "p"}]},
            {"name": "length", "title": "length", "feature": {"kind": "field-length", "fields": ["CommandLine"]},
             "missing": {"points": 1, "phrase": "p"}, "monotone": "increasing", "bins": [
                {"name": "short", "points": 0, "phrase": "p", "at_least": 0},
                {"name": "long", "points": 40, "phrase": "p", "at_least": 20}]},
            {"name": "pair", "title": "pair", "feature": {"kind": "pair", "first": "parent", "second": "command"},
             "missing": {"points": 3, "phrase": "p"}, "bins": [
                {"name": "both", "points": 900, "phrase": "p", "cells": [{"first": ["office"], "second": ["encoded"]}]},
                {"name": "ordinary", "points": 0, "phrase": "p"}]},
            {"name": "hits", "title": "h", "feature": {"kind": "hit-count"}, "monotone": "increasing", "bins": [
                {"name": "one", "points": 0, "phrase": "p", "at_least": 0},
                {"name": "more", "points": 100, "phrase": "p", "at_least": 2}]},
            {"name": "techniques", "title": "t", "feature": {"kind": "technique-count"}, "monotone": "increasing", "bins": [
                {"name": "one", "points": 0, "phrase": "p", "at_least": 0},
                {"name": "more", "points": 50, "phrase": "p", "at_least": 2}]},
            {"name": "tactics", "title": "t", "feature": {"kind": "tactic-count"}, "monotone": "increasing", "bins": [
                {"name": "one", "points": 0, "phrase": "p", "at_least": 0},
                {"name": "more", "points": 60, "phrase": "p", "at_least": 2}]},
            {"name": "status", "title": "s", "feature": {"kind": "rule-status"}, "bins": [
                {"name": "none", "points": 0, "phrase": "p"}, {"name": "unsupported", "points": 0, "phrase": "p"},
                {"name": "deprecated", "points": 0, "phrase": "p"}, {"name": "experimental", "points": 0, "phrase": "p"},
                {"name": "test", "points": 9, "phrase": "p"}, {"name": "stable", "points": 0, "phrase": "p"}]},
            {"name": "entropy", "title": "e", "feature": {"kind": "field-entropy", "fields": ["CommandLine"]},
             "missing": {"points": 0, "phrase": "p"}, "bins": [
                {"name": "low", "points": 0, "phrase": "p", "at_least": 0},
                {"name": "high", "points": 70, "phrase": "p", "at_least": 3000}]},
            {"name": "criticality", "title": "c", "feature": {"kind": "asset-criticality"}, "monotone": "increasing",
             "missing": {"points": 0, "phrase": "p"}, "bins": [
                {"name": "low", "points": -1, "phrase": "p"}, {"name": "medium", "points": 0, "phrase": "p"},
                {"name": "high", "points": 1, "phrase": "p"}, {"name": "critical", "points": 2, "phrase": "p"}]},
        ],
        "calibration": [
            {"points": -2000, "probability": 100_000, "low": 50_000, "high": 200_000},
            {"points": 0, "probability": 500_000, "low": 400_000, "high": 600_000},
            {"points": 2000, "probability": 900_000, "low": 800_000, "high": 950_000}]
    })
}

fn parse(model: &Value) -> Result<Model, ModelError> {
    Model::parse(model.to_string().as_bytes())
}
