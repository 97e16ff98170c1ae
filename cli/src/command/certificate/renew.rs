//! `defenderauth certificate renew`

use crate::{
    certificates::{
        kept::{Kept, KeyType, leaf},
        place::{self, Place},
        renewal,
    },
    network::{options::NetworkOptions, route::Network},
    private_key::options::{Secrets, Unlock},
    system::clock,
    terminal::{failure::Failure, output, progress},
};
use clap::Args;
use defender_auth::{renewal::certificate_report, twin, x509::Certificate};
use std::path::PathBuf;

#[derive(Args)]
pub(crate) struct Renew {
    /// The folder that `provision --request-certificate` has filled
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// The kind of the new key [default: that of the pending request, else that of the key in use]
    #[arg(long, value_enum)]
    key_type: Option<KeyType>,
    /// Where the new key is made: `file` (with the certificate), `tpm` (--key-tpm; in the folder is a file that only the TPM can
    /// use), or the URI of a PKCS#11 token, whose object= is the beginning of the new object's name. A passphrase becomes the
    /// key's password, or is the token's PIN [default: where the key in use is]
    #[arg(long, value_name = "PLACE", value_parser = place::parse)]
    keys_in: Option<Place>,
    #[command(flatten)]
    unlock: Unlock,
    #[command(flatten)]
    network: NetworkOptions,
    /// Write certificate and key as `certificate_public.pem` and `certificate_private.pem` to the folder as well. Files of
    /// these names that are there are always replaced
    #[arg(long)]
    export_pem: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Renew) -> Result<(), Failure> {
    let absent = |what| Failure::at(arguments.folder.display(), what);
    let mut kept = Kept::find_to_change(&arguments.folder)?.ok_or_else(|| {
        absent("it has no certificates; fill it by `defenderauth provision --request-certificate --out-dir DIR`")
    })?;
    let place = kept.place(arguments.keys_in.as_ref())?;
    let secrets = arguments.unlock.read(None)?;
    if kept.current().is_none() {
        return Err(absent("its certificate has not come yet; run `defenderauth provision` again as before"));
    }
    if kept.pending().is_some_and(|pending| pending.operation.is_some() && pending.chain.is_none()) {
        let what = "a registration was interrupted, and may have issued a certificate; run `defenderauth provision` again as before";
        return Err(absent(what));
    }
    let name = kept.current().and_then(leaf).and_then(|leaf| leaf.common_name().map(ToOwned::to_owned));
    let name = name.ok_or_else(|| absent("the certificate in it has no common name; register the device again"))?;
    let export = arguments.export_pem || kept.is_exported();
    if export {
        kept.check_export(&[], &place)?;
    }
    let network = Network::new(&arguments.network.trust, &arguments.network.endpoints, &arguments.network.way)?;
    kept.request(&name, arguments.key_type, &place, &secrets)?;
    let former = kept.current().and_then(|current| current.key.name().map(ToOwned::to_owned));
    if let Some(pending) = kept.pending().filter(|pending| pending.chain.is_none()) {
        // A TPM may be one that is opened once at a time: neither the new key nor the former is open beside it.
        let mut me = kept.device(&secrets)?.ok_or(Failure::NotSupported("a folder without a certificate"))?;
        let chain = renewal::renew(&mut me, pending, &network)?;
        drop(me);
        kept.issued(chain)?;
    }
    kept.accept()?;
    let exported = if export { kept.export() } else { Ok(()) };
    let now = clock::now();
    let shown = kept.show(now).ok_or(Failure::NotSupported("a certificate that cannot be shown"))?;
    let reported = if arguments.json { Ok(()) } else { shown.print(now) };
    let ended = exported.and_then(|()| use_it(&kept, &network, &secrets));
    if ended.is_ok() {
        kept.remove_unused_keys();
        if let Some(uri) = former.filter(|name| name.starts_with("pkcs11:")) {
            progress::step(&format!("the former key is still in its token; remove it when nothing uses it: {uri}"));
        }
    }
    if arguments.json { output::json_ended(&shown, ended) } else { ended.and(reported) }
}

/// Connects with the new certificate, and reports it in the device's twin.
fn use_it(kept: &Kept, network: &Network, secrets: &Secrets<'_>) -> Result<(), Failure> {
    let Some((mut me, leaf)) = kept.device(secrets)?.zip(kept.current().and_then(leaf)) else { return Ok(()) };
    progress::step("connecting with the new certificate");
    let mut session = renewal::connect(&mut me, network)?;
    session.publish(&twin::report_topic(1), report(&leaf).as_bytes()).map_err(|error| network.mqtt_failed(error))?;
    session.close();
    Ok(())
}

fn report(leaf: &Certificate) -> String {
    certificate_report(leaf.not_before(), leaf.not_after())
}
