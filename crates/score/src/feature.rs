//! What a term can be computed from.

use glassbox_finding::{Absence, Fact, FeatureValue, History, Observation, Role};
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

/// Something that a record must have: a value of a field of one of these roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need(pub &'static [Role]);

impl WarmUp {
    /// Whether so much was seen.
    #[must_use]
    pub fn is_over(self, sightings: u64, days: u32) -> bool {
        sightings >= self.sightings && days >= self.days
    }
}

impl Feature {
    /// The fields of the record that reading computes it from, any of which will do; none for what judging knows, and for
    /// pairs.
    #[must_use]
    pub fn fields(&self) -> &[String] {
        self.content_fields().unwrap_or_default()
    }

    /// As [`Feature::fields`]; none where it is not computed from fields.
    pub(crate) fn content_fields(&self) -> Option<&[String]> {
        match self {
            Self::FieldClass { fields }
            | Self::FieldLength { fields }
            | Self::FieldEntropy { fields }
            | Self::GeneratedName { fields } => Some(fields),
            Self::RuleLevel {}
            | Self::RuleStatus {}
            | Self::HitCount {}
            | Self::TacticCount {}
            | Self::TechniqueCount {}
            | Self::RuleRecord {}
            | Self::SeenBefore { .. }
            | Self::SeenOnHosts { .. }
            | Self::Burst {}
            | Self::HourHabit { .. }
            | Self::Beacon { .. }
            | Self::SoFar { .. }
            | Self::AncestorHits {}
            | Self::AssetCriticality {}
            | Self::AssetRole {}
            | Self::AdministrationTool {}
            | Self::MaintenanceWindow {}
            | Self::FearedTechnique {}
            | Self::Pair { .. } => None,
        }
    }

    /// What a record must have for it to be computed, beside [`Feature::fields`]: all of these.
    #[must_use]
    pub fn needs(&self) -> Vec<Need> {
        let each = |roles: &'static [Role]| roles.iter().map(std::slice::from_ref).map(Need).collect();
        match self {
            Self::SeenBefore { fact: Fact::RuleOnEntity, .. } | Self::SeenOnHosts { fact: Fact::RuleOnEntity, .. } => {
                vec![Need(&[Role::Host, Role::User])]
            }
            Self::SeenBefore { fact, .. } | Self::SeenOnHosts { fact, .. } => each(fact.roles()),
            Self::SoFar { count: SoFar::Hosts } => each(&[Role::User]),
            Self::SoFar { count: SoFar::Rules | SoFar::Tactics | SoFar::TacticsInOrder | SoFar::Detectors }
            | Self::Burst {} => vec![Need(&[Role::Host, Role::User])],
            Self::HourHabit { .. } => vec![Need(&[Role::User, Role::Host])],
            Self::Beacon { .. } => each(Observation::Interval.roles()),
            Self::AncestorHits {} => vec![Need(&[Role::Process, Role::ParentProcess])],
            Self::AssetCriticality {} | Self::AssetRole {} => each(&[Role::Host]),
            Self::AdministrationTool {} => each(&[Role::Image]),
            Self::RuleLevel {}
            | Self::RuleStatus {}
            | Self::HitCount {}
            | Self::TacticCount {}
            | Self::TechniqueCount {}
            | Self::RuleRecord {}
            | Self::MaintenanceWindow {}
            | Self::FearedTechnique {}
            | Self::FieldClass { .. }
            | Self::FieldLength { .. }
            | Self::FieldEntropy { .. }
            | Self::GeneratedName { .. }
            | Self::Pair { .. } => Vec::new(),
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
            Self::RuleLevel {}
            | Self::RuleStatus {}
            | Self::AssetCriticality {}
            | Self::AssetRole {}
            | Self::AdministrationTool {}
            | Self::MaintenanceWindow {}
            | Self::FearedTechnique {}
            | Self::FieldClass { .. }
            | Self::Pair { .. } => return None,
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
            Self::RuleStatus {}
            | Self::AssetRole {}
            | Self::AdministrationTool {}
            | Self::MaintenanceWindow {}
            | Self::FieldClass { .. }
            | Self::FieldLength { .. }
            | Self::FieldEntropy { .. }
            | Self::Pair { .. } => None,
        }
    }

    /// Whether it is about the rules that hit alone, how many they are and how they are written: no event could have changed
    /// one of these without the others.
    #[must_use]
    pub fn is_of_rules_alone(&self) -> bool {
        match self {
            Self::RuleLevel {}
            | Self::RuleStatus {}
            | Self::HitCount {}
            | Self::TacticCount {}
            | Self::TechniqueCount {}
            | Self::RuleRecord {}
            | Self::FearedTechnique {} => true,
            Self::SeenBefore { .. }
            | Self::SeenOnHosts { .. }
            | Self::Burst {}
            | Self::HourHabit { .. }
            | Self::Beacon { .. }
            | Self::SoFar { .. }
            | Self::AncestorHits {}
            | Self::AssetCriticality {}
            | Self::AssetRole {}
            | Self::AdministrationTool {}
            | Self::MaintenanceWindow {}
            | Self::FieldClass { .. }
            | Self::FieldLength { .. }
            | Self::FieldEntropy { .. }
            | Self::GeneratedName { .. }
            | Self::Pair { .. } => false,
        }
    }

    /// Whether a record may lack what it is computed from.
    #[must_use]
    pub fn may_be_missing(&self) -> bool {
        match self {
            Self::RuleLevel {}
            | Self::RuleStatus {}
            | Self::HitCount {}
            | Self::TacticCount {}
            | Self::TechniqueCount {} => false,
            Self::RuleRecord {}
            | Self::SeenBefore { .. }
            | Self::SeenOnHosts { .. }
            | Self::Burst {}
            | Self::HourHabit { .. }
            | Self::Beacon { .. }
            | Self::SoFar { .. }
            | Self::AncestorHits {}
            | Self::AssetCriticality {}
            | Self::AssetRole {}
            | Self::AdministrationTool {}
            | Self::MaintenanceWindow {}
            | Self::FearedTechnique {}
            | Self::FieldClass { .. }
            | Self::FieldLength { .. }
            | Self::FieldEntropy { .. }
            | Self::GeneratedName { .. }
            | Self::Pair { .. } => true,
        }
    }

    /// The number that bins divide, of a value as it crosses the boundary; or why there is none.
    pub(crate) fn number(&self, value: FeatureValue) -> Result<u64, Absence> {
        let warm = |warm_up: &WarmUp, history: History| {
            if warm_up.is_over(history.among, history.days) { Ok(history) } else { Err(Absence::History(history)) }
        };
        // A plugin that keeps no history of a kind may state the plain number.
        if let FeatureValue::Number(number) = value {
            return Ok(number);
        }
        match self {
            Self::SeenBefore { warm_up, .. } => match value {
                FeatureValue::Seen(history) => Ok(warm(warm_up, history)?.times),
                _ => Err(Absence::Field),
            },
            Self::SeenOnHosts { warm_up, .. } => match value {
                FeatureValue::Seen(history) => Ok(warm(warm_up, history)?.hosts.into()),
                _ => Err(Absence::Field),
            },
            Self::Burst {} => match value {
                FeatureValue::Rate { now, usual_thousandths } => {
                    Ok(u64::from(now) * 1_000 / u64::from(usual_thousandths.max(1_000)))
                }
                _ => Err(Absence::Field),
            },
            Self::HourHabit { warm_up } => match value {
                FeatureValue::Hour { times, among, days, .. } => {
                    warm(warm_up, History { among: among.into(), days, ..History::default() })?;
                    Ok(u64::from(times) * 1_000 / u64::from(among.max(1)))
                }
                _ => Err(Absence::Field),
            },
            // These are plain numbers, or their bins do not divide numbers.
            Self::RuleLevel {}
            | Self::RuleStatus {}
            | Self::HitCount {}
            | Self::TacticCount {}
            | Self::TechniqueCount {}
            | Self::RuleRecord {}
            | Self::Beacon { .. }
            | Self::SoFar { .. }
            | Self::AncestorHits {}
            | Self::AssetCriticality {}
            | Self::AssetRole {}
            | Self::AdministrationTool {}
            | Self::MaintenanceWindow {}
            | Self::FearedTechnique {}
            | Self::FieldClass { .. }
            | Self::FieldLength { .. }
            | Self::FieldEntropy { .. }
            | Self::GeneratedName { .. }
            | Self::Pair { .. } => Err(Absence::Field),
        }
    }
}
