//! What is aimed at, and how far it is reached: ratios of rows that were measured round by round in one run.

use std::collections::BTreeMap;

use glassbox::bench::Spread;

use super::report::{Aim, Costs, Target};

/// Names of the lanes that this binary runs, in reports.
pub(super) mod names {
    pub(in super::super) const FRAMING: &str = "framing only";
    pub(in super::super) const PARSING: &str = "serde_json only";
    pub(in super::super) const SANDBOX: &str = "glassbox, sandbox";
    pub(in super::super) const HUNDRED: &str = "sandbox with 100 rules";
    pub(in super::super) const NO_INTERRUPTION: &str = "sandbox without interruption";
    pub(in super::super) const NO_LIMITER: &str = "sandbox without limiter";
    pub(in super::super) const NO_CHECKS: &str = "sandbox without contract checks";
    pub(in super::super) const NO_PROTECTION: &str = "sandbox without all of these";
}

/// Nanoseconds of each round with all rules, by input and lane.
pub(super) type Rounds = BTreeMap<(usize, String), Vec<f64>>;

/// Which lanes of other processes are what.
#[derive(Clone, Debug, Default)]
pub(super) struct Roles {
    /// Glassbox without the sandbox.
    pub(super) native: Option<String>,
    /// The engine that Glassbox is measured against, in each way that it was set up.
    pub(super) rivals: Vec<String>,
}

/// What the targets are made of.
pub(super) struct Measured<'m> {
    pub(super) rounds: &'m Rounds,
    pub(super) roles: &'m Roles,
    /// The inputs' names. The first one is the ordinary mixture, the others are hard on rules.
    pub(super) inputs: Vec<&'m str>,
    pub(super) costs: &'m Costs,
}

/// Every target that this run measured.
pub(super) fn targets(measured: &Measured<'_>) -> Vec<Target> {
    let mut targets = Vec::new();
    for input in 0..measured.inputs.len() {
        targets.extend(measured.of_input(input));
    }
    targets.extend(measured.of_costs());
    targets
}

impl Measured<'_> {
    fn of_input(&self, input: usize) -> Vec<Target> {
        let ratio = |what: &str, over: Option<&str>, under: Option<&str>, aim: Aim| {
            let measured = self.ratio(input, over?, under?)?;
            Some(target(what, Some(self.inputs[input]), measured, "", aim))
        };
        let native = self.roles.native.as_deref();
        let rival = self.best_rival(input);
        let factor = if input == 0 { 8.0 } else { 5.0 };
        let mut targets = vec![
            ratio(
                "the rival's best native time / Glassbox in the sandbox",
                rival,
                Some(names::SANDBOX),
                Aim::AtLeast(factor),
            ),
            ratio("sandbox without interruption / native", Some(names::NO_INTERRUPTION), native, Aim::AtMost(1.3)),
            ratio("sandbox / native", Some(names::SANDBOX), native, Aim::AtMost(1.5)),
            ratio("all rules / 100 rules, sandbox", Some(names::SANDBOX), Some(names::HUNDRED), Aim::AtMost(1.5)),
        ];
        if input == 0 {
            let aim = Aim::AtMost(1.0);
            targets.push(ratio("sandbox / serde_json only", Some(names::SANDBOX), Some(names::PARSING), aim));
        }
        targets.push(ratio(
            "all protections / none, sandbox",
            Some(names::SANDBOX),
            Some(names::NO_PROTECTION),
            Aim::AtMost(1.15),
        ));
        targets.push(ratio(
            "contract checks / none, sandbox",
            Some(names::SANDBOX),
            Some(names::NO_CHECKS),
            Aim::AtMost(1.05),
        ));
        targets.into_iter().flatten().collect()
    }

    fn of_costs(&self) -> Vec<Target> {
        let costs = self.costs;
        let of = |what: &str, measured: Spread, unit, aim| target(what, None, measured, unit, aim);
        let mut targets = Vec::new();
        if let Some(two) = costs.two_threads {
            targets.push(of("two threads / two processes", two.ratio, "", Aim::AtLeast(0.9)));
        }
        if let Some(judging) = &costs.judging {
            targets.push(of("a finding in judge", judging.finding, "µs", Aim::AtMost(3.0)));
            targets.push(of("a finding's full text", judging.text, "µs", Aim::AtMost(20.0)));
        }
        let memory = Spread::of([costs.guest_memory_bytes_peak as f64 / f64::from(1 << 20)]);
        targets.push(of("guest memory at its peak", memory, "MiB", Aim::AtMost(64.0)));
        targets.push(of(
            "pack into a fresh instance, ready to read",
            costs.ready_milliseconds,
            "ms",
            Aim::AtMost(20.0),
        ));
        targets.push(of("pack built from YAML", costs.build_milliseconds, "ms", Aim::AtMost(3_000.0)));
        if let Some(first) = costs.first_verdict_milliseconds {
            targets.push(of("first finding of a cold process", first, "ms", Aim::AtMost(50.0)));
        }
        targets
    }

    /// The rival that is fastest here.
    fn best_rival(&self, input: usize) -> Option<&str> {
        let median = |lane: &String| {
            let rounds = self.rounds.get(&(input, lane.clone()))?;
            Some(Spread::of(rounds.iter().copied()).median)
        };
        let timed = self.roles.rivals.iter().filter_map(|lane| Some((median(lane)?, lane)));
        timed.min_by(|one, other| one.0.total_cmp(&other.0)).map(|(_, lane)| lane.as_str())
    }

    /// Ratios round by round: what slows the machine down in one round slows both.
    fn ratio(&self, input: usize, over: &str, under: &str) -> Option<Spread> {
        let rounds = |lane: &str| self.rounds.get(&(input, lane.to_owned()));
        let (over, under) = (rounds(over)?, rounds(under)?);
        Some(Spread::of(over.iter().zip(under).map(|(over, under)| over / under)))
    }
}

fn target(what: &str, input: Option<&str>, measured: Spread, unit: &'static str, aim: Aim) -> Target {
    let is_met = aim.is_met(measured.median);
    Target { what: what.to_owned(), input: input.map(Into::into), measured, unit, aim, is_met }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_taken_round_by_round() {
        let mut rounds = Rounds::new();
        let mut row = |lane: &str, times: &[f64]| rounds.insert((0, lane.into()), times.into());
        row(names::SANDBOX, &[10.0, 20.0, 10.0]);
        row(names::HUNDRED, &[8.0, 10.0, 10.0]);
        row(names::PARSING, &[20.0, 40.0, 20.0]);
        row("slow", &[100.0, 100.0, 100.0]);
        row("fast", &[90.0, 160.0, 80.0]);
        let roles = Roles { native: None, rivals: vec!["slow".into(), "fast".into()] };
        let costs = Costs::default();
        let measured = Measured { rounds: &rounds, roles: &roles, inputs: vec!["day"], costs: &costs };
        let told: Vec<_> = measured
            .of_input(0)
            .into_iter()
            .map(|target| format!("{}: {:.2} {}", target.what, target.measured.median, target.is_met))
            .collect();
        assert_eq!(
            told,
            [
                "the rival's best native time / Glassbox in the sandbox: 8.00 true",
                "all rules / 100 rules, sandbox: 1.25 true",
                "sandbox / serde_json only: 0.50 true",
            ]
        );
    }
}
