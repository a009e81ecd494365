//! Measures how well findings are ordered on public simulations of attacks, and writes `EVALUATION.md`:
//!
//!     cargo run -p glassbox-evaluation > EVALUATION.md
//!
//! The variable `GLASSBOX_DATA` names the folder of public data.
//!
//! Every record of every simulation goes through the component, in the order in which the simulations happened, with one
//! state: as one organisation would have met them. Points are the starter model's, set by hand before; only calibration
//! is fitted, and tested on simulations that it was not fitted on.

#![allow(clippy::print_stdout, reason = "the numbers are what this writes")]

mod report;
mod run;
mod simulations;

use anyhow::Result;
use glassbox_tests::data;

fn main() -> Result<()> {
    let data = data::find()?;
    let simulations = simulations::in_order(&data)?;
    let measured = run::measure(&data, &simulations)?;
    print!("{}", report::write(&measured, &data)?);
    Ok(())
}
