//! sigma-rust as a lane.
//!
//! It matches one rule against one record, so the lane loops over the rules; it knows no logsources, so the lane passes
//! over the rules of other logsources, which makes it faster and its hits comparable.

use std::{fs, path::PathBuf, process::ExitCode, sync::Arc, time::Instant};

use glassbox_head_to_head::{
    ALLOCATOR_NAME, COMPILER,
    lane::{self, EngineFacts, InputFacts, Lane, Ran, RecordHits, RejectedRule},
    records,
    routing::{self, Routing},
};
use rsigma_parser::LogSource;
use serde_json::Value;
use sigma_rust::{Event, Rule};

#[derive(Default)]
struct SigmaRust {
    routing: Routing,
    rules: Vec<Rule>,
    /// The rules of each route.
    by_route: Vec<Vec<usize>>,
    input: Arc<Vec<u8>>,
    facts: InputFacts,
    /// Pairs of record and rule.
    hits: Vec<(u64, usize)>,
}

impl Lane for SigmaRust {
    fn rules(&mut self, files: &[PathBuf]) -> Result<EngineFacts, String> {
        self.rules.clear();
        let mut rejected = Vec::new();
        for path in files {
            let file = path.display().to_string();
            let text = fs::read_to_string(path).map_err(|error| format!("{file} cannot be read: {error}"))?;
            match sigma_rust::rule_from_yaml(&text) {
                Ok(rule) => self.rules.push(rule),
                Err(error) => rejected.push(RejectedRule { file, reason: error.to_string() }),
            }
        }
        let sources: Vec<LogSource> = self.rules.iter().map(logsource).collect();
        let about = |record: &LogSource| {
            (0..sources.len()).filter(|&rule| routing::compatible(&sources[rule], record)).collect()
        };
        self.by_route = self.routing.sources().iter().map(about).collect();
        Ok(EngineFacts {
            name: "sigma-rust".to_owned(),
            version: "0.7.0".to_owned(),
            settings: "rules of the record's logsource, one by one".to_owned(),
            allocator: ALLOCATOR_NAME.to_owned(),
            compiler: COMPILER.to_owned(),
            rules: self.rules.len() as u64,
            rejected,
        })
    }

    fn input(&mut self, bytes: Arc<Vec<u8>>) -> Result<InputFacts, String> {
        self.facts = InputFacts { records: records(&bytes).count() as u64, bytes: bytes.len() as u64 };
        self.input = bytes;
        Ok(self.facts)
    }

    fn run(&mut self) -> Result<Ran, String> {
        if self.by_route.is_empty() {
            return Err("rules come before a run".to_owned());
        }
        self.hits.clear();
        let began = Instant::now();
        for (number, record) in (0..).zip(records(&self.input)) {
            let Ok(mut document) = serde_json::from_slice::<Value>(record) else { continue };
            let route = self.routing.route_of(&document);
            routing::rename(&mut document, self.routing.aliases(route));
            let Ok(event) = Event::try_from(document) else { continue };
            let rules = self.by_route[route].iter().copied();
            self.hits.extend(rules.filter(|&rule| self.rules[rule].is_match(&event)).map(|rule| (number, rule)));
        }
        let nanoseconds = began.elapsed().as_nanos() as u64;
        let hits = self.hits();
        let InputFacts { records, bytes } = self.facts;
        let (count, digest) = (lane::count(&hits), lane::digest(&hits));
        Ok(Ran { nanoseconds, records, bytes, hits: count, digest, stages: Vec::new() })
    }

    fn hits(&self) -> Vec<RecordHits> {
        let id =
            |&(_, rule): &(u64, usize)| self.rules[rule].id.clone().unwrap_or_else(|| self.rules[rule].title.clone());
        let by_record = self.hits.chunk_by(|one, other| one.0 == other.0);
        by_record.map(|hits| RecordHits::new(hits[0].0, hits.iter().map(id).collect())).collect()
    }
}

fn logsource(rule: &Rule) -> LogSource {
    let sigma_rust = &rule.logsource;
    let mut logsource = LogSource {
        category: sigma_rust.category.clone(),
        product: sigma_rust.product.clone(),
        service: sigma_rust.service.clone(),
        ..LogSource::default()
    };
    routing::widen(&mut logsource);
    logsource
}

fn main() -> ExitCode {
    match lane::serve(&mut SigmaRust::default()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("lane_sigma_rust: {error}");
            ExitCode::FAILURE
        }
    }
}
