//! `defenderauth certificate new`

use super::{
    authority::{Authority, warn_of_early_expiry},
    ids,
    issue::{Kind, Made, Term, make},
    options::{Making, Signer, Subject},
    report::{self, NOTE},
};
use crate::{
    files::certificate_pair::Target,
    input::source::Source,
    terminal::{bar, failure::Failure, output, stderr},
};
use clap::{Args, Subcommand};
use defender_auth::{
    agent,
    identity::{DeviceId, ModuleId},
};
use std::{fmt::Write as _, path::Path};

#[derive(Subcommand)]
pub(crate) enum New {
    /// A root: a self-signed CA (`root.pem`, `root.key.pem`)
    Root(NewRoot),
    /// A CA signed by another CA (`intermediate.pem`, `intermediate.key.pem`)
    Intermediate(NewIntermediate),
    /// A device's certificate signed by a CA (`certificate_public.pem`, `certificate_private.pem`)
    Device(NewDevice),
    /// A device's self-signed certificate; a service identifies it by its thumbprint (`certificate_public.pem`,
    /// `certificate_private.pem`)
    SelfSigned(NewSelfSigned),
}

#[derive(Args)]
pub(crate) struct NewRoot {
    /// The CA's common name
    #[arg(long, value_name = "NAME", value_parser = ids::common_name)]
    common_name: String,
    #[command(flatten)]
    making: Making,
}

#[derive(Args)]
pub(crate) struct NewIntermediate {
    /// The CA's common name
    #[arg(long, value_name = "NAME", value_parser = ids::common_name)]
    common_name: String,
    #[command(flatten)]
    signer: Signer,
    #[command(flatten)]
    making: Making,
}

#[derive(Args)]
pub(crate) struct NewDevice {
    #[command(flatten)]
    subject: Subject,
    /// A module of the device: the common name is DEVICE/MODULE
    #[arg(long, value_name = "ID")]
    module_id: Option<ModuleId>,
    #[command(flatten)]
    signer: Signer,
    #[command(flatten)]
    making: Making,
}

#[derive(Args)]
pub(crate) struct NewSelfSigned {
    #[command(flatten)]
    subject: Subject,
    /// A module of the device: the common name is DEVICE/MODULE
    #[arg(long, value_name = "ID")]
    module_id: Option<ModuleId>,
    #[command(flatten)]
    making: Making,
}

/// The names of a certificate and its key in a folder.
type Names = [&'static str; 2];

const ROOT: Names = ["root.pem", "root.key.pem"];
const INTERMEDIATE: Names = ["intermediate.pem", "intermediate.key.pem"];

/// The micro agent's names.
const DEVICE: Names = [agent::CERTIFICATE, agent::PRIVATE_KEY];

/// The lifetimes of a CA and of a device's certificate, in days.
const AUTHORITY_DAYS: u32 = 365;
const DEVICE_DAYS: u32 = 30;

pub(super) fn run(kind: &New) -> Result<(), Failure> {
    match kind {
        New::Root(it) => one(&it.common_name, Kind::Authority, ROOT, None, &it.making),
        New::Intermediate(it) => one(&it.common_name, Kind::Authority, INTERMEDIATE, Some(&it.signer), &it.making),
        New::Device(it) => devices(&it.subject, it.module_id.as_ref(), Some(&it.signer), &it.making),
        New::SelfSigned(it) => devices(&it.subject, it.module_id.as_ref(), None, &it.making),
    }
}

fn devices(
    subject: &Subject,
    module: Option<&ModuleId>,
    signer: Option<&Signer>,
    making: &Making,
) -> Result<(), Failure> {
    match (&subject.device_id, &subject.ids, &making.out_dir) {
        (Some(id), ..) => {
            let name = ids::client_name(id, module).map_err(Failure::Call)?;
            one(&name, Kind::Client, DEVICE, signer, making)
        }
        (None, Some(list), Some(folder)) => batch(list, module, folder, signer, making),
        // clap requires them.
        _ => Err(Failure::Call("give --device-id ID, or --ids FILE with --out-dir DIR".into())),
    }
}

/// What all certificates of one call have in common.
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
        let inputs = signer.into_iter().flat_map(Signer::inputs).collect();
        if let (Some(ca), Some(signer)) = (&ca, signer) {
            let place = signer.sign_with.display();
            if authority && !ca.may_sign_authorities {
                let what = "the CA may not sign other CAs (its path length is 0); use one that may, or make a device";
                return Err(Failure::at(place, what));
            }
            warn_of_early_expiry(ca, term, place);
        }
        Ok(Self { kind, term, ca, inputs, making })
    }

    fn check(&self, target: &Target) -> Result<(), Failure> {
        target.check(self.making.force, &self.inputs)
    }

    fn make(&self, name: &str, target: &Target) -> Result<Made, Failure> {
        let made = make(self.kind, name, self.term, self.making.algorithm, self.ca.as_ref().map(|ca| &ca.issuer))?;
        target.write(made.certificate.as_bytes(), made.key.as_bytes(), self.making.force)?;
        Ok(made)
    }
}

fn target(folder: &Path, [certificate, key]: Names) -> Target {
    Target { certificate: folder.join(certificate), key: Some(folder.join(key)) }
}

fn one(name: &str, kind: Kind, names: Names, signer: Option<&Signer>, making: &Making) -> Result<(), Failure> {
    let maker = Maker::new(kind, signer, making)?;
    let target = match (&making.out_dir, &making.cert_file) {
        (Some(folder), _) => target(folder, names),
        (None, Some(certificate)) => Target { certificate: certificate.clone(), key: making.key_file.clone() },
        // clap requires one of them.
        (None, None) => return Err(Failure::Call("give --out-dir, or --cert-file and --key-file".into())),
    };
    maker.check(&target)?;
    let made = maker.make(name, &target)?;
    report::print(name, &target, maker.term, &made)
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
    let names = ids.iter().map(|id| ids::client_name(id, module).map_err(|what| Failure::at(id, what)));
    let names = names.collect::<Result<Vec<_>, _>>()?;
    let maker = Maker::new(Kind::Client, signer, making)?;
    // Everything that can be tested is tested for all of them before the first is made.
    let targets: Vec<_> = ids.iter().map(|id| target(&folder.join(id.as_str()), DEVICE)).collect();
    targets.iter().try_for_each(|target| maker.check(target))?;
    let mut lines = String::new();
    let ended = make_all(&maker, &ids, &names, &targets, &mut lines);
    // The thumbprints of those that were made are printed, even if a later one failed.
    if !lines.is_empty() {
        output::line(lines.trim_end())?;
    }
    if ended.is_err() {
        let made = lines.lines().count();
        stderr::line(format_args!("made {made} of {}; with --force all are made again", ids.len()));
    }
    stderr::note(NOTE);
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
        // Writing to a string cannot fail.
        let _ = writeln!(lines, "{id},{},{}", made.sha1, made.sha256);
        bar.show(done);
    }
    Ok(())
}
