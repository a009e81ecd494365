//! Facts and observations: the one table of what is observed of an event, from which roles it is made, and which facts
//! rarity is about.

use serde::{Deserialize, Serialize};

use crate::Role;

/// A small statement about events of which it is counted how often it was seen, and on how many hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum Fact {
    /// A rule hit.
    Rule,
    /// A rule hit on this host, or on this user or account where no host is named.
    RuleOnEntity,
    /// A program ran.
    Image,
    /// A program started another.
    ParentChild,
    /// A user was active on a host.
    UserOnHost,
    /// A connection went to a name or address.
    Destination,
    /// A program connected to a port.
    Port,
    /// A name was looked up.
    Domain,
    /// Somebody had signed a library or driver that was loaded.
    Signature,
}

/// What is observed of an event, as one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Observation {
    /// The host.
    Host,
    /// The user, unless it is an account of the system.
    User,
    /// The process.
    Process,
    /// The process that started it.
    ParentProcess,
    /// A connection of a program on a host to a place, for the time to the next one.
    Interval,
    /// As [`Fact::Image`].
    Image,
    /// As [`Fact::ParentChild`].
    ParentChild,
    /// As [`Fact::UserOnHost`].
    UserOnHost,
    /// As [`Fact::Destination`].
    Destination,
    /// As [`Fact::Port`].
    Port,
    /// As [`Fact::Domain`].
    Domain,
    /// As [`Fact::Signature`].
    Signature,
}

/// Whether facts of a kind are about one entity or about the whole organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// One host, user or account.
    Entity,
    /// All of them.
    Organisation,
}

/// What there is to know about one fact.
struct Row {
    name: &'static str,
    /// What is observed; none where it is a rule that hit.
    observation: Option<Observation>,
    scope: Scope,
    subject: &'static str,
    among: &'static str,
}

impl Fact {
    /// How many there are.
    pub const COUNT: usize = Self::ALL.len();
    /// Every fact; a fact's position here is its number.
    pub const ALL: [Self; 9] = [
        Self::Rule,
        Self::RuleOnEntity,
        Self::Image,
        Self::ParentChild,
        Self::UserOnHost,
        Self::Destination,
        Self::Port,
        Self::Domain,
        Self::Signature,
    ];

    /// The table.
    const fn row(self) -> Row {
        use Observation as Observed;
        use Scope::{Entity, Organisation};
        const fn row(
            name: &'static str,
            observation: Option<Observed>,
            scope: Scope,
            subject: &'static str,
            among: &'static str,
        ) -> Row {
            Row { name, observation, scope, subject, among }
        }
        match self {
            Self::Rule => row("rule", None, Organisation, "this rule", "hits"),
            Self::RuleOnEntity => row("rule-on-entity", None, Entity, "this rule here", "observations here"),
            Self::Image => row("image", Some(Observed::Image), Organisation, "this program", "process starts"),
            Self::ParentChild => {
                let subject = "this parent-child pair";
                row("parent-child", Some(Observed::ParentChild), Organisation, subject, "process starts")
            }
            Self::UserOnHost => {
                let subject = "this user on this host";
                row("user-on-host", Some(Observed::UserOnHost), Entity, subject, "observations of this host")
            }
            Self::Destination => {
                row("destination", Some(Observed::Destination), Organisation, "this destination", "connections")
            }
            Self::Port => row("port", Some(Observed::Port), Organisation, "this program with this port", "connections"),
            Self::Domain => row("domain", Some(Observed::Domain), Organisation, "this domain", "lookups"),
            Self::Signature => {
                row("signature", Some(Observed::Signature), Organisation, "this signature", "loaded files")
            }
        }
    }

    /// Its name, as in a model.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.row().name
    }

    /// What is observed for it; none for facts about rules.
    #[must_use]
    pub const fn observation(self) -> Option<Observation> {
        self.row().observation
    }

    /// What it is about.
    #[must_use]
    pub const fn scope(self) -> Scope {
        self.row().scope
    }

    /// The roles of the fields that it is made of; none for facts about rules.
    #[must_use]
    pub const fn roles(self) -> &'static [Role] {
        match self.observation() {
            Some(observation) => observation.roles(),
            None => &[],
        }
    }

    /// What it is, as a subject for people.
    #[must_use]
    pub const fn subject(self) -> &'static str {
        self.row().subject
    }

    /// What it was seen among, as a plural noun for people.
    #[must_use]
    pub const fn among(self) -> &'static str {
        self.row().among
    }

    /// Whether it is about the rules that hit, which every finding has.
    #[must_use]
    pub const fn is_of_rules(self) -> bool {
        self.observation().is_none()
    }
}

impl Observation {
    /// How many there are.
    pub const COUNT: usize = Self::ALL.len();
    /// Every observation; an observation's position here is its number.
    pub const ALL: [Self; 12] = [
        Self::Host,
        Self::User,
        Self::Process,
        Self::ParentProcess,
        Self::Interval,
        Self::Image,
        Self::ParentChild,
        Self::UserOnHost,
        Self::Destination,
        Self::Port,
        Self::Domain,
        Self::Signature,
    ];

    /// The roles of the fields that it is made of, all of which it needs, most telling first.
    #[must_use]
    pub const fn roles(self) -> &'static [Role] {
        match self {
            Self::Host => &[Role::Host],
            Self::User => &[Role::User],
            Self::Process => &[Role::Process],
            Self::ParentProcess => &[Role::ParentProcess],
            Self::Interval => &[Role::Host, Role::Image, Role::Destination],
            Self::Image => &[Role::Image],
            Self::ParentChild => &[Role::Parent, Role::Image],
            Self::UserOnHost => &[Role::User, Role::Host],
            Self::Destination => &[Role::Destination],
            Self::Port => &[Role::Image, Role::Port],
            Self::Domain => &[Role::Domain],
            Self::Signature => &[Role::Signature],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_positions() {
        for (number, fact) in Fact::ALL.into_iter().enumerate() {
            assert_eq!(fact as usize, number);
            assert_eq!(serde_json::to_value(fact).expect("plain data"), fact.name());
            assert_eq!(fact.is_of_rules(), fact.roles().is_empty());
        }
        for (number, observation) in Observation::ALL.into_iter().enumerate() {
            assert_eq!(observation as usize, number);
        }
        for (number, role) in Role::ALL.into_iter().enumerate() {
            assert_eq!((role as usize, Role::of_number(number)), (number, Some(role)));
        }
        assert_eq!(Role::of_number(Role::COUNT), None);
    }

    #[test]
    fn no_two_facts_are_of_one_observation() {
        let mut seen: Vec<Observation> = Fact::ALL.into_iter().filter_map(Fact::observation).collect();
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), Fact::ALL.into_iter().filter(|fact| !fact.is_of_rules()).count());
    }
}
