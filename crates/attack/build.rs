//! Writes the facts of `data/*.tsv` as static tables, so that nothing is parsed when a program starts.

use std::{env, error::Error, fmt::Write, fs, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=data");
    let tactics = rows("tactics-19.tsv")?;
    let mut out = String::from("/// Every tactic, in the order of the matrix.\npub static TACTICS: [Tactic; 15] = [\n");
    for row in &tactics {
        let [id, name, tag, former] = fields(row)?;
        let former = if former.is_empty() { "None".to_owned() } else { format!("Some({former:?})") };
        writeln!(out, "    Tactic {{ id: {id:?}, name: {name:?}, tag: {tag:?}, former_tag: {former} }},")?;
    }
    let techniques = rows("enterprise-19.1.tsv")?;
    writeln!(out, "];\nstatic TECHNIQUES: [Technique; {}] = [", techniques.len())?;
    for row in &techniques {
        let [id, name, names, deprecated] = fields(row)?;
        let mut mask = 0_u16;
        for wanted in names.split(',') {
            let known = tactics.iter().position(|row| row.split('\t').nth(1) == Some(wanted));
            mask |= 1 << known.ok_or_else(|| format!("{id} names the unknown tactic {wanted}"))?;
        }
        let (number, deprecated) = (number(id)?, deprecated == "1");
        writeln!(
            out,
            "    Technique {{ number: TechniqueNumber({number}), id: {id:?}, name: {name:?}, \
             tactics: Tactics({mask}), deprecated: {deprecated} }},"
        )?;
    }
    let redirects = rows("technique-redirects.tsv")?;
    writeln!(out, "];\nstatic REDIRECTS: [(TechniqueNumber, TechniqueNumber); {}] = [", redirects.len())?;
    for row in &redirects {
        let [old, current] = fields(row)?;
        writeln!(out, "    (TechniqueNumber({}), TechniqueNumber({})),", number(old)?, number(current)?)?;
    }
    out.push_str("];\n");
    fs::write(Path::new(&env::var("OUT_DIR")?).join("tables.rs"), out)?;
    Ok(())
}

/// The rows below the headings, in order.
fn rows(file: &str) -> Result<Vec<String>, Box<dyn Error>> {
    let text = fs::read_to_string(Path::new("data").join(file)).map_err(|error| format!("data/{file}: {error}"))?;
    Ok(text.lines().skip(1).map(str::to_owned).collect())
}

fn fields<const N: usize>(row: &str) -> Result<[&str; N], Box<dyn Error>> {
    let fields: Vec<&str> = row.split('\t').collect();
    fields.try_into().map_err(|_| format!("{row:?} has not {N} fields").into())
}

/// `T1059.001` as 1059001.
fn number(id: &str) -> Result<u32, Box<dyn Error>> {
    let digits = id.strip_prefix('T').ok_or_else(|| format!("{id} is no technique"))?;
    let (technique, sub) = digits.split_once('.').unwrap_or((digits, "0"));
    Ok(technique.parse::<u32>()? * 1000 + sub.parse::<u32>()?)
}
