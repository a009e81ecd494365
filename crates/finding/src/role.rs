//! Roles: what the value of a field is in the event. Which fields have which role is in the maps of sources.

/// What a field's value is in the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Role {
    /// The computer that it happened on.
    Host,
    /// Who acted, or who logged on.
    User,
    /// The program that acted, or that was started.
    Image,
    /// The program that started it.
    Parent,
    /// Where a connection went: a name or an address.
    Destination,
    /// The port that a connection went to.
    Port,
    /// The domain that was looked up.
    Domain,
    /// Who signed the file that was loaded.
    Signature,
    /// What identifies the process.
    Process,
    /// What identifies the process that started it.
    ParentProcess,
}

impl Role {
    /// How many there are.
    pub const COUNT: usize = Self::ALL.len();
    /// Every role; a role's position here is its number.
    pub const ALL: [Self; 10] = [
        Self::Host,
        Self::User,
        Self::Image,
        Self::Parent,
        Self::Destination,
        Self::Port,
        Self::Domain,
        Self::Signature,
        Self::Process,
        Self::ParentProcess,
    ];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::User => "user",
            Self::Image => "image",
            Self::Parent => "parent",
            Self::Destination => "destination",
            Self::Port => "port",
            Self::Domain => "domain",
            Self::Signature => "signature",
            Self::Process => "process",
            Self::ParentProcess => "parent-process",
        }
    }

    /// The role with a number.
    #[must_use]
    pub fn of_number(number: usize) -> Option<Self> {
        Self::ALL.get(number).copied()
    }
}
