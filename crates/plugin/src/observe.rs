//! Observations: what reading notes of records for the baseline, whether or not a rule hit them, as keyed hashes alone.
//!
//! What is observed must be cheap to see and say something about what is normal: process starts (program, who started
//! it, user on host), connections (destination, port, regularity), lookups (domain), loaded libraries and drivers
//! (who signed them), logons (user on host), and calls to a cloud (who). Everything else is observed only where a rule
//! hit it.

use std::borrow::Cow;

use glassbox_baseline::{Key, KeyMaker, Moment, Seed};
use glassbox_event::{Event, Kind as ValueKind, Source, Value};
use glassbox_finding::{Claim, Evidence, Fact, Observation, Place, Role, TextPlace};
use glassbox_maps::roles::{LOGGED_ON, fields_of, is_nothing};

/// The facts that are observed, each with the observation that is its key.
pub(crate) const FACTS: [(Observation, Fact); FACTS_OBSERVED] = {
    let (mut facts, mut found, mut number) = ([(Observation::Host, Fact::Rule); FACTS_OBSERVED], 0, 0);
    while number < Fact::COUNT {
        if let Some(slot) = Fact::ALL[number].observation() {
            facts[found] = (slot, Fact::ALL[number]);
            found += 1;
        }
        number += 1;
    }
    facts
};
const FACTS_OBSERVED: usize = {
    let (mut found, mut number) = (0, 0);
    while number < Fact::COUNT {
        found += Fact::ALL[number].observation().is_some() as usize;
        number += 1;
    }
    found
};
const SLOTS: usize = Observation::COUNT;

/// What was observed of one record: its keys, and when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Observed {
    /// Whether a process began, rather than did something.
    pub(crate) is_start: bool,
    second: u32,
    present: u16,
    keys: [u64; SLOTS],
}

impl Observed {
    fn set(&mut self, slot: Observation, key: Key) {
        self.present |= 1 << slot as u8;
        self.keys[slot as usize] = key.0;
    }

    pub(crate) fn get(&self, slot: Observation) -> Option<Key> {
        (self.present >> slot as u8 & 1 == 1).then_some(Key(self.keys[slot as usize]))
    }

    pub(crate) fn moment(&self) -> Option<Moment> {
        Moment::of_second(self.second)
    }

    /// The host, or who acted where a record names no host, as records of cloud services do not.
    pub(crate) fn subject(&self) -> Option<Key> {
        self.get(Observation::Host).or_else(|| self.get(Observation::User))
    }

    /// Second, what is present and whether a process began, then the keys: all little-endian.
    pub(crate) fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.second.to_le_bytes());
        bytes.extend((self.present | u16::from(self.is_start) << SLOTS).to_le_bytes());
        for (slot, key) in self.keys.iter().enumerate() {
            if self.present >> slot & 1 == 1 {
                bytes.extend(key.to_le_bytes());
            }
        }
    }

    /// Takes one off the front; none where the bytes are cut short or hold what cannot be.
    pub(crate) fn read(bytes: &mut &[u8]) -> Option<Self> {
        let mut observed = Self { second: u32::from_le_bytes(take(bytes)?), ..Self::default() };
        let present = u16::from_le_bytes(take(bytes)?);
        observed.is_start = present >> SLOTS & 1 == 1;
        observed.present = present & ((1 << SLOTS) - 1);
        if present >> (SLOTS + 1) != 0 {
            return None;
        }
        for slot in 0..SLOTS {
            if observed.present >> slot & 1 == 1 {
                observed.keys[slot] = u64::from_le_bytes(take(bytes)?);
            }
        }
        Some(observed)
    }
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*taken)
}

/// What kind of thing a record tells, as far as observing goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deed {
    Start,
    Connection,
    Lookup,
    Load,
    Logon,
    CloudCall,
    Other,
}

/// Makes observations.
#[derive(Debug)]
pub(crate) struct Observer {
    keys: KeyMaker,
    /// For each role its fields' slots and names, most telling first.
    slots: [Vec<(usize, &'static str)>; Role::COUNT],
    event_id: usize,
}

impl Observer {
    /// What tells notes made under these parts and this seed from others.
    pub(crate) fn tag(&self, parts: &[&[u8]]) -> u32 {
        self.keys.entity("note", &parts.concat()).0 as u32
    }

    /// What kind of source an event comes from, as a hash.
    pub(crate) fn detector(&self, source: Source<'_>) -> u64 {
        let parts = [source.product, source.service, source.categories.iter().next()];
        let parts = parts.map(|part| part.unwrap_or_default().as_bytes());
        self.keys.entity("detector", &parts.concat()).0
    }

    /// Fields that observing needs and that `fields` does not name yet are appended.
    pub(crate) fn new(seed: u128, fields: &mut Vec<String>) -> Self {
        let mut slot_of = |field: &str| {
            fields.iter().position(|known| known == field).unwrap_or_else(|| {
                fields.push(field.to_owned());
                fields.len() - 1
            })
        };
        let slots = Role::ALL.map(|part| fields_of(part).map(|field| (slot_of(field), field)).collect());
        Self { keys: KeyMaker::new(Seed(seed)), slots, event_id: slot_of("EventID") }
    }

    /// What there is to observe of a record that no rule hit; most have nothing.
    pub(crate) fn observe(&self, event: &Event<'_>, buffer: &mut Vec<u8>) -> Option<Observed> {
        match self.deed(event) {
            Deed::Other => None,
            deed => Some(self.observe_deed(event, deed, buffer)),
        }
    }

    /// What there is to observe of a record that a rule hit.
    pub(crate) fn observe_hit(&self, event: &Event<'_>, buffer: &mut Vec<u8>) -> Observed {
        self.observe_deed(event, self.deed(event), buffer)
    }

    fn deed(&self, event: &Event<'_>) -> Deed {
        let source = event.source();
        for category in source.categories.iter() {
            match category {
                "process_creation" => return Deed::Start,
                "network_connection" => return Deed::Connection,
                "dns_query" | "dns" => return Deed::Lookup,
                "image_load" | "driver_load" => return Deed::Load,
                _ => {}
            }
        }
        match source.service {
            Some("security") if event.values(self.event_id).any(|value| value.bytes == b"4624") => Deed::Logon,
            Some("cloudtrail") => Deed::CloudCall,
            _ => Deed::Other,
        }
    }

    fn observe_deed(&self, event: &Event<'_>, deed: Deed, buffer: &mut Vec<u8>) -> Observed {
        let second = event.time().and_then(Moment::of).map_or(0, Moment::second);
        let mut observed = Observed { second, is_start: deed == Deed::Start, ..Observed::default() };
        let text = |part: Role| self.text(event, part);
        if let Some(host) = text(Role::Host) {
            observed.set(Observation::Host, self.keys.entity("host", lower(&host, buffer)));
        }
        // Accounts of the system are on every host: they say nothing about who.
        if let Some(user) = text(Role::User).filter(|user| !is_of_the_system(user)) {
            let user = self.keys.entity("user", lower(&user, buffer));
            observed.set(Observation::User, user);
            if let Some(host) = observed.get(Observation::Host) {
                let parts = [user.0.to_le_bytes(), host.0.to_le_bytes()];
                observed.set(Observation::UserOnHost, self.keys.fact(Fact::UserOnHost, &[&parts[0], &parts[1]]));
            }
        }
        for (part, slot) in [(Role::Process, Observation::Process), (Role::ParentProcess, Observation::ParentProcess)] {
            if let Some(id) = text(part) {
                observed.set(slot, self.keys.process(lower(&id, buffer)));
            }
        }
        match deed {
            Deed::Start => self.observe_start(event, &mut observed, buffer),
            Deed::Connection => self.observe_connection(event, &mut observed, buffer),
            Deed::Lookup => {
                if let Some(name) = text(Role::Domain) {
                    let domain = last_two_labels(&name);
                    observed.set(Observation::Domain, self.keys.fact(Fact::Domain, &[lower(domain, buffer)]));
                }
            }
            Deed::Load => {
                if let Some(signature) = text(Role::Signature) {
                    observed.set(Observation::Signature, self.keys.fact(Fact::Signature, &[lower(&signature, buffer)]));
                }
            }
            Deed::Logon | Deed::CloudCall | Deed::Other => {}
        }
        observed
    }

    fn observe_start(&self, event: &Event<'_>, observed: &mut Observed, buffer: &mut Vec<u8>) {
        let Some(image) = self.text(event, Role::Image) else { return };
        let path = general_path(&image, buffer);
        observed.set(Observation::Image, self.keys.fact(Fact::Image, &[path]));
        if let Some(parent) = self.text(event, Role::Parent) {
            buffer.clear();
            buffer.extend(file_name(&parent).bytes().map(|byte| byte.to_ascii_lowercase()));
            let middle = buffer.len();
            buffer.extend(file_name(&image).bytes().map(|byte| byte.to_ascii_lowercase()));
            let (parent, child) = buffer.split_at(middle);
            observed.set(Observation::ParentChild, self.keys.fact(Fact::ParentChild, &[parent, child]));
        }
    }

    fn observe_connection(&self, event: &Event<'_>, observed: &mut Observed, buffer: &mut Vec<u8>) {
        let text = |part: Role| self.text(event, part);
        let image = text(Role::Image);
        let image = image.as_deref().map(file_name);
        if let Some(destination) = text(Role::Destination) {
            buffer.clear();
            buffer.extend(destination.bytes().map(|byte| byte.to_ascii_lowercase()));
            observed.set(Observation::Destination, self.keys.fact(Fact::Destination, &[buffer]));
            if let (Some(image), Some(host)) = (image, observed.get(Observation::Host)) {
                let middle = buffer.len();
                buffer.extend(image.bytes().map(|byte| byte.to_ascii_lowercase()));
                let (destination, image) = buffer.split_at(middle);
                let key = self.keys.interval(&[&host.0.to_le_bytes(), image, destination]);
                observed.set(Observation::Interval, key);
            }
        }
        if let (Some(image), Some(port)) = (image, text(Role::Port)) {
            observed.set(Observation::Port, self.keys.fact(Fact::Port, &[lower(image, buffer), port.as_bytes()]));
        }
    }

    /// Whether somebody logged on, or tried to.
    fn is_logon(&self, event: &Event<'_>) -> bool {
        let mut ids = event.values(self.event_id);
        event.source().service == Some("security") && ids.any(|value| matches!(value.bytes, b"4624" | b"4625"))
    }

    /// The first field of a part that says something, and the field's slot.
    fn value<'e>(&self, event: &Event<'e>, part: Role) -> Option<(Value<'e>, usize)> {
        let named = || self.slots[part as usize].iter();
        let is_first = |field: &str| part == Role::User && field == LOGGED_ON && self.is_logon(event);
        let first = named().filter(|(_, field)| is_first(field));
        first.chain(named()).find_map(|&(slot, _)| {
            let mut values = event.values(slot);
            let value = values.find(|value| {
                !matches!(value.kind, ValueKind::Null | ValueKind::Object)
                    && (value.bytes.len() > NOTHING_BYTES_MAX || !is_nothing(&value.text()))
            })?;
            Some((value, slot))
        })
    }

    /// The evidence for each part that a record has: that it is there, and where.
    pub(crate) fn grounds(&self, event: &Event<'_>) -> impl Iterator<Item = (Role, Evidence)> {
        Role::ALL.into_iter().filter_map(|part| {
            let (value, slot) = self.value(event, part)?;
            let place = Place::Text(TextPlace::from(value.place));
            Some((part, Evidence { claim: Claim::Role(slot as u32), place }))
        })
    }

    /// A part's text.
    pub(crate) fn text<'e>(&self, event: &Event<'e>, part: Role) -> Option<Cow<'e, str>> {
        self.value(event, part).map(|(value, _)| value.text())
    }
}

/// Longer values name something, however they are written: no escape takes more than ten bytes a character.
const NOTHING_BYTES_MAX: usize = 60;

/// Whether an account is Windows's own or a computer's.
fn is_of_the_system(user: &str) -> bool {
    let name = user.rsplit('\\').next().unwrap_or(user);
    let known = ["SYSTEM", "LOCAL SERVICE", "NETWORK SERVICE", "ANONYMOUS LOGON"];
    name.ends_with('$') || known.iter().any(|known| name.eq_ignore_ascii_case(known))
}

fn lower<'b>(text: &str, buffer: &'b mut Vec<u8>) -> &'b [u8] {
    buffer.clear();
    buffer.extend(text.bytes().map(|byte| byte.to_ascii_lowercase()));
    buffer
}

/// A path in lower case with the name of a user's folder left out, so that a program counts as the same for everybody.
fn general_path<'b>(path: &str, buffer: &'b mut Vec<u8>) -> &'b [u8] {
    lower(path, buffer);
    for folder in [b"\\users\\".as_slice(), b"/home/"] {
        let found = buffer.windows(folder.len()).position(|window| window == folder);
        if let Some(start) = found.map(|at| at + folder.len())
            && let Some(length) = buffer[start..].iter().position(|byte| matches!(byte, b'\\' | b'/'))
        {
            buffer.splice(start..start + length, [b'*']);
        }
    }
    buffer
}

/// The last part of a path of either kind.
fn file_name(path: &str) -> &str {
    path.rsplit(['\\', '/']).next().filter(|name| !name.is_empty()).unwrap_or(path)
}

/// What of a name is registered, nearly always.
fn last_two_labels(name: &str) -> &str {
    let name = name.trim_end_matches('.');
    let dot = name.rmatch_indices('.').nth(1);
    dot.map_or(name, |(at, _)| &name[at + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn observations_come_back_from_their_bytes() {
        let mut observed = Observed { second: 1_794_909_600, is_start: true, ..Observed::default() };
        for (number, (slot, _)) in FACTS.iter().enumerate().step_by(2) {
            observed.set(*slot, Key(u64::MAX - number as u64));
        }
        let mut bytes = Vec::new();
        observed.write(&mut bytes);
        assert_eq!(bytes.len(), 6 + 4 * 8);
        let mut rest = bytes.as_slice();
        assert_eq!(Observed::read(&mut rest), Some(observed));
        assert!(rest.is_empty());
        for end in 0..bytes.len() {
            assert_eq!(Observed::read(&mut &bytes[..end]), None, "cut at {end}");
        }
        bytes[5] |= 0x80;
        assert_eq!(Observed::read(&mut bytes.as_slice()), None, "a slot that there is not");
    }

    #[test]
    fn who_logged_on_comes_before_who_let_them() {
        let mut fields = Vec::new();
        let observer = Observer::new(1, &mut fields);
        let reader = glassbox_event::Reader::new(&fields);
        let user = |id: u32| {
            let record = format!(
                r#"{{"EventID":{id},"Channel":"Security","Computer":"H","SubjectUserName":"H$","TargetUserName":"anna"}}"#
            );
            let mut scratch = glassbox_event::Scratch::default();
            let hint = glassbox_finding::Logsource::default();
            let event = reader.read(record.as_bytes(), &hint, &mut scratch).expect("it can be read");
            observer.text(&event, Role::User).map(Cow::into_owned)
        };
        assert_eq!([4624, 4625, 4648].map(user), ["anna", "anna", "H$"].map(|user| Some(user.to_owned())));
    }

    #[test]
    fn texts_are_made_general() {
        let path = |path: &str| String::from_utf8(general_path(path, &mut Vec::new()).to_vec()).expect("text");
        assert_eq!(path(r"C:\Users\Anna\AppData\a.exe"), r"c:\users\*\appdata\a.exe");
        assert_eq!(path("/home/anna/bin/x"), "/home/*/bin/x");
        assert_eq!(path(r"C:\Windows\System32\cmd.exe"), r"c:\windows\system32\cmd.exe");
        assert_eq!(path(r"C:\Users\a.exe"), r"c:\users\a.exe");
        assert_eq!(
            ["a.b.example.com.", "example.com", "host", "x.co"].map(last_two_labels),
            ["example.com", "example.com", "host", "x.co"]
        );
        assert_eq!([r"C:\a\b.exe", "/bin/sh", "x", r"a\"].map(file_name), ["b.exe", "sh", "x", r"a\"]);
        assert!(
            is_of_the_system(r"NT AUTHORITY\System") && is_of_the_system("WS-1$") && !is_of_the_system(r"CORP\anna")
        );
    }
}
