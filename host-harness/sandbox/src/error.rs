//! What can go wrong with a plugin: it is not admitted, or a call of it fails. A trap, a limit, a broken contract and a
//! fault of the host are told apart everywhere; an error that the guest itself returns is none of these.

/// Why a plugin was not admitted.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// No bytes of WebAssembly.
    #[error("this is not a WebAssembly component: it does not begin with `\\0asm`; give the `.wasm` file of a plugin")]
    NotWasm,
    /// A core module.
    #[error(
        "this is a core WebAssembly module, and a plugin is a component; \
         turn it into one with `glassbox plugin wrap MODULE -o PLUGIN`"
    )]
    CoreModule,
    /// A component that cannot be read or is not valid.
    #[error("the component is damaged or not valid: {0}; copy or build it again")]
    Invalid(String),
    /// Larger than a component may be.
    #[error(
        "the component has {bytes} bytes, and at most {bytes_max} are admitted; \
         if you trust it, raise component_bytes_max"
    )]
    TooLarge {
        /// Bytes it has.
        bytes: usize,
        /// The limit.
        bytes_max: usize,
    },
    /// A part of it is larger, or there are more of its kind, than may be.
    #[error("{item} has {found} {unit}, and at most {most} are admitted; if you trust it, raise {limit}")]
    Exceeds {
        /// The part, and where it is.
        item: String,
        /// How much of it.
        found: u64,
        /// Of what.
        unit: &'static str,
        /// The limit.
        most: u64,
        /// The limit's name.
        limit: &'static str,
    },
    /// A part of it is of a kind that no plugin has.
    #[error(
        "{item} uses {what}, and a plugin has no resources, no async, no flags, and UTF-8 strings only; \
         build it against the world `plugin` of package `glassbox:siem`"
    )]
    Forbidden {
        /// The part, and where it is.
        item: String,
        /// What it is.
        what: &'static str,
    },
    /// Compiling it took more than it may.
    #[error("compiling the component {what}; if you trust it, raise {limit}")]
    Compile {
        /// What happened.
        what: String,
        /// The limit's name.
        limit: &'static str,
    },
    /// The compiler fell over it.
    #[error("the compiler crashed on the component ({0}); rebuild the component with an ordinary compiler")]
    CompilerDied(String),
    /// It wants something from the host.
    #[error(
        "the component imports {}, and a plugin imports nothing; build it for wasm32-unknown-unknown without WASI",
        list(.0)
    )]
    Imports(Vec<String>),
    /// It is a component and no plugin.
    #[error(
        "the component does not export `glassbox:siem/detector`; it exports {}; \
         build it against the world `plugin` of package `glassbox:siem`", list(.0)
    )]
    NotAPlugin(Vec<String>),
    /// It was built against another version of the contract.
    #[error(
        "the plugin was built against version {found} of `glassbox:siem`, and this glassbox runs {}; \
         use a plugin or a glassbox of the other's version", list(.supported)
    )]
    Version {
        /// The version it exports.
        found: String,
        /// The versions that this host runs.
        supported: Vec<String>,
    },
    /// It exports the detector's name, and something else than the detector under it.
    #[error(
        "what the plugin exports is not what the contract says: {0}; \
         build it against the world `plugin` of package `glassbox:siem`"
    )]
    WrongShape(String),
    /// The host cannot do it.
    #[error("the host cannot load plugins: {0:#}")]
    Host(anyhow::Error),
}

/// `a`, `b` and 3 more.
fn list(names: &[String]) -> String {
    const NAMED_MAX: usize = 5;
    let named: Vec<String> = names.iter().take(NAMED_MAX).map(|name| format!("`{name}`")).collect();
    match (named.len(), names.len() - named.len()) {
        (0, _) => "nothing".to_owned(),
        (_, 0) => named.join(", "),
        (_, more) => format!("{} and {more} more", named.join(", ")),
    }
}

/// Why a call of a plugin failed. The instance is gone.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The guest trapped.
    #[error("the plugin trapped in {call}: {message}")]
    Trap {
        /// The call.
        call: &'static str,
        /// The trap, cleaned.
        message: String,
    },
    /// It computed for too long.
    #[error("the plugin did not finish {call} within {limit_ms} ms ({limit})")]
    Deadline {
        /// The call.
        call: &'static str,
        /// The limit.
        limit_ms: u64,
        /// The limit's name.
        limit: &'static str,
    },
    /// It computed for too long, counted in fuel: the same on every machine.
    #[error("the plugin did not finish {call} with {fuel} units of fuel ({limit})")]
    Fuel {
        /// The call.
        call: &'static str,
        /// What it was given.
        fuel: u64,
        /// The name of the limit that it comes from.
        limit: &'static str,
    },
    /// It wanted more memory than it may have.
    #[error(
        "the plugin wanted {wanted_bytes} bytes of memory in {call}, and may have {limit_bytes} (memory_bytes_max)"
    )]
    Memory {
        /// The call.
        call: &'static str,
        /// What all its memories would have held.
        wanted_bytes: usize,
        /// The limit.
        limit_bytes: usize,
    },
    /// It wanted larger tables than it may have.
    #[error("the plugin wanted {wanted} table elements in {call}, and may have {limit} (table_elements_max)")]
    Table {
        /// The call.
        call: &'static str,
        /// What all its tables would have held.
        wanted: usize,
        /// The limit.
        limit: usize,
    },
    /// It is made of more memories, tables or instances than it may be.
    #[error("the plugin has too many parts: {what} ({limit})")]
    Parts {
        /// Of what, cleaned.
        what: String,
        /// The limit's name.
        limit: &'static str,
    },
    /// It recursed too deeply.
    #[error("the plugin used up its stack of {limit_bytes} bytes in {call} (wasm_stack_bytes_max)")]
    Stack {
        /// The call.
        call: &'static str,
        /// The limit.
        limit_bytes: usize,
    },
    /// It returned more than it may.
    #[error("the plugin returned more than {limit_bytes} bytes from {call} ({limit})")]
    OutputTooLarge {
        /// The call.
        call: &'static str,
        /// The limit.
        limit_bytes: usize,
        /// The limit's name.
        limit: &'static str,
    },
    /// What it returned is not what the contract says.
    #[error("the plugin broke the contract in {call}: {what}")]
    ContractBroken {
        /// The call.
        call: &'static str,
        /// What is wrong, cleaned.
        what: String,
    },
    /// Nothing the plugin did: the host failed.
    #[error("the host failed in {call}: {error:#}")]
    Host {
        /// The call.
        call: &'static str,
        /// What happened.
        error: anyhow::Error,
    },
}

impl Fault {
    /// The call that failed.
    #[must_use]
    pub fn call(&self) -> &'static str {
        match self {
            Self::Trap { call, .. }
            | Self::Deadline { call, .. }
            | Self::Fuel { call, .. }
            | Self::Memory { call, .. }
            | Self::Table { call, .. }
            | Self::Stack { call, .. }
            | Self::OutputTooLarge { call, .. }
            | Self::ContractBroken { call, .. }
            | Self::Host { call, .. } => call,
            Self::Parts { .. } => "start",
        }
    }
}
