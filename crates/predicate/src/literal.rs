//! The literals that a predicate cannot hold without: what an index looks for in a value before anything is tested.

use crate::{Glob, Operator, Part, Predicate, fold};

/// Where in the value a literal must stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placed {
    /// It is all of it.
    Whole,
    /// At its beginning.
    Start,
    /// At its end.
    End,
    /// Somewhere in it.
    Anywhere,
}

/// A folded literal that a value must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Literal {
    /// The text.
    pub text: String,
    /// Where it must stand.
    pub place: Placed,
    /// Whether the literal is only a part of what must hold, or its case counts.
    pub needs_test: bool,
}

impl Literal {
    /// Whether it stands in a folded text where it must.
    #[must_use]
    pub fn stands_in(&self, folded: &str) -> bool {
        match self.place {
            Placed::Whole => folded == self.text,
            Placed::Start => folded.starts_with(&self.text),
            Placed::End => folded.ends_with(&self.text),
            Placed::Anywhere => folded.contains(&self.text),
        }
    }
}

impl Predicate {
    /// Where the literals must stand that `literals` gives, told without making them; none where it gives none.
    #[must_use]
    pub fn placed(&self, required: &[String]) -> Option<Placed> {
        let place = match self.operator {
            Operator::Equals => Placed::Whole,
            Operator::StartsWith => Placed::Start,
            Operator::EndsWith => Placed::End,
            Operator::Contains => Placed::Anywhere,
            Operator::Like | Operator::Regex => return self.literals(required).first().map(|literal| literal.place),
            _ => return None,
        };
        (!self.operand.is_empty()).then_some(place)
    }

    /// The folded literals of which a value must hold one for the predicate to hold; none where it can hold without any.
    ///
    /// `required` is what [`required_literals`](crate::required_literals) says of a regular expression.
    #[must_use]
    pub fn literals(&self, required: &[String]) -> Vec<Literal> {
        let anywhere = |text: String| Literal { text, place: Placed::Anywhere, needs_test: true };
        let place = match self.operator {
            Operator::Equals => Placed::Whole,
            Operator::StartsWith => Placed::Start,
            Operator::EndsWith => Placed::End,
            Operator::Contains => Placed::Anywhere,
            Operator::Like => {
                let glob = Glob::parse(&self.operand, false);
                let longest = glob.parts().iter().filter_map(|part| match part {
                    Part::Literal(literal) => Some(literal),
                    _ => None,
                });
                return longest.max_by_key(|literal| literal.len()).cloned().map(anywhere).into_iter().collect();
            }
            Operator::Regex => return required.iter().cloned().map(anywhere).collect(),
            _ => return Vec::new(),
        };
        let text = fold(&self.operand).into_text();
        if text.is_empty() { Vec::new() } else { vec![Literal { text, place, needs_test: self.cased }] }
    }
}
