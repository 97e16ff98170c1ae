//! A private key by its name, wherever it is: `cargo run --example named_key NAME ID [CHAIN.pem]`.
//!
//! NAME is a PEM file (also the key file of a TPM), `tpm:handle=0x81000005`, or `unix:/run/signer.sock`. The program prints a
//! certificate request for ID; with the chain that was issued for it, it prints who logs in at the hub.

use defender_auth::{
    Outcome, Plan,
    credential::CertificateRequest,
    identity::Identity,
    private_key::{Location, Opener},
    x509::Chain,
};
use std::{env, error::Error, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let (Some(name), Some(id)) = (arguments.next(), arguments.next()) else {
        return Err("usage: named_key NAME ID [CHAIN.pem]".into());
    };
    let key = Opener::new().open(&name.parse::<Location>()?)?;
    let Some(chain) = arguments.next() else {
        print!("{}", CertificateRequest::sign(&id, &*key.into_private_key()?)?.to_pem());
        return Ok(());
    };
    let certificate = key.certificate(&Chain::from_pem(&fs::read(chain)?)?)?;
    let me = Identity::device("contoso.azure-devices.net".parse()?, id.parse()?);
    let plan = Plan::from(Outcome::new(me, certificate)); // for an Authenticator, https::Client or the MQTT driver
    println!("{} logs in by its certificate", plan.outcome().ok_or("no outcome")?.identity());
    Ok(())
}
