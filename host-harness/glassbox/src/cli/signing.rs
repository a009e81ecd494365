//! The command line of signed and installed plugins and packs.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use glassbox_explain::time;

use super::{Talk, TextFormat};

/// `glassbox plugin`.
#[derive(Debug, Subcommand)]
pub enum PluginCommand {
    /// Make a pair of keys: one to sign with, one to give to those who trust you.
    #[command(after_help = "Examples:\n  glassbox plugin keygen acme        writes acme.key and acme.pub")]
    Keygen(KeygenArgs),
    /// Trust the maker who has this public key.
    #[command(after_help = "Examples:\n  glassbox plugin trust acme.pub")]
    Trust {
        /// The public key.
        key: PathBuf,
        /// Where trusted keys are.
        #[command(flatten)]
        keys: KeyArgs,
    },
    /// Turn a core module, as `cargo build --target wasm32-unknown-unknown` makes it, into a plugin.
    #[command(
        after_help = "Examples:\n  glassbox plugin wrap target/wasm32-unknown-unknown/release/mine.wasm -o mine.wasm"
    )]
    Wrap {
        /// The module.
        module: PathBuf,
        /// Where to write the plugin.
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
    },
    /// Sign a plugin, with its manifest.
    #[command(after_help = SIGN_EXAMPLES)]
    Sign(SignArgs),
    /// Verify a plugin's signature and show its manifest.
    Verify(VerifyArgs),
    /// Verify a plugin, try it, and put it into service under its name.
    Install(InstallArgs),
    /// List installed plugins.
    List(ListArgs),
    /// Put the version before the one in service there.
    Rollback(RollbackArgs),
}

/// What can be done with a signed pack: the same as with a plugin.
#[derive(Debug, Subcommand)]
pub enum SignedPackCommand {
    /// Sign a pack, with its manifest.
    #[command(after_help = SIGN_EXAMPLES)]
    Sign(SignArgs),
    /// Verify a pack's signature and show its manifest.
    Verify(VerifyArgs),
    /// Verify a pack, try it, and put it into service under its name.
    Install(InstallArgs),
    /// List installed packs.
    List(ListArgs),
    /// Put the version before the one in service there.
    Rollback(RollbackArgs),
}

const SIGN_EXAMPLES: &str = "Examples:
  glassbox plugin sign mine.wasm --key acme.key --name mine --version 1.4.0 --serial 14 --expires 2027-06-30
  minisign -Vm mine.wasm -p acme.pub         the signature is minisign's: its own tool verifies it, too";

/// `glassbox plugin keygen`.
#[derive(Debug, Args)]
pub struct KeygenArgs {
    /// What the files are called: NAME.key and NAME.pub.
    pub name: PathBuf,
    /// Do not encrypt the secret key; otherwise a password is asked for, or read from GLASSBOX_KEY_PASSWORD.
    #[arg(long)]
    pub no_password: bool,
}

/// Where keys are that the operator trusts.
#[derive(Clone, Debug, Default, Args)]
pub struct KeyArgs {
    /// The folder of trusted public keys [default: glassbox/trusted-keys in your configuration].
    #[arg(long, value_name = "FOLDER")]
    pub trusted_keys: Option<PathBuf>,
    /// Trust the public key in this file, too. May be given more than once.
    #[arg(long, value_name = "FILE")]
    pub trust_key: Vec<PathBuf>,
}

/// Where installed files are.
#[derive(Clone, Debug, Default, Args)]
pub struct StoreArgs {
    /// The folder of installed plugins and packs [default: glassbox in your data folder].
    #[arg(long, value_name = "FOLDER")]
    pub store: Option<PathBuf>,
}

/// `sign`.
#[derive(Debug, Args)]
pub struct SignArgs {
    /// The file. Its signature is written beside it, with `.minisig` appended.
    pub file: PathBuf,
    /// The secret key. If it is encrypted, its password is asked for, or read from GLASSBOX_KEY_PASSWORD.
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    /// The name of the line of versions.
    #[arg(long, value_name = "NAME")]
    pub name: String,
    /// The version, for people.
    #[arg(long = "version", value_name = "VERSION")]
    pub release: String,
    /// The place in the line: greater than that of every version before.
    #[arg(long, value_name = "N")]
    pub serial: u64,
    /// The last instant at which it is to be used.
    #[arg(long, value_name = "TIME", value_parser = time::parse)]
    pub expires: glassbox_finding::EventTime,
}

/// `verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// The file; its signature lies beside it.
    pub file: PathBuf,
    /// Which keys count.
    #[command(flatten)]
    pub keys: KeyArgs,
    /// How to write the manifest.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: TextFormat,
}

/// `install`.
#[derive(Debug, Args)]
pub struct InstallArgs {
    /// The file; its signature lies beside it.
    pub file: PathBuf,
    /// Which keys count.
    #[command(flatten)]
    pub keys: KeyArgs,
    /// Where to.
    #[command(flatten)]
    pub store: StoreArgs,
    /// What a plugin may use when it is tried.
    #[command(flatten)]
    pub sandbox: super::SandboxArgs,
    /// How much is said.
    #[command(flatten)]
    pub talk: Talk,
}

/// `list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Where.
    #[command(flatten)]
    pub store: StoreArgs,
    /// How to write the list.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: TextFormat,
}

/// `rollback`.
#[derive(Debug, Args)]
pub struct RollbackArgs {
    /// The name.
    pub name: String,
    /// Where.
    #[command(flatten)]
    pub store: StoreArgs,
}

/// Which plugin and pack, by their signed names, and what must be signed.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Signatures")]
pub struct SignedArgs {
    /// Score with the installed plugin of this name.
    #[arg(long, value_name = "NAME", conflicts_with = "plugin")]
    pub installed_plugin: Option<String>,
    /// Score with the installed pack of this name.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["pack", "rules"])]
    pub installed_pack: Option<String>,
    /// Refuse a plugin or a pack given as a file that no trusted key has signed.
    #[arg(long)]
    pub signed: bool,
    /// Which keys count.
    #[command(flatten)]
    pub keys: KeyArgs,
    /// Where installed ones are.
    #[command(flatten)]
    pub store: StoreArgs,
}
