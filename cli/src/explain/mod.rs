//! What the numbers of errors mean: their causes in the order of likelihood, and what tells these apart.

pub(crate) mod cause;
mod diagnoses;
mod http;
mod mqtt;
pub(crate) mod number;
pub(crate) mod page;
mod results;
mod services;
mod tpm;
mod windows;

use cause::Cause;
use number::{Asked, Family, Number};

/// What is known about a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) number: Number,
    /// The name that programs use for it.
    pub(crate) name: String,
    pub(crate) meaning: String,
    /// The likeliest first.
    pub(crate) causes: Vec<Cause>,
}

/// The entry of a number of a family.
pub(crate) fn entry(number: Number) -> Option<Entry> {
    let Number { family, value } = number;
    let byte = u8::try_from(value).ok();
    match family {
        Family::Library => library().find(|entry| entry.number == number),
        Family::Connack => byte.and_then(mqtt::connack),
        Family::Mqtt5 => byte.and_then(mqtt::reason),
        Family::Dps | Family::Hub => services::entry(family, value),
        Family::Http => http::status(value),
        Family::Tpm => tpm::entry(value),
    }
}

/// Everything that a text may mean: a number has a meaning in each family that has it.
pub(crate) fn find(text: &str) -> Vec<Entry> {
    match Asked::read(text) {
        Asked::Number { family: Some(family), value, .. } => entry(Number::new(family, value)).into_iter().collect(),
        Asked::Number { family: None, value, is_hex } => of_any_family(value, is_hex),
        Asked::Name(name) => {
            let plain = |text: &str| text.to_ascii_lowercase().replace(['_', ' '], "-");
            let name = plain(name);
            let without = name.strip_prefix("defenderauth-diagnosis-").or_else(|| name.strip_prefix("defenderauth-"));
            let name = without.unwrap_or(&name);
            let is_it = |entry: &Entry| {
                let known = plain(&entry.name);
                known == name || known.strip_prefix("tpm-rc-") == Some(name)
            };
            all().filter(is_it).collect()
        }
    }
}

/// A number that does not say what it is of. Codes of MQTT 5 and of a TPM are usually written in hexadecimal, the others
/// never. A decimal number is a TPM's only if it can be nothing else.
fn of_any_family(value: u32, is_hex: bool) -> Vec<Entry> {
    let of = |families: &[Family]| -> Vec<Entry> {
        families.iter().filter_map(|family| entry(Number::new(*family, value))).collect()
    };
    if is_hex {
        return of(&[Family::Mqtt5, Family::Tpm]);
    }
    let mut found = of(&[Family::Library, Family::Connack, Family::Mqtt5, Family::Http]);
    let services = [Family::Dps, Family::Hub];
    let known: Vec<Family> = services.into_iter().filter(|family| services::is_known(*family, value)).collect();
    found.extend(of(if known.is_empty() { &services } else { &known }));
    // Without a layer of software above the TPM.
    if found.is_empty() && value < 0x1000 { of(&[Family::Tpm]) } else { found }
}

fn library() -> impl Iterator<Item = Entry> {
    let results = results::all().map(|result| Entry {
        number: Number::new(Family::Library, result.number),
        name: result.name.into(),
        meaning: result.meaning.into(),
        causes: result.causes.to_vec(),
    });
    results.chain(diagnoses::all())
}

/// Every entry, family by family.
pub(crate) fn all() -> impl Iterator<Item = Entry> {
    let rows = |family, rows: &'static [(u32, &str, &str, &[Cause])]| {
        rows.iter().filter_map(move |(value, ..)| services::entry(family, *value))
    };
    library()
        .chain((1..=5).filter_map(mqtt::connack))
        .chain((0x80..=u8::MAX).filter_map(mqtt::reason))
        .chain(rows(Family::Dps, &services::DPS))
        .chain(rows(Family::Hub, &services::HUB))
        .chain(http::ALL.into_iter().filter_map(http::status))
        .chain(tpm::all())
}

#[cfg(test)]
mod tests;
