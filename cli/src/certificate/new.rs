//! `defenderauth certificate new`

use super::{
    NOTE,
    arguments::{Making, New, Signer, Who},
    authority::Authority,
    bar,
    files::Target,
    ids,
    issue::{Kind, Made, Term, make},
    mistake,
};
use crate::{clock, failure::Failure, output, source::Source};
use defender_auth::{
    agent,
    identity::{DeviceId, ModuleId},
};
use std::{fmt::Write as _, path::Path};

/// The file names of a certificate and its key in a folder.
type Names = [&'static str; 2];

const ROOT: Names = ["root.pem", "root.key.pem"];
const INTERMEDIATE: Names = ["intermediate.pem", "intermediate.key.pem"];

/// As the micro agent calls them.
const DEVICE: Names = [agent::CERTIFICATE, agent::PRIVATE_KEY];

/// Days of validity of a CA and of a device's certificate.
const AUTHORITY_DAYS: u32 = 365;
const DEVICE_DAYS: u32 = 30;

pub(super) fn run(kind: &New) -> Result<(), Failure> {
    match kind {
        New::Root(it) => one(&it.common_name, Kind::Authority, ROOT, None, &it.making),
        New::Intermediate(it) => one(&it.common_name, Kind::Authority, INTERMEDIATE, Some(&it.signer), &it.making),
        New::Device(it) => devices(&it.who, it.module_id.as_ref(), Some(&it.signer), &it.making),
        New::SelfSigned(it) => devices(&it.who, it.module_id.as_ref(), None, &it.making),
    }
}

fn devices(who: &Who, module: Option<&ModuleId>, signer: Option<&Signer>, making: &Making) -> Result<(), Failure> {
    match (&who.device_id, &who.ids, &making.out_dir) {
        (Some(id), ..) => {
            let name = ids::client_name(id, module).map_err(Failure::Call)?;
            one(&name, Kind::Client, DEVICE, signer, making)
        }
        (None, Some(list), Some(folder)) => batch(list, module, folder, signer, making),
        // clap ensures it.
        _ => Err(Failure::Call("give --device-id ID, or --ids FILE with --out-dir DIR".into())),
    }
}

/// What is the same for all certificates of a call.
struct Maker<'a> {
    kind: Kind,
    term: Term,
    ca: Option<Authority>,
    inputs: Vec<&'a Path>,
    making: &'a Making,
}

impl<'a> Maker<'a> {
    fn new(kind: Kind, signer: Option<&'a Signer>, making: &'a Making) -> Result<Self, Failure> {
        let authority = kind == Kind::Authority;
        let days = making.days.unwrap_or(if authority { AUTHORITY_DAYS } else { DEVICE_DAYS });
        let ca = signer.map(Authority::load).transpose()?;
        let term = Term::of(days)?;
        let inputs = signer.iter().flat_map(|signer| [signer.ca.as_path(), &signer.ca_key]).collect();
        if let (Some(ca), Some(signer)) = (&ca, signer) {
            let place = signer.ca.display();
            if authority && !ca.may_sign_authorities {
                let what = "the CA may not sign other CAs (its path length is 0); use one that may, or make a device";
                return Err(mistake(place, what));
            }
            warn_of_early_end(ca, term, place);
        }
        Ok(Self { kind, term, ca, inputs, making })
    }

    fn check(&self, target: &Target) -> Result<(), Failure> {
        target.check(self.making.force, &self.inputs)
    }

    fn make(&self, name: &str, target: &Target) -> Result<Made, Failure> {
        let made = make(self.kind, name, self.term, self.making.algorithm, self.ca.as_ref())?;
        target.write(&made.certificate, &made.key, self.making.force)?;
        Ok(made)
    }
}

/// A chain is valid for as long as all of it is.
pub(super) fn warn_of_early_end(ca: &Authority, term: Term, place: impl std::fmt::Display) {
    if ca.not_after < term.not_after {
        let end = clock::readable(ca.not_after);
        eprintln!(
            "warning: {place}: the CA expires at {end}, before the certificate that it signs; from then on services reject both"
        );
    }
}

fn target(folder: &Path, [certificate, key]: Names) -> Target {
    Target { certificate: folder.join(certificate), key: Some(folder.join(key)) }
}

fn one(name: &str, kind: Kind, names: Names, signer: Option<&Signer>, making: &Making) -> Result<(), Failure> {
    let maker = Maker::new(kind, signer, making)?;
    let target = match (&making.out_dir, &making.certificate) {
        (Some(folder), _) => target(folder, names),
        (None, Some(certificate)) => Target { certificate: certificate.clone(), key: making.key.clone() },
        // clap ensures it.
        (None, None) => return Err(Failure::Call("give --out-dir, or --certificate and --key".into())),
    };
    maker.check(&target)?;
    let made = maker.make(name, &target)?;
    report(name, &target, maker.term, &made)
}

/// Prints what was created, and where it is.
pub(super) fn report(name: &str, target: &Target, term: Term, made: &Made) -> Result<(), Failure> {
    let key = target.key.as_ref().map(|path| path.display().to_string());
    output::table(&[
        ("common name", Some(name)),
        ("certificate", Some(&target.certificate.display().to_string())),
        ("key", key.as_deref()),
        ("not before", Some(&clock::readable(term.not_before))),
        ("not after", Some(&clock::readable(term.not_after))),
        ("SHA-1", Some(&made.sha1)),
        ("SHA-256", Some(&made.sha256)),
        ("note", Some(NOTE)),
    ])
}

/// A folder for each device, and a line with its thumbprints.
fn batch(
    list: &Source,
    module: Option<&ModuleId>,
    folder: &Path,
    signer: Option<&Signer>,
    making: &Making,
) -> Result<(), Failure> {
    let ids = ids::list(list)?;
    let names = ids.iter().map(|id| ids::client_name(id, module).map_err(|what| mistake(id, what)));
    let names = names.collect::<Result<Vec<_>, _>>()?;
    let maker = Maker::new(Kind::Client, signer, making)?;
    // Everything that can be wrong with one of them is found before the first is created.
    let targets: Vec<_> = ids.iter().map(|id| target(&folder.join(id.as_str()), DEVICE)).collect();
    targets.iter().try_for_each(|target| maker.check(target))?;
    let mut lines = String::new();
    let ended = make_all(&maker, &ids, &names, &targets, &mut lines);
    // The thumbprints of those that were created are printed, whatever failed later.
    if !lines.is_empty() {
        output::line(lines.trim_end())?;
    }
    if ended.is_err() {
        eprintln!("created {} of {}; with --force all are created again", lines.lines().count(), ids.len());
    }
    eprintln!("{NOTE}");
    ended
}

fn make_all(
    maker: &Maker<'_>,
    ids: &[DeviceId],
    names: &[String],
    targets: &[Target],
    lines: &mut String,
) -> Result<(), Failure> {
    let mut bar = bar::on_stderr(ids.len());
    for (done, ((id, name), target)) in (1..).zip(ids.iter().zip(names).zip(targets)) {
        let made = maker.make(name, target)?;
        // A string takes all that is written to it.
        let _ = writeln!(lines, "{id},{},{}", made.sha1, made.sha256);
        bar.show(done);
    }
    Ok(())
}
