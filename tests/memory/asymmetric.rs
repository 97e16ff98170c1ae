//! Private keys of certificates, and a passphrase.

use crate::{
    answers::{HUB, ID},
    forms::{Secret, random},
    pem::{ORDER_256, ORDER_384, data, der, p256, scalar, scalar_for_signing},
    scratch::Scratch,
    symmetric::{SCOPE, play},
    tests::leaves,
};
use defender_auth::x509::Certificate;
use defender_auth_emulator::{Dps, Enrollment, Hub, World};
use pem_rfc7468::LineEnding;
use pkcs8::{PrivateKeyInfoRef, pkcs5::pbes2::Parameters};

/// Few rounds, because it is not the cipher that is tested.
const ROUNDS: u32 = 100;

/// The secret numbers of a key in PKCS#1: those behind its version, modulus and public exponent.
fn rsa() -> Vec<Secret> {
    let der = der("rsa2048.pkcs1.pem");
    let mut rest = &der[4..];
    let mut numbers = Vec::new();
    while let [2, length, tail @ ..] = rest {
        let (length, tail) = match length {
            0x82 => (usize::from(u16::from_be_bytes([tail[0], tail[1]])), &tail[2..]),
            0x81 => (usize::from(tail[0]), &tail[1..]),
            length => (usize::from(*length), tail),
        };
        numbers.push(tail[..length].strip_prefix(&[0]).unwrap_or(&tail[..length]));
        rest = &tail[length..];
    }
    assert_eq!(numbers.len(), 9);
    numbers[3..].iter().map(|number| Secret::other("RSA", number)).collect()
}

pub(crate) fn pem() {
    let folder = Scratch::new();
    for (to, from) in [
        ("rsa.pem", "rsa2048.pkcs1.pem"),
        ("sec1.pem", "p384.sec1.pem"),
        ("pkcs8.pem", "p256.pkcs8.pem"),
        ("ed25519.pem", "ed25519.pem"),
        ("certificate.pem", "p256.certificate.pem"),
    ] {
        folder.write(to, data(from));
    }
    let passphrase = random();
    let parameters = Parameters::generate_pbkdf2_sha256_aes256cbc(ROUNDS, &[1; 16], [2; 16]).unwrap();
    let key = der("p256.pkcs8.pem");
    let passphrase_text = passphrase.map(|byte| char::from(b'a' + byte % 26)).into_iter().collect::<String>();
    let key = PrivateKeyInfoRef::try_from(key.as_slice()).unwrap().encrypt_with_params(parameters, &passphrase_text);
    let encrypted = pem_rfc7468::encode_string("ENCRYPTED PRIVATE KEY", LineEnding::LF, key.unwrap().as_bytes());
    folder.write("encrypted.pem", encrypted.unwrap());
    folder.write("passphrase.txt", &passphrase_text);
    let mut secrets = rsa();
    secrets.extend([
        p256(),
        scalar_for_signing("P-256 for signing", &p256(), ORDER_256),
        scalar("P-384", "p384.sec1.pem", 48),
        scalar_for_signing("P-384 for signing", &scalar("", "p384.sec1.pem", 48), ORDER_384),
        scalar("Ed25519", "ed25519.pem", 32),
        Secret::key("passphrase", passphrase_text.as_bytes()),
    ]);
    leaves("pem", &folder, &secrets, &["RSA"]);
}

pub(crate) fn pkcs12() {
    let folder = Scratch::new();
    folder.write("identity.pfx", data("p256.pfx"));
    folder.write("password.pfx", data("foreign/legacy-password.pfx"));
    folder.write("passphrase.txt", "orchid");
    folder.write("no-public.pem", data("foreign/no-public.sec1.pem"));
    let others = ["foreign/nss.key.pem", "foreign/no-public.sec1.pem"].map(|file| scalar(file, file, 32));
    leaves("pkcs12", &folder, &[vec![p256()], others.into()].concat(), &[]);
}

pub(crate) fn certificate() {
    let folder = Scratch::new();
    folder.write("pkcs8.pem", data("p256.pkcs8.pem"));
    folder.write("certificate.pem", data("p256.certificate.pem"));
    let thumbprint = Certificate::from_der(&der("p256.certificate.pem")).unwrap().sha256().to_string();
    let dps = Dps::new(SCOPE).enrollment(Enrollment::with_thumbprint(ID, &thumbprint).pending(0));
    let _cloud = play(World::new().hub(Hub::new(HUB)).dps(dps), &folder);
    leaves("certificate", &folder, &[p256()], &[]);
}
