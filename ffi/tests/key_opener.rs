//! Private keys that are opened with passwords and a TPM that their names do not contain, through the C interface.

#![cfg(all(feature = "agent", feature = "private-key", feature = "tpm", unix))]
#![allow(
    clippy::panic,
    clippy::unnecessary_box_returns,
    clippy::unwrap_used,
    reason = "C owns boxes, and a test that cannot go on has failed"
)]

#[path = "support/issuer.rs"]
mod issuer;
#[path = "../../tests/support/scratch.rs"]
mod scratch;
mod support;
#[path = "../../tests/tpm/swtpm.rs"]
#[allow(dead_code, reason = "the library's own tests use the rest")]
mod swtpm;

use defender_auth::{
    error::{Hierarchy, TpmKeyKind},
    tpm::{KeyFile, Parent},
};
use defenderauth::{agent_config::*, certificate_request::*, opener::*, private_key::*, *};
use scratch::Scratch;
use support::{Failed, blamed, bytes, call, made, read, text, written};
use swtpm::Swtpm;

const ENCRYPTED: &str = include_str!("../../tests/x509/data/p256.encrypted.pem");

fn opener() -> Box<Opener> {
    made(|out, error| defenderauth_opener_new(Some(out), Some(error))).unwrap()
}

fn set_passphrase(opener: &mut Opener, passphrase: &[u8]) {
    let (passphrase, len) = bytes(passphrase);
    call(|error| defenderauth_opener_set_passphrase(Some(opener), passphrase, len, Some(error))).unwrap();
}

fn set_tpm(opener: &mut Opener, endpoint: &str) -> Result<(), Failed> {
    let (endpoint, len) = text(endpoint);
    call(|error| defenderauth_opener_set_tpm(Some(opener), endpoint, len, Some(error)))
}

fn set_owner_password(opener: &mut Opener, password: &[u8]) -> Result<(), Failed> {
    call(|error| defenderauth_opener_set_owner_password(Some(opener), password.as_ptr(), password.len(), Some(error)))
}

fn open(opener: &Opener, uri: &str) -> Result<Box<PrivateKey>, Failed> {
    let (uri, len) = text(uri);
    made(|out, error| defenderauth_private_key_open_with(Some(opener), uri, len, Some(out), Some(error)))
}

/// Signs a request for this common name, and frees the key.
fn request(key: Box<PrivateKey>, name: &str) -> String {
    let (name, len) = text(name);
    let made = made(|out, error| defenderauth_certificate_request_new(Some(&key), name, len, Some(out), Some(error)));
    let request = made.unwrap();
    let (pem, _) = written(4096, |buf, cap, len, error| {
        defenderauth_certificate_request_to_pem(Some(&request), buf, cap, Some(len), Some(error))
    });
    defenderauth_certificate_request_free(Some(request));
    defenderauth_private_key_free(Some(key));
    pem.unwrap()
}

#[test]
#[ignore = "needs swtpm"]
fn a_key_below_an_owner_hierarchy_with_a_password_is_opened() {
    let (swtpm, scratch) = (Swtpm::new(), Scratch::new());
    swtpm.tool("changeauth -c owner owned");
    let mut client = swtpm.client();
    client.set_password(Hierarchy::Owner, b"owned").unwrap();
    let file = client.create_key(TpmKeyKind::P256, Parent::StorageRoot, Some(b"\xffmine")).unwrap();
    client.persist_key(&file, 0x8100_0005).unwrap();
    drop(client);
    let path = scratch.write("key.pem", file.to_pem());
    let mut opener = opener();
    set_passphrase(&mut opener, b"\xffmine");
    set_tpm(&mut opener, &swtpm.endpoint().to_string()).unwrap();
    for wrong in [&b""[..], b"guess"] {
        set_owner_password(&mut opener, wrong).unwrap();
        let failed = open(&opener, &path).err().unwrap();
        assert_eq!((failed.code, failed.field.as_str()), (DEFENDERAUTH_TPM_COMMAND, path.as_str()), "{failed:?}");
        assert!(failed.message.contains("owner"), "{failed:?}");
    }
    set_owner_password(&mut opener, b"owned").unwrap();
    for uri in [path.as_str(), &format!("tpm:file={path}"), "tpm:handle=0x81000005"] {
        request(open(&opener, uri).unwrap(), "dev-01");
    }
    set_passphrase(&mut opener, b"other");
    assert_eq!(open(&opener, &path).err().unwrap().code, DEFENDERAUTH_TPM_COMMAND);
    defenderauth_opener_free(Some(opener));
    swtpm.assert_empty("afterwards");
}

#[test]
#[ignore = "needs swtpm and openssl"]
fn the_key_of_an_agents_folder_is_opened() {
    let (swtpm, folder) = (Swtpm::new(), Scratch::new());
    let file = swtpm.client().create_key(TpmKeyKind::P256, Parent::StorageRoot, Some(b"mine")).unwrap();
    let private = folder.write("certificate_private.pem", file.to_pem());
    let mut opener = opener();
    set_passphrase(&mut opener, b"mine");
    set_tpm(&mut opener, &swtpm.endpoint().to_string()).unwrap();
    let (certificate, _) = issuer::issue(&request(open(&opener, &private).unwrap(), "dev-01"));
    folder.write("certificate_public.pem", certificate);
    let agent = folder.folder();
    folder.write("connection_string.txt", "HostName=contoso.azure-devices.net;DeviceId=dev-01;x509=true");
    let (path, len) = text(&agent);
    let load = |opener: &Opener| {
        made(|out, error| defenderauth_agent_config_load_with_opener(path, len, Some(opener), Some(out), Some(error)))
    };
    let config = load(&opener).unwrap();
    assert_eq!(read(defenderauth_agent_config_device_id(Some(&config))), "dev-01");
    // It holds the connection to the TPM.
    defenderauth_agent_config_free(Some(config));
    set_passphrase(&mut opener, b"other");
    let failed = load(&opener).err().unwrap();
    assert_eq!((failed.code, failed.field), (DEFENDERAUTH_TPM_COMMAND, private));
    defenderauth_opener_free(Some(opener));
    swtpm.assert_empty("afterwards");
}

#[test]
#[ignore = "needs swtpm"]
fn an_empty_password_is_not_the_same_as_none() {
    let (swtpm, scratch) = (Swtpm::new(), Scratch::new());
    swtpm.tool("createprimary -C o -G ecc -c parent.ctx");
    swtpm.tool("evictcontrol -C o -c parent.ctx 0x81000001");
    swtpm.tool("flushcontext -t");
    swtpm.tool("create -C 0x81000001 -G ecc:ecdsa-sha256 -u key.pub -r key.priv");
    swtpm.tool("flushcontext -t");
    swtpm.tool("encodeobject -C 0x81000001 -u key.pub -r key.priv -o tools.pem");
    swtpm.tool("flushcontext -t");
    swtpm.tool("flushcontext -l");
    let text = swtpm.read("tools.pem");
    assert!(KeyFile::from_pem(&text).is_ok());
    let path = scratch.write("key.pem", text);
    let mut opener = opener();
    set_tpm(&mut opener, &swtpm.endpoint().to_string()).unwrap();
    // The tools' file declares a password, depending on their version, and its failures would be counted.
    let without = open(&opener, &path);
    if let Err(failed) = &without {
        assert!(failed.message.contains("password"), "{failed:?}");
    }
    defenderauth_private_key_free(without.ok());
    set_passphrase(&mut opener, b"");
    request(open(&opener, &path).unwrap(), "dev-01");
    defenderauth_opener_free(Some(opener));
}

#[test]
fn what_cannot_be_set_is_named() {
    let scratch = Scratch::new();
    let mut opener = opener();
    let unknown = set_tpm(&mut opener, "mssim:host=localhost");
    assert_eq!(blamed(unknown), (DEFENDERAUTH_TPM_ACCESS, "endpoint".into()));
    set_tpm(&mut opener, "").unwrap();
    assert_eq!(blamed(set_owner_password(&mut opener, &[b'x'; 65])), (DEFENDERAUTH_ARGUMENT, "password".into()));
    set_owner_password(&mut opener, &[b'x'; 64]).unwrap();
    let encrypted = scratch.write("encrypted.pem", ENCRYPTED);
    assert_eq!(blamed(open(&opener, &encrypted)), (DEFENDERAUTH_CERTIFICATE_FORMAT, encrypted.clone()));
    set_passphrase(&mut opener, b"orchid");
    defenderauth_private_key_free(Some(open(&opener, &encrypted).unwrap()));
    assert_eq!(blamed(open(&opener, "tpm:handle=1")), (DEFENDERAUTH_ARGUMENT, "uri".into()));
    defenderauth_opener_free(Some(opener));
}

#[test]
#[ignore = "needs swtpm"]
fn a_key_outlives_its_opener() {
    let (swtpm, scratch) = (Swtpm::new(), Scratch::new());
    let file = swtpm.client().create_key(TpmKeyKind::P256, Parent::StorageRoot, Some(b"mine")).unwrap();
    let path = scratch.write("key.pem", file.to_pem());
    let mut opener = opener();
    set_passphrase(&mut opener, b"mine");
    set_tpm(&mut opener, &swtpm.endpoint().to_string()).unwrap();
    let key = open(&opener, &path).unwrap();
    defenderauth_opener_free(Some(opener));
    request(key, "dev-01");
    swtpm.assert_empty("afterwards");
}
