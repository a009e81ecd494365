//! rsigma-eval as a lane.
//!
//! Options choose how it is set up; without any it is set up as it was measured to be fastest on Windows records:
//! `--parser serde_json|sonic-rs`, `--engines one|by-logsource`, `--bloom`, `--cross-rule-ac`.

use std::{env, fs, path::PathBuf, process::ExitCode, sync::Arc, time::Instant};

use glassbox_head_to_head::{
    ALLOCATOR_NAME, COMPILER,
    lane::{self, EngineFacts, InputFacts, Lane, Ran, RecordHits, RejectedRule},
    records,
    routing::{self, Route, Routing},
    sonic::SonicEvent,
};
use rsigma_eval::{Engine, EvaluationResult, JsonEvent, event::Event};
use rsigma_parser::{SigmaRule, parse_sigma_yaml};
use sonic_rs::JsonValueTrait as _;

/// How records are parsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Parser {
    /// Into `serde_json::Value`, which the engine's own event type reads.
    SerdeJson,
    /// Into an arena of sonic-rs, through an event type of ours.
    Sonic,
}

/// How the engine is set up.
#[derive(Clone, Debug)]
struct Settings {
    parser: Parser,
    /// An engine for each logsource, which holds only its rules, instead of one that prunes.
    by_logsource: bool,
    bloom: bool,
    cross_rule_ac: bool,
}

impl Settings {
    fn of(arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut settings = Self { parser: Parser::Sonic, by_logsource: false, bloom: false, cross_rule_ac: false };
        let mut arguments = arguments;
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().unwrap_or_default();
            match argument.as_str() {
                "--parser" => {
                    settings.parser = match value().as_str() {
                        "serde_json" => Parser::SerdeJson,
                        "sonic-rs" => Parser::Sonic,
                        other => return Err(format!("`{other}` is no parser: give serde_json or sonic-rs")),
                    };
                }
                "--engines" => {
                    settings.by_logsource = match value().as_str() {
                        "one" => false,
                        "by-logsource" => true,
                        other => return Err(format!("`{other}` is no choice of engines: give one or by-logsource")),
                    };
                }
                "--bloom" => settings.bloom = true,
                "--cross-rule-ac" => settings.cross_rule_ac = true,
                other => {
                    return Err(format!(
                        "`{other}` is unknown; there are --parser, --engines, --bloom and --cross-rule-ac"
                    ));
                }
            }
        }
        Ok(settings)
    }

    fn in_words(&self) -> String {
        let parser = match self.parser {
            Parser::SerdeJson => "serde_json into its own event type",
            Parser::Sonic => "sonic-rs into a borrowing event type",
        };
        let engines = if self.by_logsource { "one engine a logsource" } else { "logsource pruning" };
        let mut words = format!("{engines}, {parser}");
        if self.bloom {
            words.push_str(", bloom prefilter");
        }
        if self.cross_rule_ac {
            words.push_str(", cross-rule automaton");
        }
        words
    }

    fn engine(&self, rules: &[SigmaRule]) -> (Engine, Vec<(usize, String)>) {
        let mut engine = Engine::new();
        engine.set_bloom_prefilter(self.bloom);
        engine.set_cross_rule_ac(self.cross_rule_ac);
        let errors = engine.add_rules(rules).into_iter().map(|(rule, error)| (rule, error.to_string())).collect();
        (engine, errors)
    }
}

struct Rsigma {
    settings: Settings,
    routing: Routing,
    /// One, or one for each route.
    engines: Vec<Engine>,
    input: Arc<Vec<u8>>,
    facts: InputFacts,
    hits: Vec<(u64, Vec<EvaluationResult>)>,
}

impl Lane for Rsigma {
    fn rules(&mut self, files: &[PathBuf]) -> Result<EngineFacts, String> {
        let mut rules = Vec::new();
        let mut rejected = Vec::new();
        for path in files {
            let file = path.display().to_string();
            let text = fs::read_to_string(path).map_err(|error| format!("{file} cannot be read: {error}"))?;
            match parse_sigma_yaml(&text) {
                Ok(collection) => rules.extend(collection.rules.into_iter().map(|rule| (file.clone(), rule))),
                Err(error) => rejected.push(RejectedRule { file, reason: error.to_string() }),
            }
        }
        let (names, mut rules): (Vec<String>, Vec<SigmaRule>) = rules.into_iter().unzip();
        rules.iter_mut().for_each(|rule| routing::widen(&mut rule.logsource));
        let (engine, errors) = self.settings.engine(&rules);
        let loaded = rules.len() - errors.len();
        rejected.extend(errors.into_iter().map(|(rule, reason)| RejectedRule { file: names[rule].clone(), reason }));
        self.engines = if self.settings.by_logsource {
            let about = |source| -> Vec<SigmaRule> {
                rules.iter().filter(|rule| routing::compatible(&rule.logsource, source)).cloned().collect()
            };
            self.routing.sources().iter().map(|source| self.settings.engine(&about(source)).0).collect()
        } else {
            vec![engine]
        };
        Ok(EngineFacts {
            name: "rsigma-eval".to_owned(),
            version: "0.26.0".to_owned(),
            settings: self.settings.in_words(),
            allocator: ALLOCATOR_NAME.to_owned(),
            compiler: COMPILER.to_owned(),
            rules: loaded as u64,
            rejected,
        })
    }

    fn input(&mut self, bytes: Arc<Vec<u8>>) -> Result<InputFacts, String> {
        self.facts = InputFacts { records: records(&bytes).count() as u64, bytes: bytes.len() as u64 };
        self.input = bytes;
        Ok(self.facts)
    }

    fn run(&mut self) -> Result<Ran, String> {
        if self.engines.is_empty() {
            return Err("rules come before a run".to_owned());
        }
        self.hits.clear();
        let mut hits = Vec::new();
        let began = Instant::now();
        match self.settings.parser {
            Parser::SerdeJson => self.pass_serde_json(&mut hits)?,
            Parser::Sonic => self.pass_sonic(&mut hits)?,
        }
        let nanoseconds = began.elapsed().as_nanos() as u64;
        self.hits = hits;
        let hits = self.hits();
        let InputFacts { records, bytes } = self.facts;
        Ok(Ran {
            nanoseconds,
            records,
            bytes,
            hits: lane::count(&hits),
            digest: lane::digest(&hits),
            stages: Vec::new(),
        })
    }

    fn hits(&self) -> Vec<RecordHits> {
        let id = |result: &EvaluationResult| {
            result.header.rule_id.clone().unwrap_or_else(|| result.header.rule_title.clone())
        };
        self.hits.iter().map(|(record, results)| RecordHits::new(*record, results.iter().map(id).collect())).collect()
    }
}

impl Rsigma {
    fn pass_serde_json(&self, hits: &mut Vec<(u64, Vec<EvaluationResult>)>) -> Result<(), String> {
        for (number, record) in (0..).zip(records(&self.input)) {
            let Ok(mut document) = serde_json::from_slice::<serde_json::Value>(record) else { continue };
            let route = self.routing.route_of(&document);
            routing::rename(&mut document, self.routing.aliases(route));
            self.judge(number, route, &JsonEvent::borrow(&document), hits);
        }
        Ok(())
    }

    fn pass_sonic(&self, hits: &mut Vec<(u64, Vec<EvaluationResult>)>) -> Result<(), String> {
        for (number, record) in (0..).zip(records(&self.input)) {
            let Ok(document) = sonic_rs::from_slice::<sonic_rs::Value>(record) else { continue };
            let mut event = SonicEvent::new(&document);
            let text = |name: &str| event.get(name).and_then(sonic_rs::Value::as_str);
            let event_id = event.get("EventID").and_then(|id| {
                id.as_u64().and_then(|id| id.try_into().ok()).or_else(|| id.as_str()?.trim().parse().ok())
            });
            let event_type = text("EventType").unwrap_or_default();
            let route =
                self.routing.route(text("Channel"), text("Provider_Name"), event_id.unwrap_or(u32::MAX), event_type);
            event.rename(self.routing.aliases(route));
            self.judge(number, route, &event, hits);
        }
        Ok(())
    }

    fn judge(&self, number: u64, route: Route, event: &impl Event, hits: &mut Vec<(u64, Vec<EvaluationResult>)>) {
        let engine = &self.engines[if self.settings.by_logsource { route } else { 0 }];
        let results = engine.evaluate_pruned(event, self.routing.source(route));
        if !results.is_empty() {
            hits.push((number, results));
        }
    }
}

fn main() -> ExitCode {
    let served = Settings::of(env::args().skip(1)).and_then(|settings| {
        let mut lane = Rsigma {
            settings,
            routing: Routing::new(),
            engines: Vec::new(),
            input: Arc::default(),
            facts: InputFacts::default(),
            hits: Vec::new(),
        };
        lane::serve(&mut lane).map_err(|error| error.to_string())
    });
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("lane_rsigma: {error}");
            ExitCode::FAILURE
        }
    }
}
