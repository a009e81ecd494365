//! Which rules are about an event, by its logsource.

use glassbox_event::{Event, Source};
use glassbox_finding::Logsource;
use glassbox_predicate::{Index, Literal, index};
use glassbox_rules::RuleSet;

use crate::{pairs::Pairs, trigger::Triggers};

/// Routes kept at most. Sources come from records, and records can say anything.
const ROUTES_MAX: usize = 256;

/// The rules that are about one kind of source.
#[derive(Debug, Default)]
pub(crate) struct Route {
    /// Tells it from other routes; none where it is not kept.
    pub(crate) number: Option<u16>,
    /// By logsource of the rule set.
    logsources: Vec<bool>,
    /// The fields of the rule set that considered rules read, ascending.
    pub(crate) fields: Vec<u32>,
    /// By predicate: whether a considered rule has it, as bits.
    predicates: Vec<u64>,
    /// How many rules.
    pub(crate) considered: u32,
    /// Rules that no literal announces: considered for every such event.
    pub(crate) always: Vec<u32>,
    /// The keywords of considered rules, if any has some.
    pub(crate) keywords: Option<Keywords>,
}

/// Keywords, which any value may hold.
#[derive(Debug)]
pub(crate) struct Keywords {
    /// Finds them in values.
    pub(crate) index: Index,
    /// Finds parts of them in raw records.
    parts: Option<Pairs>,
}

impl Keywords {
    fn new(set: &RuleSet, mut predicates: Vec<u32>) -> Option<Self> {
        if predicates.is_empty() {
            return None;
        }
        predicates.sort_unstable();
        predicates.dedup();
        let literals = set.literals_of(&predicates);
        Some(Self { index: Index::new(&literals), parts: plain_parts(&literals).and_then(|parts| Pairs::new(&parts)) })
    }

    /// Whether any value of the record may hold a keyword. Telling that none does spares the walk over all values.
    pub(crate) fn may_stand_in(&self, event: &Event<'_>) -> bool {
        let Some(parts) = &self.parts else { return true };
        !event.shows_letters() || parts.any_in(event.record())
    }
}

/// Of each keyword a part that stands in the raw bytes of a JSON record without `\u` escapes as it does in the value, in
/// lower case. None where a keyword has no such part.
fn plain_parts(keywords: &[(u32, Literal)]) -> Option<Vec<Vec<u8>>> {
    let part = |(_, literal): &(u32, Literal)| {
        let parts = literal.text.split(|character: char| {
            !character.is_ascii() || character.is_ascii_control() || matches!(character, '"' | '\\' | '/')
        });
        let longest = parts.max_by_key(|part| part.len()).filter(|part| !part.is_empty())?;
        Some(longest.as_bytes().to_vec())
    };
    keywords.iter().map(part).collect()
}

impl Route {
    pub(crate) fn new(set: &RuleSet, triggers: &Triggers, source: Source<'_>) -> Self {
        let logsources: Vec<bool> = set.logsources.iter().map(|logsource| is_about(logsource, source)).collect();
        let rules = set.rules.iter().enumerate().filter(|(_, rule)| logsources[rule.logsource as usize]);
        let positions: Vec<u32> = rules.map(|(position, _)| position as u32).collect();
        let mut route = Self::of(set, logsources, &positions);
        route.always = positions.into_iter().filter(|&rule| triggers.is_untriggered(rule)).collect();
        route
    }

    /// A route that considers every rule, and none without having seen a predicate of it.
    pub(crate) fn of_everything(set: &RuleSet) -> Self {
        let rules: Vec<u32> = (0..set.rules.len() as u32).collect();
        Self::of(set, vec![true; set.logsources.len()], &rules)
    }

    fn of(set: &RuleSet, logsources: Vec<bool>, rules: &[u32]) -> Self {
        let mut predicates = vec![0_u64; set.predicates.len().div_ceil(64)];
        let mut fields = vec![false; set.fields.len()];
        let mut keywords = Vec::new();
        for &(predicate, _) in
            rules.iter().flat_map(|&rule| &set.rules[rule as usize].items).flat_map(|it| &it.predicates)
        {
            predicates[predicate as usize / 64] |= 1 << (predicate % 64);
            match set.predicates[predicate as usize].field {
                Some(field) => fields[field as usize] = true,
                None => keywords.push(predicate),
            }
        }
        let fields = (0..set.fields.len() as u32).filter(|&field| fields[field as usize]).collect();
        let keywords = Keywords::new(set, keywords);
        Self { logsources, fields, predicates, considered: rules.len() as u32, keywords, ..Self::default() }
    }

    /// Whether the event has not one of the fields that considered rules read. Keywords read every value.
    pub(crate) fn is_blind_to(&self, event: &Event<'_>) -> bool {
        self.keywords.is_none() && !self.fields.iter().any(|&field| event.has_values(field as usize))
    }

    /// Whether rules of this logsource are considered.
    pub(crate) fn considers(&self, logsource: u32) -> bool {
        self.logsources[logsource as usize]
    }

    /// Whether a considered rule has this predicate.
    pub(crate) fn asks(&self, predicate: u32) -> bool {
        self.predicates[predicate as usize / 64] >> (predicate % 64) & 1 == 1
    }
}

/// Whether a rule's logsource is that of an event: in every part that the rule states.
pub(crate) fn is_about(logsource: &Logsource, source: Source<'_>) -> bool {
    let Logsource { product, category, service } = logsource;
    product.as_deref().is_none_or(|product| source.product == Some(product))
        && service
            .as_deref()
            .is_none_or(|service| source.service == Some(service) || source.services.contains(&service))
        && category.as_deref().is_none_or(|category| source.categories.iter().any(|known| known == category))
}

/// Routes by source, made when a source is first seen.
#[derive(Debug, Default)]
pub(crate) struct Routes {
    routes: Vec<(Key, Route)>,
    /// Positions in `routes` plus one, by hash, with linear probing; 0 is vacant.
    table: Vec<u16>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Key {
    product: Option<String>,
    service: Option<String>,
    services: &'static [&'static str],
    categories: Vec<String>,
}

impl Routes {
    /// Gives the route of a source to `then`.
    pub(crate) fn with<T>(
        &mut self,
        set: &RuleSet,
        triggers: &Triggers,
        source: Source<'_>,
        then: impl FnOnce(&Route) -> T,
    ) -> T {
        if self.table.is_empty() {
            self.table = vec![0; ROUTES_MAX * 2];
        }
        let (mut source, mut found) = (source, self.search(source));
        if found.is_err() {
            // A service can be any text of a record: those that no rule names share one route.
            let named = |service: &&str| set.logsources.iter().any(|known| known.service.as_deref() == Some(*service));
            source = Source { service: source.service.filter(named), ..source };
            found = self.search(source);
        }
        match found {
            Ok(position) => then(&self.routes[position].1),
            Err(vacant) => {
                let mut route = Route::new(set, triggers, source);
                if self.routes.len() == ROUTES_MAX {
                    return then(&route);
                }
                route.number = Some(self.routes.len() as u16);
                let result = then(&route);
                self.routes.push((Key::of(source), route));
                self.table[vacant] = self.routes.len() as u16;
                result
            }
        }
    }

    /// The position of a source's route, or the vacant place of the table where it belongs.
    fn search(&self, source: Source<'_>) -> Result<usize, usize> {
        let mask = self.table.len() - 1;
        let mut at = hash(source) as usize & mask;
        while let Some(position) = self.table[at].checked_sub(1) {
            if self.routes[position as usize].0.is(source) {
                return Ok(position as usize);
            }
            at = (at + 1) & mask;
        }
        Err(at)
    }
}

fn hash(source: Source<'_>) -> u64 {
    let parts = [source.product, source.service].map(Option::unwrap_or_default);
    let parts = parts.into_iter().chain(source.services.first().copied()).chain(source.categories.iter());
    parts.fold(0, |hash: u64, part| hash.rotate_left(9) ^ index::hash(part.as_bytes()))
}

impl Key {
    fn of(source: Source<'_>) -> Self {
        Self {
            product: source.product.map(Into::into),
            service: source.service.map(Into::into),
            services: source.services,
            categories: source.categories.iter().map(Into::into).collect(),
        }
    }

    fn is(&self, source: Source<'_>) -> bool {
        self.product.as_deref() == source.product
            && self.service.as_deref() == source.service
            && self.services == source.services
            && self.categories.iter().map(String::as_str).eq(source.categories.iter())
    }
}

#[cfg(test)]
mod tests {
    use glassbox_event::Categories;
    use glassbox_predicate::Placed;
    use glassbox_rules::compile::{RuleFile, compile};

    use super::*;

    const SOURCE: Source<'static> = Source {
        product: Some("windows"),
        service: Some("security"),
        services: &["auth"],
        categories: Categories::Known(&["registry_set", "registry_event"]),
    };

    /// A set with a rule for each logsource.
    fn set(logsources: &[&str]) -> RuleSet {
        let file = |logsource: &&str| RuleFile {
            path: format!("{logsource}.yml"),
            text: format!(
                "title: T\nid: {}\nlogsource: {{{logsource}}}\ndetection: {{s: {{F: a}}, condition: s}}\n",
                logsource.replace([':', ' ', ','], "-")
            ),
        };
        compile(&logsources.iter().map(file).collect::<Vec<_>>()).set
    }

    #[test]
    fn sources_are_told_apart_by_each_part() {
        let sources = [
            SOURCE,
            Source { product: Some("linux"), ..SOURCE },
            Source { product: None, ..SOURCE },
            Source { service: Some("system"), ..SOURCE },
            Source { services: &["syslog"], ..SOURCE },
            Source { categories: Categories::Known(&["registry_set"]), ..SOURCE },
        ];
        for (number, source) in sources.iter().enumerate() {
            for (other_number, other) in sources.iter().enumerate() {
                assert_eq!(Key::of(*source).is(*other), number == other_number, "{source:?} and {other:?}");
                assert_eq!(hash(*source) == hash(*other), number == other_number, "{source:?} and {other:?}");
            }
        }
        let hinted = Source { categories: Categories::Hinted("registry_set"), ..SOURCE };
        assert!(Key::of(sources[5]).is(hinted));
    }

    #[test]
    fn sources_spread_over_the_table() {
        let products: Vec<String> = (0..ROUTES_MAX).map(|number| format!("product-{number}")).collect();
        let hashes = products.iter().map(|product| hash(Source { product: Some(product), ..SOURCE }));
        let places: std::collections::HashSet<u64> = hashes.map(|hash| hash % (ROUTES_MAX as u64 * 2)).collect();
        // By chance 201 of them would be taken.
        assert!(places.len() > 150, "{}", places.len());
    }

    #[test]
    fn a_logsource_must_agree_in_every_part_that_it_states() {
        let check = |product: &str, category: &str, service: &str, expected| {
            let part = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            let logsource = Logsource { product: part(product), category: part(category), service: part(service) };
            assert_eq!(is_about(&logsource, SOURCE), expected, "{logsource:?}");
        };
        check("", "", "", true);
        check("windows", "registry_event", "auth", true);
        check("windows", "registry_set", "security", true);
        check("linux", "registry_set", "security", false);
        check("windows", "process_creation", "security", false);
        check("windows", "registry_set", "system", false);
        check("", "", "auth", true);
        check("", "", "syslog", false);
        check("linux", "", "", false);
    }

    #[test]
    fn sources_keep_their_routes_and_services_without_rules_share_one() {
        let set = set(&["product: windows", "product: windows, service: security", "product: linux"]);
        let triggers = Triggers::new(&set);
        let mut routes = Routes::default();
        let source = Source { services: &[], ..SOURCE };
        for _ in 0..2 {
            for (source, expected) in [
                (source, (Some(0), 2)),
                (Source { service: Some("one"), ..source }, (Some(1), 1)),
                (Source { service: Some("another"), ..source }, (Some(1), 1)),
                (Source { product: Some("linux"), ..source }, (Some(2), 1)),
                (Source { product: Some("linux"), service: None, ..source }, (Some(3), 1)),
                (Source { product: Some("linux"), service: Some("one"), ..source }, (Some(3), 1)),
                (Source { product: None, ..source }, (Some(4), 0)),
            ] {
                let told = routes.with(&set, &triggers, source, |route| (route.number, route.considered));
                assert_eq!(told, expected, "{source:?}");
            }
        }
        assert_eq!(routes.routes.len(), 5);
    }

    #[test]
    fn only_so_many_routes_are_kept() {
        let set = set(&["product: product-7", "product: product-300"]);
        let triggers = Triggers::new(&set);
        let mut routes = Routes::default();
        for _ in 0..2 {
            for number in 0..ROUTES_MAX + 50 {
                let product = format!("product-{number}");
                let source = Source { product: Some(&product), service: None, ..SOURCE };
                let told = routes.with(&set, &triggers, source, |route| (route.number, route.considered));
                let kept = (number < ROUTES_MAX).then_some(number as u16);
                assert_eq!(told, (kept, u32::from([7, 300].contains(&number))), "{product}");
            }
        }
        assert_eq!(routes.routes.len(), ROUTES_MAX);
    }

    #[test]
    fn keywords_give_a_part_that_stands_in_records_as_in_values() {
        let keyword = |text: &str| (0, Literal { text: text.into(), place: Placed::Anywhere, needs_test: false });
        for (text, expected) in [
            ("needle", Some("needle")),
            (r"ab\cde", Some("cde")),
            ("ab/cde", Some("cde")),
            ("abcd\"e", Some("abcd")),
            ("abcéd", Some("abc")),
            ("ab\tcde", Some("cde")),
            ("é/", None),
        ] {
            let expected = expected.map(|part| vec![part.as_bytes().to_vec()]);
            assert_eq!(plain_parts(&[keyword(text)]), expected, "{text}");
        }
        assert_eq!(plain_parts(&[keyword("ab"), keyword("é")]), None);
        assert_eq!(plain_parts(&[keyword("ab"), keyword("cd")]), Some(vec![b"ab".to_vec(), b"cd".to_vec()]));
    }

    #[test]
    fn only_predicates_of_considered_rules_are_asked_for() {
        let rule = |id: &str, product: &str, values: &str| RuleFile {
            path: format!("{id}.yml"),
            text: format!(
                "title: T\nid: {id}\nlogsource: {{product: {product}}}\ndetection: {{s: {{F: [{values}]}}, condition: s}}\n"
            ),
        };
        let values: Vec<String> = (0..200).map(|number| format!("v{number}")).collect();
        let set = compile(&[rule("a", "linux", &values.join(", ")), rule("b", "windows", "v3, v70, v130")]).set;
        let route = Route::new(&set, &Triggers::new(&set), SOURCE);
        for (predicate, asked) in set.predicates.iter().zip(0..) {
            let expected = ["v3", "v70", "v130"].contains(&&*predicate.predicate.operand);
            assert_eq!(route.asks(asked), expected, "{predicate:?}");
        }
        assert!(set.predicates.len() == 200 && route.fields == [0] && route.keywords.is_none());
    }
}
