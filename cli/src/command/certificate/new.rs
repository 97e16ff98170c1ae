//! `defenderauth certificate new`

use super::{
    batch, ids,
    issue::Kind,
    maker::{DEVICE, Maker, Names, target},
    options::{Batch, Making, Signer, Subject},
    report,
};
use crate::{
    files::certificate_pair::Target,
    terminal::{failure::Failure, output},
};
use clap::{Args, Subcommand};
use defender_auth::identity::ModuleId;

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
    batch: Batch,
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
    batch: Batch,
    #[command(flatten)]
    making: Making,
}

const ROOT: Names = ["root.pem", "root.key.pem"];
const INTERMEDIATE: Names = ["intermediate.pem", "intermediate.key.pem"];

pub(super) fn run(kind: &New) -> Result<(), Failure> {
    match kind {
        New::Root(it) => one(&it.common_name, Kind::Authority, ROOT, None, &it.making),
        New::Intermediate(it) => one(&it.common_name, Kind::Authority, INTERMEDIATE, Some(&it.signer), &it.making),
        New::Device(it) => devices(&it.subject, it.batch, it.module_id.as_ref(), Some(&it.signer), &it.making),
        New::SelfSigned(it) => devices(&it.subject, it.batch, it.module_id.as_ref(), None, &it.making),
    }
}

fn devices(
    subject: &Subject,
    batch: Batch,
    module: Option<&ModuleId>,
    signer: Option<&Signer>,
    making: &Making,
) -> Result<(), Failure> {
    match (&subject.device_id, &subject.ids, &making.out_dir) {
        (Some(id), ..) => {
            let name = ids::client_name(id, module).map_err(Failure::Call)?;
            one(&name, Kind::Client, DEVICE, signer, making)
        }
        (None, Some(list), Some(folder)) => {
            let ended = batch::make(list, batch, module, folder, signer, making);
            if making.json { output::json_lines_ended(ended) } else { ended }
        }
        // clap requires them.
        _ => Err(Failure::Call("give --device-id ID, or --ids FILE with --out-dir DIR".into())),
    }
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
    report::report(name, &target, maker.term, &made, making.json)
}
