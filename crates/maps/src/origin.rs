//! What a record says about its source, in Sigma's names.

use crate::Variant;

/// What a record says about its source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// Such as `windows`.
    pub product: Option<&'static str>,
    /// Such as `security`; the most specific one where the record is of several services.
    pub service: Service,
    /// Further services that the record is of, as a line of sshd is one of `auth` and `syslog` too.
    pub services: &'static [&'static str],
    /// Such as `process_creation`; most specific first.
    pub categories: &'static [&'static str],
    /// Whether the record says enough that a hint about service and category must not change it.
    pub settled: bool,
    /// The variant that the record is of.
    pub variant: Option<Variant>,
}

/// A service's name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Service {
    /// None is named.
    #[default]
    None,
    /// This one.
    Known(&'static str),
    /// The one that the value of this field names.
    Field(&'static str),
}
