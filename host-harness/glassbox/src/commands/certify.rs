//! `glassbox certify`: a plugin, tried property by property.

use std::{
    io::{self, Write},
    sync::Arc,
};

use anyhow::Context;
use glassbox_conformance::certify::{CertifyOptions, certify, draw_seed};
use glassbox_deployment::{Deployment, PluginSource, find_plugin, load as load_found};
use glassbox_finding::Origin;
use glassbox_packs as packs;
use glassbox_sandbox::{Interruption, Plugin, Protections};
use glassbox_source::{self as source, Ledger, Records};

use super::{load::options, print, say};
use crate::{
    cli::{CertifyArgs, ReportFormat},
    exit::{Exit, Failure, OrExit},
    output::{
        Terminal,
        certificate::{junit, text},
        json,
    },
    starter,
};

pub(super) fn run_certify(args: &CertifyArgs) -> Result<Exit, Failure> {
    let pack = match &args.pack {
        Some(path) => packs::read_pack(path).or_exit(Exit::Pack)?,
        None => starter::pack().or_exit(Exit::Pack)?.bytes,
    };
    let (name, plugin) = load(args)?;
    let deployment = Deployment::new(plugin, pack)?;
    let records = records(args)?;
    let seed = match args.seed {
        Some(seed) => seed,
        None => draw_seed().or_exit(Exit::Usage)?,
    };
    let certificate = certify(&CertifyOptions {
        deployment: &deployment,
        records: &records,
        origin: Origin::hinted(&args.logsource),
        fuel_per_record_max: args.fuel_per_record,
        fuel_first_record_max: args.fuel_first_record,
        profile: args.sandbox.profile,
        seed,
    });
    match args.format {
        ReportFormat::Text => print(&text(&certificate, &name, &Terminal::of_stdout()))?,
        ReportFormat::Json => json::write_pretty(&mut io::stdout().lock(), &certificate)?,
        ReportFormat::Junit => {
            let xml = junit(&certificate, &name).context("the report cannot be written as XML")?;
            io::stdout().lock().write_all(xml.as_bytes())?;
        }
    }
    Ok(if certificate.certified { Exit::Done } else { Exit::Differs })
}

/// The plugin with its name, interrupted by fuel instead of the clock.
fn load(args: &CertifyArgs) -> Result<(String, Plugin), Failure> {
    let found = find_plugin(args.plugin.as_deref().map_or(PluginSource::Inside, PluginSource::File))?;
    let mut options = options(&args.sandbox)?;
    options.protections = Protections { interruption: Interruption::Fuel, ..Protections::default() };
    let plugin = load_found(&found, &options)?;
    Ok((found.name.unwrap_or_else(|| "the plugin inside this glassbox".to_owned()), plugin))
}

/// The first records of the sources, those too long for a plugin left out.
fn records(args: &CertifyArgs) -> Result<Vec<Vec<u8>>, Failure> {
    let ledger = Arc::new(Ledger::default());
    let limits = args.sandbox.limits().or_exit(Exit::Usage)?;
    let record_bytes_max = limits.sandbox.record_bytes_max;
    let inputs = if args.records.is_empty() {
        starter::records()
    } else {
        let plan = source::plan(&args.records);
        if let Some(problem) = plan.problems.first() {
            return Err(Failure::new(Exit::Unread, format!("{}: {}", problem.source, problem.what)));
        }
        plan.inputs
    };
    let mut records = Vec::new();
    for record in Records::new(inputs, record_bytes_max, Arc::clone(&ledger)).within(&limits.source) {
        let record = record.or_exit(Exit::Unread)?.bytes;
        if record.len() <= record_bytes_max {
            records.push(record);
        }
        if records.len() == args.records_max {
            break;
        }
    }
    if let Some(problem) = ledger.problems().first() {
        return Err(Failure::new(Exit::Unread, format!("{}: {}", problem.source, problem.what)));
    }
    if records.is_empty() {
        return Err(Failure::new(Exit::Unread, "there are no records to try the plugin on; name some with --records"));
    }
    if !args.talk.quiet {
        say(format!("trying {} records; the whole takes a few times as long as scoring them", records.len()));
    }
    Ok(records)
}
