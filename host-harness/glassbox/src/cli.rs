//! The command line: what can be asked for, and how it is said. What is done about it is in `commands`.

mod proof;
mod sandbox;
mod signing;

use std::path::PathBuf;

use clap::{
    Args, Parser, Subcommand, ValueEnum,
    builder::{PossibleValue, PossibleValuesParser, TypedValueParser},
};
use glassbox_explain::time;
use glassbox_finding::{EventTime, Logsource};
use glassbox_packs::rule_inputs::parse_placeholder;

pub use proof::{CertifyArgs, NewArgs, RecordArgs, ReplayArgs, ReportFormat};
pub use sandbox::SandboxArgs;
pub use signing::{
    InstallArgs, KeyArgs, KeygenArgs, ListArgs, PluginCommand, RollbackArgs, SignArgs, SignedArgs, SignedPackCommand,
    StoreArgs, VerifyArgs,
};

use crate::{
    exit,
    output::{
        format::Format,
        formats::{self, FORMATS},
    },
};

const TOUR: &str = "Without a command, glassbox scores the sample records it carries and explains what it found.

Examples:
  glassbox
  glassbox score logs/
  zcat day.json.gz | glassbox score - --format ndjson
  glassbox explain day.ndjson --line 12";

/// A detection plugin in a WebAssembly sandbox: raw security records in, ranked and explained findings out.
#[derive(Debug, Parser)]
#[command(name = "glassbox", version, max_term_width = 100, after_help = TOUR, after_long_help = format!("{TOUR}\n\n{}", exit::HELP))]
pub struct Cli {
    /// What to do; nothing for a tour on sample records.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Score records and list the findings.
    #[command(after_help = SCORE_EXAMPLES)]
    Score(ScoreArgs),
    /// Explain one record or one finding in full, or why there is none.
    #[command(after_help = EXPLAIN_EXAMPLES)]
    Explain(ExplainArgs),
    /// Test rules: records that must hit, records that must stay quiet.
    #[command(after_help = TEST_EXAMPLES)]
    Test(TestArgs),
    /// Build a pack from Sigma rules, or show what is in one.
    #[command(subcommand)]
    Pack(PackCommand),
    /// Sign, verify, install and list plugins.
    #[command(subcommand)]
    Plugin(PluginCommand),
    /// Show what a plugin is, and the limits that it runs under.
    #[command(after_help = "Examples:\n  glassbox inspect\n  glassbox inspect plugin.wasm --format json")]
    Inspect(InspectArgs),
    /// Measure what scoring costs in the sandbox, with and without each protection.
    #[command(after_help = BENCH_EXAMPLES)]
    Bench(BenchArgs),
    /// Try whether a plugin keeps the contract, and report what holds and what it costs.
    #[command(after_help = "Examples:\n  glassbox certify mine.wasm --pack mine.pack --records samples/\n  \
        glassbox certify mine.wasm --format junit > certificate.xml\n\nIt ends with 0 when every property holds, 11 when one does not.")]
    Certify(CertifyArgs),
    /// Score records and write down every call of the plugin.
    #[command(after_help = "Examples:\n  glassbox record day.ndjson --plugin mine.wasm -o day.recording\n  \
        glassbox replay day.recording --plugin mine.wasm --assert")]
    Record(RecordArgs),
    /// Make recorded calls again, and compare the answers.
    #[command(
        after_help = "Examples:\n  glassbox replay day.recording\n  glassbox replay day.recording --plugin mine.wasm --assert"
    )]
    Replay(ReplayArgs),
    /// Begin a plugin of your own: a folder that builds, certifies and scores.
    #[command(after_help = "Examples:\n  glassbox new mine && cd mine && ./build")]
    New(NewArgs),
    /// Compile the component on standard input. Glassbox starts itself so; see `sandbox::compile`.
    #[command(hide = true, name = glassbox_sandbox::CHILD_COMMAND)]
    CompileComponent,
    /// Write a completion script for a shell.
    #[command(
        after_help = "Examples:\n  glassbox completions bash > ~/.local/share/bash-completion/completions/glassbox"
    )]
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

const SCORE_EXAMPLES: &str = "Examples:
  glassbox score security.ndjson
  glassbox score logs/ --rules my-rules/ --min-score 0.5
  glassbox score logs/ --pack site.pack --state site.state --format ndjson > findings.ndjson
  zcat day.json.gz | glassbox score - --from 2026-05-04 --to 2026-05-05";

const EXPLAIN_EXAMPLES: &str = "Examples:
  glassbox explain day.ndjson --line 12          one record: its finding, or why there is none
  glassbox explain cloudtrail.json --element 3
  glassbox explain logs/ --rank 1                the first finding of all
  glassbox explain logs/ --id 4f1c               the finding whose id begins so
  head -n 1 day.ndjson | glassbox explain -";

const BENCH_EXAMPLES: &str = "Examples:
  glassbox bench                                 the sample day and the starter rules
  glassbox bench day.ndjson --rules sigma/rules/windows";

const TEST_EXAMPLES: &str = "Examples:
  glassbox test sigma/rules --cases sigma/regression_data
  glassbox test my-rule.yml --cases my-tests/ --only certutil
  glassbox test rules/ --cases tests/ --uncovered --junit report.xml
  glassbox test --pack site.pack --cases tests/ --strict
  glassbox test --cases tests/vectors            the cases bring their rules along

Cases are read from SigmaHQ's regression data (info.yml beside its records) and from YAML with `cases:`:
  cases:
    - rule: 0b9e5a4c-5c5b-4b0e-9d5c-2f6a3c1d7e88
      vectors:
        - name: the tool by its own name
          event: {EventID: 1, Channel: Microsoft-Windows-Sysmon/Operational, Image: 'C:\\x\\tool.exe'}
          expect: match

At least match_count records must hit (none where it is 0); SigmaHQ's own runner asks for one. --strict wants exactly so
many. It ends with 0 when every test passed, 10 when some failed, 3 when a file of cases cannot be used.";

/// What scoring and explaining have in common.
#[derive(Debug, Args)]
pub struct Sources {
    /// Files, folders, or `-` for standard input. In folders: .json .ndjson .jsonl .log, each also .gz or .zst.
    #[arg(required = true, value_name = "PATH", value_hint = clap::ValueHint::AnyPath)]
    pub paths: Vec<PathBuf>,
    /// What detects.
    #[command(flatten)]
    pub detector: Detector,
    /// Start from the state in this file; score also saves to it at the end. It is made when it is not there.
    #[arg(long, value_name = "FILE")]
    pub state: Option<PathBuf>,
    /// Leave out records before this time: 2026-05-04, 2026-05-04T09:14:07 (UTC), 2026-05-04T11:14:07+02:00.
    #[arg(long, value_name = "TIME", value_parser = time::parse, allow_hyphen_values = true)]
    pub from: Option<EventTime>,
    /// Leave out records at this time and after.
    #[arg(long, value_name = "TIME", value_parser = time::parse, allow_hyphen_values = true)]
    pub to: Option<EventTime>,
    /// What wrote the records, for those that do not say it: product=windows,category=process_creation,service=sysmon.
    #[arg(long, value_name = "PARTS", value_parser = logsource, default_value = "", hide_default_value = true)]
    pub logsource: Logsource,
    /// Readers side by side [default: as many as there are cores]. The findings are the same with any number.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub threads: Option<u16>,
    /// How much is said.
    #[command(flatten)]
    pub talk: Talk,
}

/// What detects: a plugin and a pack.
#[derive(Debug, Args)]
pub struct Detector {
    /// The pack to score with [default: the starter pack inside].
    #[arg(long, value_name = "FILE", conflicts_with = "rules")]
    pub pack: Option<PathBuf>,
    /// Sigma rules to score with, a file or folder: a pack is built in memory. May be given more than once.
    #[arg(long, value_name = "PATH")]
    pub rules: Vec<PathBuf>,
    /// What the rules are compiled with.
    #[command(flatten)]
    pub options: RuleOptions,
    /// The plugin to score with [default: the one inside].
    #[arg(long, value_name = "FILE")]
    pub plugin: Option<PathBuf>,
    /// What the plugin may use.
    #[command(flatten)]
    pub sandbox: SandboxArgs,
    /// What is installed, and what must be signed.
    #[command(flatten)]
    pub signed: SignedArgs,
}

/// What rules are compiled with, besides themselves.
#[derive(Debug, Default, Args)]
pub struct RuleOptions {
    /// A processing pipeline for the rules, YAML as SigmaHQ's tooling has it: maps field names, changes values and
    /// logsources. May be given more than once; those of lower priority go first.
    #[arg(long = "pipeline", value_name = "FILE", requires = "rules")]
    pub pipelines: Vec<PathBuf>,
    /// Sigma filters for the rules, a file or folder. May be given more than once; filters may also stand among the rules.
    #[arg(long = "filter", value_name = "PATH", requires = "rules")]
    pub filters: Vec<PathBuf>,
    /// Values of a placeholder, which rules write as %NAME% behind `expand`. May be given more than once.
    #[arg(long = "placeholder", value_name = "NAME=VALUE[,VALUE]", value_parser = parse_placeholder, requires = "rules")]
    pub placeholders: Vec<(String, Vec<String>)>,
}

/// How much is said on standard error.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct Talk {
    /// Say nothing but errors.
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Say more: findings by rule, unscored records, the cache.
    #[arg(short, long)]
    pub verbose: bool,
}

/// `glassbox score`.
#[derive(Debug, Args)]
pub struct ScoreArgs {
    /// What to read, and with what.
    #[command(flatten)]
    pub sources: Sources,
    /// List only findings with at least this probability, from 0 to 1, or in per cent with `%`.
    #[arg(long, value_name = "P", value_parser = probability, default_value = "0", hide_default_value = true)]
    pub min_score: u32,
    /// How to write findings.
    #[arg(long, value_name = "FORMAT", value_parser = format(), default_value = FORMATS[0].name)]
    pub format: &'static Format,
    /// Findings listed in the table.
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub limit: usize,
    /// What follows when one batch after another meets a fault of the plugin.
    #[arg(long, value_name = "WHAT", default_value = "end")]
    pub on_faults: OnFaults,
}

/// What follows when one batch after another meets a fault of the plugin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OnFaults {
    /// After three in a row it is out of service: the same result every time.
    End,
    /// After three within a minute it is tried again later, each time twice as late: for input that never ends.
    Quarantine,
}

/// Reads a format's name.
fn format() -> impl TypedValueParser<Value = &'static Format> {
    let names = FORMATS.map(|format| PossibleValue::new(format.name).help(format.about));
    PossibleValuesParser::new(names).try_map(|name| formats::named(&name).ok_or("there is no such format"))
}

/// `glassbox explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// What to read, and with what.
    #[command(flatten)]
    pub sources: Sources,
    /// The record on this line of the source.
    #[arg(long, value_name = "N", conflicts_with_all = ["element", "rank", "id"])]
    pub line: Option<u64>,
    /// The record at this place of an array, counted from 1.
    #[arg(long, value_name = "N", conflicts_with_all = ["rank", "id"])]
    pub element: Option<u64>,
    /// The finding of this rank, counted from 1, as score would list it.
    #[arg(long, value_name = "N", conflicts_with = "id")]
    pub rank: Option<usize>,
    /// The finding whose id begins so.
    #[arg(long, value_name = "ID")]
    pub id: Option<String>,
    /// How to write it.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: PageFormat,
}

/// `glassbox test`.
#[derive(Debug, Args)]
pub struct TestArgs {
    /// Sigma rules under test, files or folders; none where the cases bring theirs along.
    #[arg(value_name = "RULES", value_hint = clap::ValueHint::AnyPath, conflicts_with = "pack")]
    pub rules: Vec<PathBuf>,
    /// What the rules are compiled with.
    #[command(flatten)]
    pub options: RuleOptions,
    /// Cases, a file or folder. May be given more than once.
    #[arg(long, required = true, value_name = "PATH", value_hint = clap::ValueHint::AnyPath)]
    pub cases: Vec<PathBuf>,
    /// Test the rules of this pack.
    #[arg(long, value_name = "FILE")]
    pub pack: Option<PathBuf>,
    /// The plugin to test with [default: the one inside].
    #[arg(long, value_name = "FILE")]
    pub plugin: Option<PathBuf>,
    /// What the plugin may use.
    #[command(flatten)]
    pub sandbox: SandboxArgs,
    /// Run only tests with this in their file, name or rule's id, in any case. May be given more than once.
    #[arg(long, value_name = "TEXT")]
    pub only: Vec<String>,
    /// Fail, too, where more records hit than a test states, and where a test's rule is not given.
    #[arg(long)]
    pub strict: bool,
    /// Also list the rules that no test is about.
    #[arg(long)]
    pub uncovered: bool,
    /// How to write the verdicts.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: TextFormat,
    /// Also write them to this file as JUnit XML, which build servers read.
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// How much is said.
    #[command(flatten)]
    pub talk: Talk,
}

/// How an explanation is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PageFormat {
    /// For people, on a terminal.
    Text,
    /// For programs.
    Json,
    /// For people, as a page that stands alone.
    Html,
}

/// How an account is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TextFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// `glassbox pack`.
#[derive(Debug, Subcommand)]
pub enum PackCommand {
    /// Build a pack from Sigma rules, and account for every rule.
    #[command(after_help = "Examples:\n  glassbox pack build rules/ -o site.pack\n  \
        glassbox pack build rules/ extra.yml -o site.pack --known answers.json --strict\n  \
        glassbox pack build rules/ -o site.pack --pipeline our-fields.yml --filter our-filters/ --placeholder admins=anna,bo\n\n\
        It ends with 0 when every rule was loaded, 7 when some were rejected (the pack is written without them), \
        4 when nothing was written.")]
    Build(BuildArgs),
    /// Show where a pack comes from and what is in it.
    #[command(after_help = "Examples:\n  glassbox pack show site.pack\n  glassbox pack show site.pack --format json")]
    Show {
        /// The pack.
        file: PathBuf,
        /// How to write it.
        #[arg(long, value_name = "FORMAT", default_value = "text")]
        format: TextFormat,
    },
    /// Sign, verify, install and list packs.
    #[command(flatten)]
    Signed(SignedPackCommand),
}

/// `glassbox pack build`.
#[derive(Debug, Args)]
pub struct BuildArgs {
    /// Sigma rules, files or folders; in folders .yml and .yaml.
    #[arg(required = true, value_name = "RULES", value_hint = clap::ValueHint::AnyPath)]
    pub rules: Vec<PathBuf>,
    /// What the rules are compiled with.
    #[command(flatten)]
    pub options: RuleOptions,
    /// Where to write the pack.
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    /// The model [default: the starter's].
    #[arg(long, value_name = "FILE")]
    pub model: Option<PathBuf>,
    /// What the organisation says about itself: its hosts, tools, maintenance and fears (JSON) [default: nothing].
    #[arg(long, value_name = "FILE")]
    pub context: Option<PathBuf>,
    /// Known answers: records that must hit, and records that must stay quiet (JSON).
    #[arg(long, value_name = "FILE")]
    pub known: Option<PathBuf>,
    /// What is built from, and what the plugin that tries the pack may use.
    #[command(flatten)]
    pub sandbox: SandboxArgs,
    /// Write nothing unless every rule is loaded.
    #[arg(long)]
    pub strict: bool,
    /// How to write the account.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: TextFormat,
    /// How much is said.
    #[command(flatten)]
    pub talk: Talk,
}

/// `glassbox inspect`.
#[derive(Debug, Args)]
pub struct InspectArgs {
    /// The plugin, a component [default: the one inside].
    pub plugin: Option<PathBuf>,
    /// What it may use.
    #[command(flatten)]
    pub sandbox: SandboxArgs,
    /// How to write it.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: TextFormat,
}

/// `glassbox bench`.
#[derive(Debug, Args)]
pub struct BenchArgs {
    /// Files or folders of records, each an input of its own [default: the sample day inside].
    #[arg(value_name = "PATH", value_hint = clap::ValueHint::AnyPath)]
    pub paths: Vec<PathBuf>,
    /// Sigma rules to measure with, a file or folder [default: the starter's]. May be given more than once.
    #[arg(long, value_name = "PATH")]
    pub rules: Vec<PathBuf>,
    /// Rounds; each runs every lane once, one after another.
    #[arg(long, value_name = "N", default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub rounds: u32,
    /// How to write it.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: TextFormat,
    /// How much is said.
    #[command(flatten)]
    pub talk: Talk,
}

/// Reads a probability as millionths.
fn probability(text: &str) -> Result<u32, String> {
    let wrong = || format!("`{text}` is not a probability: write 0.5 or 50%");
    let (digits, scale_digits) = match text.strip_suffix('%') {
        Some(percent) => (percent.trim_end(), 4),
        None => (text, 6),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |it: &str| it.bytes().all(|byte| byte.is_ascii_digit());
    if !all_digits(whole) || !all_digits(part) || (whole.is_empty() && part.is_empty()) || whole.len() > 4 {
        return Err(wrong());
    }
    let part: String = part.chars().chain("000000".chars()).take(scale_digits).collect();
    let millionths = format!("{whole}{part}").parse().map_err(|_| wrong())?;
    if millionths > 1_000_000 { Err(wrong()) } else { Ok(millionths) }
}

/// Reads `product=..,category=..,service=..`, any of them.
fn logsource(text: &str) -> Result<Logsource, String> {
    let mut logsource = Logsource::default();
    for part in text.split(',').filter(|part| !part.is_empty()) {
        let wrong = || format!("`{part}` is no part of a logsource: write product=…, category=… or service=…");
        let (name, value) = part.split_once('=').ok_or_else(wrong)?;
        let slot = match name.trim() {
            "product" => &mut logsource.product,
            "category" => &mut logsource.category,
            "service" => &mut logsource.service,
            _ => return Err(wrong()),
        };
        *slot = Some(value.trim().to_lowercase()).filter(|value| !value.is_empty());
    }
    Ok(logsource)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::{Cli, logsource, probability};

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn probabilities_as_people_write_them() {
        let check = |text: &str, expected: Option<u32>| assert_eq!(probability(text).ok(), expected, "{text}");
        check("0", Some(0));
        check("1", Some(1_000_000));
        check("0.5", Some(500_000));
        check(".25", Some(250_000));
        check("0.1234567", Some(123_456));
        check("50%", Some(500_000));
        check("99.95 %", Some(999_500));
        check("1.1", None);
        check("101%", None);
        check("-1", None);
        check("", None);
        check(".", None);
        check("half", None);
        check("99999999999", None);
    }

    #[test]
    fn parts_of_a_logsource() {
        let parts = |text: &str| logsource(text).map(|it| (it.product, it.category, it.service));
        assert_eq!(parts(""), Ok((None, None, None)));
        assert_eq!(parts("service=Sysmon,product=windows"), Ok((Some("windows".into()), None, Some("sysmon".into()))));
        assert!(parts("windows").is_err() && parts("kind=x").is_err());
    }
}
