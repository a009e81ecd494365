//! What a plugin said of each record, in a form that does not depend on batches and sequences: to compare one way of
//! serving with another.

use glassbox_finding::{
    Class, EventTime, Evidence, Finding, Place, Reading, Sequence, Subject, TextPlace, UnscoredReason, Within,
};

/// What reading said of one record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) class: Option<Class>,
    pub(super) time: Option<EventTime>,
    /// Why it was not scored, and the byte at which reading stopped.
    pub(super) unscored: Option<(UnscoredReason, u32)>,
    pub(super) outside: bool,
    pub(super) note: Option<Vec<u8>>,
    /// Rules with the filters that took their hits away.
    suppressed: Vec<(u32, u32)>,
    /// Rules that were not decided.
    undecided: Vec<u32>,
}

impl Account {
    /// The accounts of a batch's records, from a reading that was checked.
    pub(super) fn of(reading: &Reading) -> Vec<Self> {
        let mut accounts: Vec<Self> = (0..reading.class_of.len())
            .map(|index| Self { class: reading.class(index).cloned(), time: reading.time(index), ..Self::default() })
            .collect();
        for unscored in &reading.unscored {
            accounts[unscored.index as usize].unscored = Some((unscored.reason, unscored.at));
        }
        for &index in &reading.outside {
            accounts[index as usize].outside = true;
        }
        for (&index, note) in reading.noted.iter().zip(reading.notes.iter()) {
            accounts[index as usize].note = Some(note.to_vec());
        }
        for suppressed in &reading.suppressed {
            accounts[suppressed.index as usize].suppressed.push((suppressed.rule, suppressed.filter));
        }
        for undecided in &reading.undecided {
            accounts[undecided.index as usize].undecided.push(undecided.rule);
        }
        accounts
    }

    /// The first thing in which two accounts of one record differ.
    pub(super) fn difference(&self, other: &Self) -> Option<&'static str> {
        let differences = [
            (self.unscored != other.unscored, "is unscored in one case only, or for another reason"),
            (self.outside != other.outside, "is outside the time window in one case only"),
            (self.class != other.class, "has another class"),
            (self.time != other.time, "has another time"),
            (self.note != other.note, "has another note"),
            (self.suppressed != other.suppressed, "has other suppressed hits"),
            (self.undecided != other.undecided, "has other undecided rules"),
        ];
        differences.into_iter().find_map(|(differs, what)| differs.then_some(what))
    }
}

/// The first record that two readings of the same records say different things of, by its position, and what differs.
pub(super) fn difference_in_accounts(one: &[Account], other: &[Account]) -> Option<(usize, &'static str)> {
    one.iter().zip(other).enumerate().find_map(|(at, (one, other))| Some((at, one.difference(other)?)))
}

/// Everything that a plugin said of all records.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Served {
    /// What reading said of each record.
    pub(super) accounts: Vec<Account>,
    /// The findings, each with the position of the record that it comes from among all records; that number also stands
    /// in place of each sequence. Findings at the end of input come from the position behind the last record.
    pub(super) findings: Vec<(usize, Finding)>,
    /// Pieces of findings that could not be held to the record's syntax.
    pub(super) unchecked: u64,
    /// The state at the end.
    pub(super) state: Vec<u8>,
}

impl Served {
    /// Records that were not scored.
    pub(super) fn unscored(&self) -> usize {
        self.accounts.iter().filter(|account| account.unscored.is_some()).count()
    }

    /// Positions of records with a finding.
    pub(super) fn found(&self) -> impl Iterator<Item = usize> {
        let about_records = self.findings.iter().filter(|(_, finding)| matches!(finding.subject, Subject::Record(_)));
        about_records.map(|&(place, _)| place)
    }

    /// The notes of all records that have one, with their positions.
    pub(super) fn notes(&self) -> impl Iterator<Item = (usize, &[u8])> {
        let notes = self.accounts.iter().enumerate();
        notes.filter_map(|(place, account)| Some((place, account.note.as_deref()?)))
    }
}

/// The first thing in which two ways of serving differ.
pub(super) fn difference(one: &Served, other: &Served) -> Option<String> {
    if let Some((at, what)) = difference_in_accounts(&one.accounts, &other.accounts) {
        return Some(format!("record {} {what}", at + 1));
    }
    let places = |served: &Served| served.findings.iter().map(|(place, _)| *place).collect::<Vec<_>>();
    let (ours, theirs) = (places(one), places(other));
    if let Some(at) = ours.iter().zip(&theirs).position(|(ours, theirs)| ours != theirs) {
        return Some(format!("record {} has a finding in one case only", ours[at].min(theirs[at]) + 1));
    }
    if ours.len() != theirs.len() {
        return Some(format!("there are {} findings instead of {}", theirs.len(), ours.len()));
    }
    if let Some(((place, _), _)) = one.findings.iter().zip(&other.findings).find(|(one, other)| one != other) {
        return Some(format!("the finding of record {} differs", place + 1));
    }
    if one.unchecked != other.unchecked {
        return Some(format!("{} pieces are unchecked instead of {}", other.unchecked, one.unchecked));
    }
    (one.state != other.state).then(|| "the state at the end differs".to_owned())
}

/// The sequences that records get: an arithmetic progression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Numbering {
    pub(super) first: Sequence,
    pub(super) step: Sequence,
}

impl Numbering {
    /// The sequence of the record at a position.
    pub(super) fn sequence(self, place: usize) -> Sequence {
        self.first + self.step * place as Sequence
    }

    /// The position of the record with a sequence; none where no record has it.
    pub(super) fn place(self, sequence: Sequence) -> Option<usize> {
        let distance = sequence.checked_sub(self.first)?;
        (distance % self.step == 0).then(|| (distance / self.step) as usize)
    }

    /// A finding in which positions stand in place of sequences. A sequence that no record has stays.
    pub(super) fn without_sequences(self, mut finding: Finding) -> Finding {
        let renumber =
            |sequence: &mut Sequence| *sequence = self.place(*sequence).map_or(*sequence, |it| it as Sequence);
        let in_text = |place: &mut TextPlace| {
            if let Within::Other(sequence) = &mut place.within {
                renumber(sequence);
            }
        };
        renumber(&mut finding.at);
        finding.same_act.iter_mut().for_each(renumber);
        match &mut finding.subject {
            Subject::Record(sequence) => renumber(sequence),
            Subject::Window(window) => {
                window.records.iter_mut().for_each(renumber);
                window.group.iter_mut().for_each(|entity| in_text(&mut entity.place));
            }
        }
        if let Some(alert) = &mut finding.alert {
            in_text(&mut alert.name);
            alert.severity.iter_mut().for_each(in_text);
        }
        finding.entities.iter_mut().for_each(|entity| in_text(&mut entity.place));
        finding.fields.iter_mut().for_each(|field| in_text(&mut field.place));
        for Evidence { place, .. } in &mut finding.evidence {
            match place {
                Place::Text(place) => in_text(place),
                Place::Pair(one, other) => {
                    in_text(one);
                    in_text(other);
                }
                Place::Absent => {}
            }
        }
        finding
    }
}

#[cfg(test)]
mod tests {
    use glassbox_finding::{Class, NO_CLASS, Notes, Suppressed, Unscored};

    use super::*;

    #[test]
    fn sequences_and_positions_belong_together() {
        let check = |numbering: Numbering, sequence: Sequence, expected: Option<usize>| {
            assert_eq!(numbering.place(sequence), expected);
            assert!(expected.is_none_or(|place| numbering.sequence(place) == sequence));
        };
        let numbering = Numbering { first: 10, step: 7 };
        check(numbering, 10, Some(0));
        check(numbering, 31, Some(3));
        check(numbering, 30, None);
        check(numbering, 3, None);
        check(Numbering { first: 0, step: 1 }, 5, Some(5));
    }

    #[test]
    fn an_account_is_of_one_record() {
        let mut notes = Notes::default();
        notes.push(b"one");
        notes.push(b"two");
        let reading = Reading {
            classes: vec![Class { timed: true, ..Class::default() }],
            class_of: vec![0, NO_CLASS, 0],
            times: vec![5, 0, 6],
            unscored: vec![Unscored { index: 1, reason: UnscoredReason::Malformed, at: 2 }],
            outside: Vec::new(),
            noted: vec![0, 2],
            notes,
            suppressed: vec![Suppressed { index: 2, rule: 4, filter: 1 }],
            undecided: Vec::new(),
        };
        let accounts = Account::of(&reading);
        let class = Class { timed: true, ..Class::default() };
        let noted = |time, note: &[u8]| Account {
            class: Some(class.clone()),
            time: Some(time),
            note: Some(note.to_vec()),
            ..Account::default()
        };
        let unscored = Account { unscored: Some((UnscoredReason::Malformed, 2)), ..Account::default() };
        let suppressed = Account { suppressed: vec![(4, 1)], ..noted(6, b"two") };
        assert_eq!(accounts, [noted(5, b"one"), unscored, suppressed]);
    }

    #[test]
    fn the_first_difference_is_reported() {
        let account = |note: &[u8]| Account { note: Some(note.to_vec()), ..Account::default() };
        let served = |notes: &[&[u8]], state: &[u8]| Served {
            accounts: notes.iter().map(|note| account(note)).collect(),
            state: state.to_vec(),
            ..Served::default()
        };
        let check = |one: &Served, other: &Served, expected: Option<&str>| {
            assert_eq!(difference(one, other).as_deref(), expected);
        };
        let one = served(&[b"a", b"b"], b"state");
        check(&one, &served(&[b"a", b"b"], b"state"), None);
        check(&one, &served(&[b"a", b"c"], b"state"), Some("record 2 has another note"));
        check(&one, &served(&[b"a", b"b"], b"other"), Some("the state at the end differs"));
    }
}
