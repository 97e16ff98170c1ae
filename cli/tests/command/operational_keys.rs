//! Operational certificates whose keys are made in a TPM or a token, and stay there.

use crate::{
    key_token::Token,
    support::{
        HOST, Run, Scratch, command,
        registrar::{ID, Registrar, enrollment},
        run,
    },
    swtpm::Swtpm,
};
use defender_auth_emulator::{Fault, Issuing, Operation};
use serde_json::Value;
use std::{fs, path::Path};

/// A device with a folder.
struct Device {
    registrar: Registrar,
    scratch: Scratch,
    /// The variable of the token's configuration.
    configuration: Option<String>,
}

impl Device {
    fn new(configuration: Option<String>) -> Self {
        let registrar = Registrar::of(enrollment().issuing(Issuing::new()));
        Self { registrar, scratch: Scratch::new(), configuration }
    }

    fn folder(&self) -> String {
        self.scratch.path("device")
    }

    fn call(&self, arguments: &[String]) -> Run {
        let mut command = command(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        command.envs(self.configuration.iter().map(|configuration| ("SOFTHSM2_CONF", configuration)));
        run(command, b"")
    }

    fn provision(&self, more: &[&str]) -> Run {
        let folder = self.folder();
        let requested = ["--request-certificate", "--key-type", "p256", "--out-dir", &folder];
        self.call(&self.registrar.arguments(self.registrar.address("https"), &[&requested, more].concat()))
    }

    fn renew(&self, more: &[&str]) -> Run {
        let (site, folder) = (&self.registrar.site, self.folder());
        let endpoint = format!("{HOST}={}", site.emulator.address());
        let renew = ["certificate", "renew", &folder, "--ca-file", &site.roots, "--endpoint", &endpoint];
        self.call(&[&renew, more].concat().iter().map(ToString::to_string).collect::<Vec<_>>())
    }

    fn record(&self) -> Value {
        serde_json::from_slice(&fs::read(Path::new(&self.folder()).join("certificates.json")).unwrap()).unwrap()
    }

    /// Where the key in use is.
    fn key(&self) -> String {
        let name = self.record()["current"]["elsewhere"].as_str().unwrap().to_owned();
        let status = self.call(&["certificate", "status", &self.folder()].map(String::from)).done();
        assert!(status.out.contains(&format!("key           {name}\n")), "{name}: {status:?}");
        name
    }

    fn issued(&self) -> usize {
        self.registrar.site.emulator.issued_certificates(HOST, ID).len()
    }

    /// The key files in the folder.
    fn files(&self) -> Vec<String> {
        let names = fs::read_dir(self.folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.starts_with("key-")).collect()
    }
}

#[test]
#[ignore = "needs swtpm"]
fn each_key_is_made_in_the_tpm_and_the_former_file_is_removed() {
    let (tpm, device) = (Swtpm::new(), Device::new(None));
    let tcti = tpm.endpoint().to_string();
    device.provision(&["--keys-in", "tpm", "--key-tpm", &tcti]).done();
    let first = device.key();
    assert!(first.starts_with("tpm:file=/") && first.ends_with(&format!("&tpm={tcti}")), "{first}");
    assert!(device.record()["current"]["key"].is_null() && device.files().len() == 1);
    // The record says which TPM it is.
    device.renew(&[]).done();
    let second = device.key();
    assert!(second != first && device.files().len() == 1, "{second}, {:?}", device.files());
    assert!(second.contains(&device.files()[0]), "{second}");
    tpm.assert_empty("after a renewal");

    // As long as the new certificate has not come, both keys are there; and the one that was pending is used.
    device.registrar.site.emulator.fault(
        Operation::IssueCertificate,
        Fault::ErrorCode { code: 400_006, retry_after: None },
        1,
    );
    device.renew(&[]).failed(1, &[]);
    assert_eq!((device.files().len(), device.key()), (2, second));
    let pending = device.record()["pending"]["elsewhere"].clone();
    device.renew(&[]).done();
    assert_eq!((device.files().len(), device.key().into()), (1, pending));
    assert_eq!(device.issued(), 3);

    device.renew(&["--export-pem"]).failed(2, &["--keys-in file"]);
    device.renew(&["--export-pem", "--keys-in", "file"]).done();
    assert!(device.record()["current"]["elsewhere"].is_null() && device.files().is_empty());
}

#[test]
#[ignore = "needs softhsm2-util"]
fn each_key_is_a_new_object_in_the_token() {
    let token = Token::new();
    let device = Device::new(Some(token.configuration()));
    device.provision(&["--keys-in", &token.uri("pump")]).done();
    let first = device.key();
    assert!(first.starts_with("pkcs11:token=agent;object=pump-") && first.contains("?module-path="), "{first}");
    let run = device.renew(&[]).done();
    assert!(
        run.err.contains(&format!("the former key is still in its token; remove it when nothing uses it: {first}\n")),
        "{run:?}"
    );
    let second = device.key();
    assert!(second != first && second.starts_with("pkcs11:token=agent;object=pump-"), "{second}");
    for key in [&first, &second] {
        token.run(&["key", "show", key]).done();
    }
    assert_eq!(device.issued(), 2);
}

#[test]
#[ignore = "needs swtpm"]
fn what_cannot_be_made_is_named_before_anything_is_sent() {
    let device = Device::new(None);
    device.provision(&["--keys-in", "tpm", "--key-tpm", "swtpm:path=/nowhere"]).failed(2, &["/nowhere"]);
    device.provision(&["--keys-in", "tpm:handle=0x81000005"]).misused(&["--keys-in"]);
    assert!(device.registrar.site.journal().is_empty() && device.files().is_empty());
    device.provision(&[]).done();
    let mut record = device.record();
    let current = record["current"].as_object_mut().unwrap();
    current.remove("key");
    current.insert("elsewhere".into(), "unix:/run/signer.sock".into());
    fs::write(format!("{}/certificates.json", device.folder()), record.to_string()).unwrap();
    device.renew(&[]).failed(2, &["unix:/run/signer.sock: no new key can be made where this one is", "--keys-in"]);
    assert_eq!(device.issued(), 1);
}
