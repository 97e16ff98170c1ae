//! Requests a certificate whose private key stays where it is, `cargo run --example key_uri KEY ID > request.pem`, and
//! registers with it, `cargo run --example key_uri KEY ID SCOPE chain.pem`.
//!
//! KEY is a file (also one made by `openssl genpkey -provider tpm2`), `tpm:handle=0x81000005`, `unix:/run/signer.sock`.

use defender_auth::{
    Plan, credential::CertificateRequest, dps::Profile, https::Client, private_key::Opener, x509::Chain,
};
use std::{env, error::Error, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.as_slice() {
        [key, id] => {
            let key = Opener::new().open(&key.parse()?)?.into_private_key()?;
            print!("{}", CertificateRequest::sign(id, &*key)?.to_pem());
        }
        [key, id, scope, chain] => {
            let key = Opener::new().open(&key.parse()?)?;
            let certificate = key.certificate(&Chain::from_pem(&fs::read(chain)?)?)?;
            let profile = Profile::new(scope.parse()?, id.parse()?);
            let me = Client::new()?.authenticate(&Plan::provision(profile, certificate)?)?;
            println!("{}", me.identity().hub());
        }
        _ => return Err("usage: key_uri KEY ID [SCOPE CHAIN]".into()),
    }
    Ok(())
}
