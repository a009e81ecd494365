//! What a term can be computed from.

use glassbox_finding::{Absence, FeatureValue, History};
use serde::{Deserialize, Serialize};

use crate::Monotone;

/// What a term is computed from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "snake_case", deny_unknown_fields)]
pub enum Feature {
    /// The highest level of the rules that hit. Bins: `none` and Sigma's five, in this order.
    RuleLevel {},
    /// The status of the rule of the highest level. Bins: `none` and Sigma's five, least trusted first.
    RuleStatus {},
    /// How many rules hit. Bins by `at_least`.
    HitCount {},
    /// How many different tactics of ATT&CK the hits name. Bins by `at_least`.
    TacticCount {},
    /// How many different techniques of ATT&CK the hits name, sub-techniques of one counted once. Bins by `at_least`.
    TechniqueCount {},
    /// How many of a thousand hits of the rule were true, by the dispositions that the pack's context records: of the rule
    /// that hit with the best record. Bins by `at_least`.
    RuleRecord {},
    /// How often a fact was seen before; of facts about rules, the rarest that hit. Bins by `at_least` sightings.
    SeenBefore {
        /// Which fact.
        fact: Fact,
        /// Below it nothing is said.
        warm_up: WarmUp,
    },
    /// On how many hosts a fact was seen before; of facts about rules, the rarest that hit. Bins by `at_least` hosts.
    SeenOnHosts {
        /// Which fact.
        fact: Fact,
        /// Below it nothing is said.
        warm_up: WarmUp,
    },
    /// How many times more often than usual the rule hit here in this hour; what is usual is taken to be at least once an
    /// hour. Bins by `at_least`.
    Burst {},
    /// How much of what the user does, or else the host, falls into this hour of the day and those beside it, in
    /// thousandths. Bins by `at_least`.
    HourHabit {
        /// Below it nothing is said.
        warm_up: WarmUp,
    },
    /// How regular the times between connections of this program to this place are: the share within one factor of 4, in
    /// thousandths. Bins by `at_least`.
    Beacon {
        /// Intervals below which nothing is said.
        intervals: u32,
    },
    /// What hit on this host or user in the last half day to day, this record included. Only rules of medium level and
    /// above count, and those that state none. Bins by `at_least`.
    SoFar {
        /// What is counted.
        count: SoFar,
    },
    /// How many of the processes that led to this one were hit by a rule of medium level or above, or of none, as far as they
    /// were seen. Bins by `at_least`.
    AncestorHits {},
    /// How critical the host is, by the pack's context. Bins: `low`, `medium`, `high`, `critical`.
    AssetCriticality {},
    /// What the host is for, by the pack's context. Bins by name; the last bin takes other roles.
    AssetRole {},
    /// Whether it is the work of an administration tool that the pack's context knows. Bins: `no`, `yes`.
    AdministrationTool {},
    /// Whether it happened in a maintenance window that the pack's context knows. Bins: `no`, `yes`.
    MaintenanceWindow {},
    /// Whether a rule that hit names a technique that this organisation fears most. Bins: `no`, `yes`.
    FearedTechnique {},
    /// What kind of value the first present field has. Bins by `any`, the first that holds; the last bin has none.
    FieldClass {
        /// Canonical names, most telling first.
        fields: Vec<String>,
    },
    /// How many characters the first present field has. Bins by `at_least`.
    FieldLength {
        /// Canonical names, most telling first.
        fields: Vec<String>,
    },
    /// How evenly the characters of the first present field are spread: Shannon's entropy, in thousandths of a bit a
    /// character. Bins by `at_least`.
    FieldEntropy {
        /// Canonical names, most telling first.
        fields: Vec<String>,
    },
    /// How much the longest label of the domain in the first present field looks as if a program had made it up, from 0 to
    /// 1,000. Bins by `at_least`.
    GeneratedName {
        /// Canonical names, most telling first.
        fields: Vec<String>,
    },
    /// The bins of two other terms together. Bins by `cells`; the last bin has none.
    Pair {
        /// A term that is no pair, and in no other one.
        first: String,
        /// Another such term.
        second: String,
    },
}

/// The facts that rarity is told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
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

/// How much must have been seen before rarity says anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WarmUp {
    /// Sightings of anything of the kind; for facts about an entity, of that entity.
    pub sightings: u64,
    /// Days with sightings, 1 to 32.
    pub days: u32,
}

/// What is counted of the time before a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SoFar {
    /// Different rules that hit on this host.
    Rules,
    /// Different tactics of them.
    Tactics,
    /// The longest row of tactics that hit one after another in the order of ATT&CK's matrix.
    TacticsInOrder,
    /// Different kinds of sources in which rules hit on this host.
    Detectors,
    /// Different hosts on which rules hit this user.
    Hosts,
}

impl Fact {
    /// Every fact.
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

    /// What it is, as a subject for people.
    #[must_use]
    pub fn subject(self) -> &'static str {
        match self {
            Self::Rule => "this rule",
            Self::RuleOnEntity => "this rule here",
            Self::Image => "this program",
            Self::ParentChild => "this parent-child pair",
            Self::UserOnHost => "this user on this host",
            Self::Destination => "this destination",
            Self::Port => "this program with this port",
            Self::Domain => "this domain",
            Self::Signature => "this signature",
        }
    }

    /// What it was seen among, as a plural noun for people.
    #[must_use]
    pub fn among(self) -> &'static str {
        match self {
            Self::Rule => "hits",
            Self::RuleOnEntity => "observations here",
            Self::Image | Self::ParentChild => "process starts",
            Self::UserOnHost => "observations of this host",
            Self::Destination => "connections",
            Self::Port => "connections",
            Self::Domain => "lookups",
            Self::Signature => "loaded files",
        }
    }

    /// The fields that it is made of, for people; any of those in one string will do.
    #[must_use]
    pub fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Rule => &[],
            Self::RuleOnEntity => &["Computer or User"],
            Self::Image => &["Image"],
            Self::ParentChild => &["ParentImage", "Image"],
            Self::UserOnHost => &["person as User", "Computer"],
            Self::Destination => &["DestinationHostname or DestinationIp"],
            Self::Port => &["Image", "DestinationPort"],
            Self::Domain => &["QueryName"],
            Self::Signature => &["Signature"],
        }
    }

    /// Whether it is about the rules that hit, which every finding has.
    #[must_use]
    pub fn is_of_rules(self) -> bool {
        matches!(self, Self::Rule | Self::RuleOnEntity)
    }
}

impl WarmUp {
    /// Whether so much was seen.
    #[must_use]
    pub fn is_over(self, sightings: u64, days: u32) -> bool {
        sightings >= self.sightings && days >= self.days
    }
}

impl Feature {
    /// The fields of the record that reading computes it from; none for what judging knows, and for pairs.
    #[must_use]
    pub fn fields(&self) -> &[String] {
        match self {
            Self::FieldClass { fields }
            | Self::FieldLength { fields }
            | Self::FieldEntropy { fields }
            | Self::GeneratedName { fields } => fields,
            _ => &[],
        }
    }

    /// What a record must have for it to be computed, for people; none where that is not fields.
    #[must_use]
    pub fn needs(&self) -> Vec<&str> {
        match self {
            Self::SeenBefore { fact, .. } | Self::SeenOnHosts { fact, .. } => fact.fields().to_vec(),
            Self::SoFar { count: SoFar::Hosts } => vec!["person as User"],
            Self::Burst {} | Self::SoFar { .. } => vec!["Computer or User"],
            Self::HourHabit { .. } => vec!["User or Computer"],
            Self::Beacon { .. } => vec!["Image", "DestinationHostname or DestinationIp"],
            Self::AncestorHits {} => vec!["ProcessGuid or ParentProcessGuid"],
            Self::AssetCriticality {} | Self::AssetRole {} => vec!["Computer"],
            Self::AdministrationTool {} => vec!["Image"],
            _ => self.fields().iter().map(String::as_str).collect(),
        }
    }

    /// What numbers its bins divide; none where they do not divide numbers.
    #[must_use]
    pub fn unit(&self) -> Option<&'static str> {
        Some(match self {
            Self::HitCount {} => "rules",
            Self::TacticCount {} => "tactics",
            Self::TechniqueCount {} => "techniques",
            Self::RuleRecord {} => "true hits of 1,000",
            Self::SeenBefore { .. } => "sightings before",
            Self::SeenOnHosts { .. } => "hosts before",
            Self::Burst {} => "times the usual rate",
            Self::HourHabit { .. } => "thousandths of the entity's sightings",
            Self::Beacon { .. } => "thousandths of the intervals",
            Self::SoFar { count } => match count {
                SoFar::Rules => "rules",
                SoFar::Tactics | SoFar::TacticsInOrder => "tactics",
                SoFar::Detectors => "kinds of sources",
                SoFar::Hosts => "hosts",
            },
            Self::AncestorHits {} => "ancestors",
            Self::FieldLength { .. } => "characters",
            Self::FieldEntropy { .. } => "thousandths of a bit a character",
            Self::GeneratedName { .. } => "of 1,000",
            _ => return None,
        })
    }

    /// The only sense that its points may have; none where either or neither makes sense. Rarer, more tactics, more
    /// criticality never lower a score.
    #[must_use]
    pub fn sense(&self) -> Option<Monotone> {
        match self {
            Self::SeenBefore { .. } | Self::SeenOnHosts { .. } | Self::HourHabit { .. } => Some(Monotone::Decreasing),
            Self::RuleLevel {}
            | Self::HitCount {}
            | Self::TacticCount {}
            | Self::TechniqueCount {}
            | Self::RuleRecord {}
            | Self::Burst {}
            | Self::Beacon { .. }
            | Self::SoFar { .. }
            | Self::AncestorHits {}
            | Self::AssetCriticality {}
            | Self::FearedTechnique {}
            | Self::GeneratedName { .. } => Some(Monotone::Increasing),
            _ => None,
        }
    }

    /// Whether it tells of the rules that hit, how many they are and how they are written: no event could have changed one of
    /// these without the others.
    #[must_use]
    pub fn is_of_rules_alone(&self) -> bool {
        matches!(
            self,
            Self::RuleLevel {}
                | Self::RuleStatus {}
                | Self::HitCount {}
                | Self::TacticCount {}
                | Self::TechniqueCount {}
                | Self::RuleRecord {}
                | Self::FearedTechnique {}
        )
    }

    /// Whether a record may lack what it is computed from.
    #[must_use]
    pub fn may_be_missing(&self) -> bool {
        !matches!(
            self,
            Self::RuleLevel {}
                | Self::RuleStatus {}
                | Self::HitCount {}
                | Self::TacticCount {}
                | Self::TechniqueCount {}
        )
    }

    /// The number that bins divide, of a value as it crosses the boundary; or why there is none.
    pub(crate) fn number(&self, value: FeatureValue) -> Result<u64, Absence> {
        let warm = |warm_up: &WarmUp, history: History| {
            if warm_up.is_over(history.among, history.days) { Ok(history) } else { Err(Absence::History(history)) }
        };
        match (self, value) {
            (Self::SeenBefore { warm_up, .. }, FeatureValue::Seen(history)) => Ok(warm(warm_up, history)?.times),
            (Self::SeenOnHosts { warm_up, .. }, FeatureValue::Seen(history)) => {
                Ok(warm(warm_up, history)?.hosts.into())
            }
            (Self::Burst {}, FeatureValue::Rate { now, usual_thousandths }) => {
                Ok(u64::from(now) * 1_000 / u64::from(usual_thousandths.max(1_000)))
            }
            (Self::HourHabit { warm_up }, FeatureValue::Hour { times, among, days, .. }) => {
                warm(warm_up, History { among: among.into(), days, ..History::default() })?;
                Ok(u64::from(times) * 1_000 / u64::from(among.max(1)))
            }
            // A plugin that keeps no history of this kind may state the plain number.
            (_, FeatureValue::Number(number)) => Ok(number),
            _ => Err(Absence::Field),
        }
    }
}
