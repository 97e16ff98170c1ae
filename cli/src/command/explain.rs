//! `defenderauth explain`

use crate::{
    explain::{self, Entry, page},
    system::platform::Platform,
    terminal::{failure::Failure, output},
};
use clap::{ArgGroup, Args};
use serde::Serialize;
use std::iter;

#[derive(Args)]
#[command(group = ArgGroup::new("what").required(true).args(["code", "all", "markdown"]))]
pub(crate) struct Explain {
    /// The number at the end of an error (401, connack:5, mqtt5:0x87, dps:401002, hub:404001, tpm:0x9A2), or the name of one
    /// (hub-rejected, `TPM_RC_LOCKOUT`)
    #[arg(value_name = "CODE", num_args = 1..=2)]
    code: Vec<String>,
    /// Explain every number
    #[arg(long)]
    all: bool,
    /// The page `docs/errors.md`
    #[arg(long, hide = true, conflicts_with = "json")]
    markdown: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report {
    entries: Vec<Explained>,
}

#[derive(Serialize)]
struct Explained {
    number: String,
    family: &'static str,
    name: String,
    meaning: String,
    causes: Vec<Cause>,
}

#[derive(Serialize)]
struct Cause {
    code: &'static str,
    text: &'static str,
    check: &'static str,
}

impl From<Entry> for Explained {
    fn from(entry: Entry) -> Self {
        let causes = entry.causes.iter();
        Self {
            number: entry.number.to_string(),
            family: entry.number.family.prefix(),
            name: entry.name,
            meaning: entry.meaning,
            causes: causes
                .map(|it| Cause { code: it.code, text: it.text_on(Platform::THIS), check: it.check_on(Platform::THIS) })
                .collect(),
        }
    }
}

pub(crate) fn run(arguments: &Explain) -> Result<(), Failure> {
    if arguments.markdown {
        return output::text(&page::markdown());
    }
    let asked = arguments.code.join(" ");
    let entries: Vec<Entry> = if arguments.all { explain::all().collect() } else { explain::find(&asked) };
    if entries.is_empty() {
        return Err(Failure::Call(format!(
            "`{asked}` is the number of no error that is known here; check it, and its prefix (connack:, mqtt5:, dps:, hub:, \
             http:, tpm:)"
        )));
    }
    if arguments.json {
        return output::json(&Report { entries: entries.into_iter().map(Explained::from).collect() });
    }
    let texts: Vec<String> = entries.iter().map(shown).collect();
    output::text(&texts.join("\n"))
}

/// An entry as lines.
fn shown(entry: &Entry) -> String {
    let head = format!("{} {}\n  {}\n", entry.number, entry.name, entry.meaning);
    let causes = entry.causes.iter().enumerate();
    let causes = causes.map(|(index, cause)| {
        format!("  {}. {}\n     {}\n", index + 1, cause.text_on(Platform::THIS), cause.check_on(Platform::THIS))
    });
    iter::once(head).chain(causes).collect()
}
