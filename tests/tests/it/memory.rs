//! What the plugin holds with all public rules: below its limit, with room left.

use glassbox_finding::{Batch, Origin};
use glassbox_tests::{data, packs, runs};

#[test]
#[cfg_attr(no_public_data, ignore = "needs public data: name its folder in GLASSBOX_DATA")]
fn all_public_rules_fit() {
    let data = data::folder();
    let pack = packs::sigma_all(&data);
    let limits = runs::plugin().limits();
    let mut instance = runs::plugin().start().expect("it starts");
    let summary = instance.configure(&pack.bytes, runs::settings()).expect("no fault").expect("the pack is taken");
    assert!(summary.rules > 3_500, "{} rules", summary.rules);
    let configured = instance.memory_bytes_peak();
    // A full batch of records that hit much, judged and explained on the same instance.
    let mut batch = Batch::default();
    for record in data::corpus(&data, "evtx-hayabusa").iter().cycle() {
        if batch.ends.len() == limits.batch_records_max || batch.bytes.len() + record.len() > limits.batch_bytes_max {
            break;
        }
        batch.push(record);
    }
    let reading = instance.read(&batch).expect("no fault").expect("a good batch");
    let outcome = instance
        .judge(&reading.notes, &(1..=reading.notes.len() as u64).collect::<Vec<_>>())
        .expect("no fault")
        .expect("its own notes");
    assert!(outcome.findings.len() > 10, "{} findings", outcome.findings.len());
    for record in batch.records().step_by(100) {
        let _ = instance.explain(record, &Origin::default()).expect("no fault");
    }
    let peak = instance.memory_bytes_peak();
    eprintln!("{} rules: {configured} bytes when configured, {peak} at most; pack {}", summary.rules, pack.bytes.len());
    assert!(peak < 64 << 20, "{peak} bytes");
}
