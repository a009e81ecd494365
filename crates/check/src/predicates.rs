//! The pack's predicates, made ready when evidence first names them, and kept: the same rules hit again and again.

use glassbox_finding::Predicate;
use glassbox_pack::directory::Directory;
use glassbox_predicate::{PredicateError, Test};

/// Bytes of compiled predicates that a checker keeps; when there are more it starts afresh.
pub const PREDICATES_BYTES_MAX: usize = 64 << 20;
/// What a kept predicate takes beside a regular expression.
const PREDICATE_BYTES: usize = 256;
/// Bytes of an expression's automaton for each of its states, at least. Where no faster way is left, a character costs a
/// step a state.
const STATE_BYTES: u64 = 64;

/// A predicate made ready, and what it takes to test it.
#[derive(Debug)]
pub(crate) struct Ready {
    pub(crate) test: Test,
    /// Steps a byte of text.
    pub(crate) steps: u64,
}

/// Which predicate: one of the rule set, or one of the model's bins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    /// Its position in the rule set.
    OfRule(u32),
    /// Its position among those of all bins.
    OfBin(u32),
    /// That a field is present.
    Presence,
}

/// The predicates of one pack.
#[derive(Debug)]
pub(crate) struct Predicates {
    of_rules: Vec<Option<Box<Ready>>>,
    of_bins: Vec<Option<Box<Ready>>>,
    bytes: usize,
    /// What all bins claim.
    bins: Vec<Predicate>,
    /// For each term, for each bin, the position in `bins` of what it claims without naming a predicate; those that it
    /// lists are behind it.
    bin_starts: Vec<Vec<u32>>,
    presence: Ready,
    presence_predicate: Predicate,
}

impl Predicates {
    pub(crate) fn new(directory: &Directory) -> Self {
        let mut bins = Vec::new();
        let terms = directory.model().terms().iter();
        let starts = terms.map(|term| {
            let starts = term.bins.iter().enumerate().map(|(position, bin)| {
                let start = bins.len() as u32;
                let exists = || Predicate::new(glassbox_finding::Operator::Exists, "");
                bins.push(term.claimed(position, None).unwrap_or_else(exists));
                bins.extend(bin.predicates());
                start
            });
            starts.collect()
        });
        let bin_starts = starts.collect();
        let none = |count: usize| std::iter::repeat_with(|| None).take(count).collect();
        Self {
            of_rules: none(directory.set().predicates.len()),
            of_bins: none(bins.len()),
            bytes: 0,
            bins,
            bin_starts,
            presence: Ready { test: Test::Presence(glassbox_finding::Operator::Exists), steps: 0 },
            presence_predicate: Predicate::new(glassbox_finding::Operator::Exists, ""),
        }
    }

    /// Which predicate a bin claims; none where there is no such bin or predicate.
    pub(crate) fn of_bin(&self, directory: &Directory, term: u32, bin: u32, predicate: Option<u32>) -> Option<Which> {
        let start = *self.bin_starts.get(term as usize)?.get(bin as usize)?;
        let listed = directory.term(term)?.bins.get(bin as usize)?.predicate_count();
        match predicate {
            None => Some(Which::OfBin(start)),
            Some(position) if (position as usize) < listed => Some(Which::OfBin(start + 1 + position)),
            Some(_) => None,
        }
    }

    /// The predicate itself.
    pub(crate) fn predicate<'a>(&'a self, directory: &'a Directory, which: Which) -> Option<&'a Predicate> {
        match which {
            Which::OfRule(position) => {
                directory.set().predicates.get(position as usize).map(|predicate| &predicate.predicate)
            }
            Which::OfBin(position) => self.bins.get(position as usize),
            Which::Presence => Some(&self.presence_predicate),
        }
    }

    /// The predicate made ready; adds to `steps` what it took.
    ///
    /// # Errors
    /// When it cannot be, which a pack that was built by the compiler never holds.
    pub(crate) fn ready(
        &mut self,
        directory: &Directory,
        which: Which,
        steps: &mut u64,
    ) -> Result<&Ready, PredicateError> {
        let is_known = match which {
            Which::OfRule(position) => self.of_rules.get(position as usize).is_none_or(Option::is_some),
            Which::OfBin(position) => self.of_bins.get(position as usize).is_none_or(Option::is_some),
            Which::Presence => true,
        };
        if !is_known {
            let predicate = self.predicate(directory, which);
            let made = predicate.map(|predicate| Ok((make(predicate)?, predicate.operand.len()))).transpose()?;
            if let Some((ready, operand_bytes)) = made {
                self.keep(which, ready, operand_bytes, steps);
            }
        }
        let kept = match which {
            Which::OfRule(position) => self.of_rules.get(position as usize),
            Which::OfBin(position) => self.of_bins.get(position as usize),
            Which::Presence => None,
        };
        Ok(kept.and_then(Option::as_deref).unwrap_or(&self.presence))
    }

    fn keep(&mut self, which: Which, ready: Ready, operand_bytes: usize, steps: &mut u64) {
        let expression = match &ready.test {
            Test::Regex(expression) => expression.memory_usage(),
            _ => 0,
        };
        let bytes = PREDICATE_BYTES + 2 * operand_bytes + expression;
        // Making an automaton takes many steps for each of its bytes.
        *steps += 16 * bytes as u64;
        if self.bytes + bytes > PREDICATES_BYTES_MAX {
            self.of_rules.fill_with(|| None);
            self.of_bins.fill_with(|| None);
            self.bytes = 0;
        }
        self.bytes += bytes;
        let slot = match which {
            Which::OfRule(position) => self.of_rules.get_mut(position as usize),
            Which::OfBin(position) => self.of_bins.get_mut(position as usize),
            Which::Presence => None,
        };
        if let Some(slot) = slot {
            *slot = Some(Box::new(ready));
        }
    }
}

fn make(predicate: &Predicate) -> Result<Ready, PredicateError> {
    let test = predicate.compile_existence()?;
    let steps = match &test {
        Test::Like(_) => 1 + predicate.operand.len() as u64 / 8,
        Test::Regex(expression) => 1 + expression.memory_usage() as u64 / STATE_BYTES,
        _ => 1,
    };
    Ok(Ready { test, steps })
}
