//! Private keys that the command creates at persistent handles of a TPM.

use crate::{
    support::{
        Scratch, command, defenderauth,
        keys::{ID, Issued, is_accepted},
        string,
    },
    swtpm::Swtpm,
};
use std::{process::Stdio, thread, time::Duration};

fn new<'a>(handle: &'a str, tcti: &'a str) -> [&'a str; 8] {
    ["key", "new", "--in", "tpm", "--handle", handle, "--key-tpm", tcti]
}

#[test]
#[ignore = "needs swtpm and openssl"]
fn a_key_at_a_handle_is_shown_and_logs_in_without_a_file() {
    let tpm = Swtpm::new();
    let tcti = tpm.endpoint().to_string();
    for (kind, shown, handle) in
        [("p256", "EC P-256", "0x81010020"), ("p384", "EC P-384", "0x81010021"), ("rsa2048", "RSA 2048", "0x81010022")]
    {
        let report = defenderauth(&[&new(handle, &tcti)[..], &["--kind", kind, "--json"]].concat(), "").done().json();
        assert_eq!((&report["place"], &report["kind"]), (&"TPM".into(), &shown.into()));
        assert_eq!(report["key"], format!("tpm:handle={handle}&tpm={tcti}"));
        let name = format!("tpm:handle={handle}");
        let again = defenderauth(&["key", "show", &name, "--key-tpm", &tcti, "--json"], "").done().json();
        assert_eq!(again["public_key"], report["public_key"]);
    }
    tpm.assert_empty("after `key new`");
    assert_eq!(tpm.handles("persistent"), ["0x81010020", "0x81010021", "0x81010022"]);
    let name = format!("tpm:handle=0x81010020&tpm={tcti}");
    Issued::to(&[&name]).log_in_everywhere(&[&name]);
    tpm.assert_empty("after the logins");
}

#[test]
#[ignore = "needs swtpm"]
fn an_occupied_handle_is_named_and_keeps_its_key() {
    let tpm = Swtpm::with_keys();
    let tcti = tpm.endpoint().to_string();
    defenderauth(&new("0x81010020", &tcti), "").done();
    let before = tpm.tool("readpublic -c 0x81010020");
    defenderauth(&new("0x81010020", &tcti), "").failed(2, &["0x81010020 holds another object", "tpm2_evictcontrol"]);
    assert_eq!(tpm.tool("readpublic -c 0x81010020"), before);
    // Those of the provisioning service.
    for handle in ["0x81000001", "0x81010001", "0x81000100"] {
        defenderauth(&new(handle, &tcti), "").failed(2, &[handle]);
    }
    tpm.assert_empty("afterwards");
    assert_eq!(tpm.handles("persistent"), ["0x81000001", "0x81010001", "0x81010020"]);
}

#[test]
#[ignore = "needs swtpm"]
fn passwords_of_the_key_and_of_the_owner_are_read_from_files() {
    let (tpm, scratch) = (Swtpm::new(), Scratch::new());
    tpm.tool("changeauth -c owner owned");
    let tcti = tpm.endpoint().to_string();
    let [owner, password] = [scratch.write("owner", "owned\n"), scratch.write("password", "orchid\n")];
    let of_key = ["--passphrase-file", &password];
    defenderauth(&[&new("0x81010020", &tcti)[..], &of_key].concat(), "").failed(2, &["owner"]);
    assert_eq!(tpm.handles("persistent"), [""; 0]);
    let of_owner = ["--key-owner-password-file", &owner];
    defenderauth(&[&new("0x81010020", &tcti)[..], &of_key, &of_owner].concat(), "").done();
    let show = ["key", "show", "tpm:handle=0x81010020", "--key-tpm", &tcti];
    defenderauth(&show, "").failed(2, &["password"]);
    // The owner's is for what is below it, and not for the key.
    defenderauth(&[&show[..], &of_key].concat(), "").done();
}

#[test]
fn what_is_not_a_handle_for_a_new_key_is_refused() {
    for handle in ["81010020", "0x81800000", "0x80000000", "0x0", "0x+1010020", "0x", "0x181010020", "x", ""] {
        defenderauth(&new(handle, "swtpm:path=/nowhere"), "").misused(&["0x81000000 to 0x817fffff"]);
    }
    let both = [&new("0x81010020", "swtpm:path=/nowhere")[..], &["--out", "key.pem"]].concat();
    defenderauth(&both, "").misused(&["--out"]);
    let call = ["key", "new", "--in", "file", "--handle", "0x81010020"];
    defenderauth(&call, "").failed(2, &["--out FILE"]);
    let call = ["key", "new", "--in", "pkcs11", "--handle", "0x81010020"];
    defenderauth(&call, "").failed(2, &["--uri pkcs11:"]);
    defenderauth(&new("0x81010020", "swtpm:path=/nowhere"), "").failed(2, &["/nowhere"]);
}

#[test]
#[ignore = "needs swtpm and openssl"]
fn a_killed_process_does_not_stop_the_next() {
    let tpm = Swtpm::new();
    let tcti = tpm.endpoint().to_string();
    // Each is killed later than the one before, the last ones when they have ended.
    for number in 0..12_u32 {
        let handle = format!("0x{:08x}", 0x8101_0020 + number);
        let mut killed = command(&new(&handle, &tcti)).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // Not to wait for anything: wherever it is then.
        thread::sleep(Duration::from_millis(u64::from(number) * 3));
        killed.kill().unwrap();
        killed.wait().unwrap();
        // Where the killed process came to its end, the handle is occupied, by a key that signs.
        let is_there = tpm.handles("persistent").contains(&handle);
        let run = defenderauth(&new(&handle, &tcti), "");
        if is_there {
            run.failed(2, &[&handle, "holds another object"]);
        } else {
            run.done();
        }
        defenderauth(&["key", "show", &format!("tpm:handle={handle}"), "--key-tpm", &tcti], "").done();
    }
    let name = format!("tpm:handle=0x81010020&tpm={tcti}");
    let issued = Issued::to(&[&name]);
    let text = string(&format!("DeviceId={ID};x509=true"));
    let call = ["authenticate", "-", "--connect", "--cert-file", &issued.chain, "--key-file", &name];
    is_accepted(&issued.hub().ask(&call, &text).done());
    assert!(tpm.handles("transient").len() < 3);
}
