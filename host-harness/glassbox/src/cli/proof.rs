//! The command line of certification, recording and replay.

use std::path::PathBuf;

use clap::{Args, ValueEnum, builder::NonEmptyStringValueParser};

use super::{SandboxArgs, Sources, Talk, TextFormat, logsource};

/// `glassbox certify`.
#[derive(Debug, Args)]
pub struct CertifyArgs {
    /// The plugin, a component [default: the one inside].
    pub plugin: Option<PathBuf>,
    /// The pack to load [default: the starter pack inside].
    #[arg(long, value_name = "FILE")]
    pub pack: Option<PathBuf>,
    /// Records to try it on, files or folders [default: the sample day inside]. May be given more than once.
    #[arg(long, value_name = "PATH")]
    pub records: Vec<PathBuf>,
    /// Records used at most, the first ones.
    #[arg(long, value_name = "N", default_value_t = 2_000)]
    pub records_max: usize,
    /// What wrote the records, for those that do not say it: product=windows,category=process_creation,service=sysmon.
    #[arg(long, value_name = "PARTS", value_parser = logsource, default_value = "", hide_default_value = true)]
    pub logsource: glassbox_finding::Logsource,
    /// Units of fuel that any one record may take. A unit is about an instruction of WebAssembly.
    #[arg(long, value_name = "N", default_value_t = 20_000_000)]
    pub fuel_per_record: u64,
    /// Units of fuel that a record may take where it is the first of its kind and the plugin makes something ready for all
    /// that follow: read again, it must stay within --fuel-per-record. A pack of some thousand rules takes about 130 million.
    #[arg(long, value_name = "N", default_value_t = 200_000_000)]
    pub fuel_first_record: u64,
    /// How to write the report.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: ReportFormat,
    /// What the plugin may use.
    #[command(flatten)]
    pub sandbox: SandboxArgs,
    /// How much is said.
    #[command(flatten)]
    pub talk: Talk,
}

/// How a certificate is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// For what gates a build: one test a property.
    Junit,
}

/// `glassbox record`.
#[derive(Debug, Args)]
pub struct RecordArgs {
    /// What to read, and with what.
    #[command(flatten)]
    pub sources: Sources,
    /// Where to write the recording.
    #[arg(short, long, value_name = "FILE", value_parser = NonEmptyStringValueParser::new())]
    pub output: String,
}

/// `glassbox replay`.
#[derive(Debug, Args)]
pub struct ReplayArgs {
    /// The recording.
    pub recording: PathBuf,
    /// The plugin to make the calls on [default: the one inside].
    #[arg(long, value_name = "FILE")]
    pub plugin: Option<PathBuf>,
    /// End with 11 at the first answer that is not the recorded one, and show where it differs.
    #[arg(long)]
    pub assert: bool,
    /// How to write what came of it.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: TextFormat,
    /// What the plugin may use.
    #[command(flatten)]
    pub sandbox: SandboxArgs,
    /// How much is said.
    #[command(flatten)]
    pub talk: Talk,
}

/// `glassbox new`.
#[derive(Debug, Args)]
pub struct NewArgs {
    /// The plugin's name, and that of its folder: lower-case letters, digits and `-`.
    pub name: String,
    /// Where to make the folder [default: here].
    #[arg(long, value_name = "FOLDER")]
    pub into: Option<PathBuf>,
}
