//! Commands and responses of a software TPM, and files that other tools wrote, byte by byte.

use defender_auth::{
    error::{AccessError, CommandCause, CommandError, KeyFileError, TpmError, TpmKeyKind},
    key::SignatureScheme,
    tpm::{KeyFile, Parent, SigningKey, TpmClient, Transport},
};
use serde_json::Value;
use std::collections::BTreeSet;

const DATA: &str = include_str!("../vectors/data/tpm-keys.json");
const OK: [u8; 10] = [0x80, 1, 0, 0, 0, 10, 0, 0, 0, 0];
/// SHA-256 and SHA-384 of "hello".
const HELLO: [&str; 2] = [
    "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
    "59e1748777448c69de6b800d7a33bbfb9ff1b463e44354c3553bcdb9c666fa90125a3c79f90397bdf5f6a13de828684f",
];

fn data(list: &str) -> Vec<Value> {
    serde_json::from_str::<Value>(DATA).unwrap()[list].as_array().unwrap().clone()
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

fn bytes(value: &Value) -> Vec<u8> {
    hex(value.as_str().unwrap())
}

/// Responds to the commands of the vectors, byte by byte; what only asks or flushes succeeds.
struct Replay {
    exchanges: Vec<(String, Vec<u8>, Vec<u8>)>,
    used: BTreeSet<String>,
}

impl Replay {
    fn new() -> Self {
        let exchange = |value: &Value| {
            (value["name"].as_str().unwrap().to_owned(), bytes(&value["command"]), bytes(&value["response"]))
        };
        Self { exchanges: data("tpm_exchanges").iter().map(exchange).collect(), used: BTreeSet::new() }
    }

    fn command(&self, name: &str) -> Vec<u8> {
        self.exchanges.iter().find(|exchange| exchange.0 == name).unwrap().1.clone()
    }
}

impl Transport for Replay {
    fn exchange(&mut self, command: &[u8], response: &mut [u8]) -> Result<usize, AccessError> {
        // The same command was also sent with a key that did not execute it.
        let mut known = self.exchanges.iter().filter(|exchange| exchange.1 == command).collect::<Vec<_>>();
        known.sort_by_key(|exchange| exchange.2[6..10] != [0; 4]);
        let found = known.first();
        let answer = match (found, [command[8], command[9]]) {
            (Some((name, _, answer)), _) => {
                self.used.insert(name.clone());
                answer.clone()
            }
            (None, [1, 0x65 | 0x8a]) => OK.to_vec(),
            (None, _) => panic!("no vector has {command:02x?}"),
        };
        response[..answer.len()].copy_from_slice(&answer);
        Ok(answer.len())
    }
}

fn signature(of: &str) -> Vec<u8> {
    bytes(&data("tpm_signatures").iter().find(|value| value["of"] == of).unwrap()["tls_signature"])
}

#[test]
fn every_command_is_that_of_the_vectors_and_every_response_is_understood() {
    let mut replay = Replay::new();
    let block = replay.command("RSA_Decrypt raw with RSA-2048 sign+decrypt, scheme null");
    // Behind header, handle and authorization, and the block's own length; before scheme and label.
    let block = block[29..block.len() - 4].to_vec();
    assert_eq!(block.len(), 256);
    let mut tpm = TpmClient::new(&mut replay);
    let open = |tpm: &mut TpmClient<&mut Replay>, kind| -> SigningKey {
        let file = tpm.create_key(kind, Parent::StorageRoot, None).unwrap();
        assert_eq!(file.kind(), kind);
        tpm.open_key(&KeyFile::from_pem(file.to_pem().as_bytes()).unwrap(), None).unwrap()
    };
    for (kind, scheme, digest, of) in [
        (TpmKeyKind::P256, SignatureScheme::EcdsaP256Sha256, 0, "Sign ECDSA-SHA256 with P-256 sign, scheme null"),
        (TpmKeyKind::P384, SignatureScheme::EcdsaP384Sha384, 1, "Sign ECDSA-SHA384 with P-384 sign, scheme null"),
    ] {
        let key = open(&mut tpm, kind);
        assert_eq!(tpm.sign_digest(&key, scheme, &hex(HELLO[digest])), Ok(signature(of)));
        let known = data("tpm_signatures").into_iter().find(|value| value["of"] == of).unwrap();
        assert_eq!(key.public_key(), bytes(&known["spki"]));
        if kind == TpmKeyKind::P256 {
            // A digest of another length.
            let Err(TpmError::Command(error)) = tpm.sign_digest(&key, scheme, &hex(HELLO[1])) else { panic!() };
            assert_eq!((error.code.as_u32(), error.cause), (0x1d5, CommandCause::OtherScheme));
        }
        tpm.close_key(&key).unwrap();
    }
    let key = open(&mut tpm, TpmKeyKind::Rsa { bits: 2048 });
    let digest = hex(HELLO[0]);
    for (scheme, of) in [
        (SignatureScheme::RsaPkcs1Sha256, "Sign RSASSA-SHA256 with RSA-2048 sign+decrypt, scheme null"),
        (SignatureScheme::RsaPssSha256, "Sign RSAPSS-SHA256 with RSA-2048 sign+decrypt, scheme null"),
    ] {
        assert_eq!(tpm.sign_digest(&key, scheme, &digest), Ok(signature(of)));
    }
    let of = "RSA_Decrypt raw with RSA-2048 sign+decrypt, scheme null";
    assert_eq!(tpm.decrypt_raw(&key, &block), Ok(signature(of)));
    assert_eq!(tpm.supports(TpmKeyKind::Rsa { bits: 3072 }), Ok(true));
    drop(tpm);
    assert_eq!(replay.used.len(), 15, "{:?}", replay.used);
}

#[test]
fn each_rejection_of_the_vectors_has_its_cause() {
    /// Rejects the commands with this code, and executes the others.
    struct Rejecting(u32, u32, Replay);
    impl Transport for Rejecting {
        fn exchange(&mut self, command: &[u8], response: &mut [u8]) -> Result<usize, AccessError> {
            if u32::from_be_bytes(command[6..10].try_into().unwrap()) != self.0 {
                return self.2.exchange(command, response);
            }
            response[..10].copy_from_slice(&OK);
            response[6..10].copy_from_slice(&self.1.to_be_bytes());
            Ok(10)
        }
    }
    const SIGN: u32 = 0x15d;
    const LOAD: u32 = 0x157;
    let causes = [
        (SIGN, 0x910, CommandCause::NoSigningKey { handle: 0x8000_0001 }),
        (SIGN, 0x9a2, CommandCause::SigningKeyPassword { is_counted: false }),
        (SIGN, 0x98e, CommandCause::SigningKeyPassword { is_counted: true }),
        (SIGN, 0x921, CommandCause::Lockout { seconds: None }),
        (SIGN, 0x2d2, CommandCause::OtherScheme),
        (SIGN, 0x1d5, CommandCause::OtherScheme),
        (SIGN, 0x3e0, CommandCause::Restricted),
        (SIGN, 0x12f, CommandCause::PolicyOnly),
        (SIGN, 0x922, CommandCause::Busy),
        (LOAD, 0x1df, CommandCause::OtherParent),
        (LOAD, 0x2df, CommandCause::OtherParent),
        (LOAD, 0x18b, CommandCause::NoParent { handle: 0x8000_0000 }),
        (LOAD, 0x98e, CommandCause::ParentPassword { handle: 0x8000_0000 }),
        (0x153, 0x1c4, CommandCause::UnsupportedKind),
        (0x153, 0x18b, CommandCause::NoParent { handle: 0x8000_0000 }),
        (0x153, 0x9a2, CommandCause::ParentPassword { handle: 0x8000_0000 }),
        (0x153, 0x1e6, CommandCause::UnsupportedKind),
        (0x153, 0x2d2, CommandCause::UnsupportedKind),
        (0x159, 0x182, CommandCause::NotDecrypting),
    ];
    for value in data("tpm_exchanges") {
        let code = u32::from_str_radix(&value["response_code"].as_str().unwrap()[2..], 16).unwrap();
        assert!(code == 0 || causes.iter().any(|cause| cause.1 == code), "{value}");
    }
    for (command, code, expected) in causes {
        let mut tpm = TpmClient::new(Rejecting(command, code, Replay::new()));
        // The lockout's length is asked for.
        if code == 0x921 {
            tpm = TpmClient::new(Rejecting(command, code, Replay { used: BTreeSet::new(), ..capable() }));
        }
        let result = tpm.create_key(TpmKeyKind::P256, Parent::StorageRoot, None).and_then(|file| {
            let key = tpm.open_key(&file, None)?;
            if command == 0x159 {
                return tpm.decrypt_raw(&key, &[1; 256]).map(drop);
            }
            tpm.sign_digest(&key, SignatureScheme::EcdsaP256Sha256, &hex(HELLO[0])).map(drop)
        });
        let Err(TpmError::Command(CommandError { cause, .. })) = result else { panic!("{code:#x}: {result:?}") };
        assert_eq!(cause, expected, "{code:#x}");
        let text = cause.to_string();
        assert!(text.contains(';') && !text.contains('\n'), "{text}");
    }
}

/// Rejects the question for the length of a lockout.
fn capable() -> Replay {
    let mut replay = Replay::new();
    let question = hex("8001000000160000017a000000060000021000000001");
    replay.exchanges.push(("GetCapability".to_owned(), question, hex("80010000000a00000143")));
    replay
}

#[test]
fn the_files_of_every_tool_are_read() {
    let requests = data("requests");
    let mut written = 0;
    for value in data("key_files") {
        let (name, der) = (value["name"].as_str().unwrap(), bytes(&value["der"]));
        let file = KeyFile::from_der(&der).unwrap_or_else(|error| panic!("{name}: {error}"));
        let kind = match name {
            name if name.contains("P-384") => TpmKeyKind::P384,
            name if name.contains("RSA") || name.contains("WITH a password") => TpmKeyKind::Rsa { bits: 2048 },
            _ => TpmKeyKind::P256,
        };
        assert_eq!(file.kind(), kind, "{name}");
        let is_persistent = name.contains("encodeobject") || name.contains("rsaParent");
        let handle = if is_persistent { 0x8100_0001 } else { 0x4000_0001 };
        assert_eq!(file.parent().handle(), handle, "{name}");
        assert_eq!(KeyFile::from_pem(file.to_pem().as_bytes()).unwrap(), file, "{name}");
        // DER has ff where some tools write 01; the optional fields are not written.
        let is_der = !value["der"].as_str().unwrap().contains("a003010101");
        if is_der && !name.contains('[') {
            assert_eq!(file.to_der(), der, "{name}");
            written += 1;
        }
        if name.starts_with("ours, P-256 without") {
            let request = requests.iter().find(|request| request["name"] == "tpm-p256").unwrap();
            let request = bytes(&request["der"]);
            assert!(request.windows(91).any(|part| part == file.public_key()), "the key of its request");
        }
    }
    assert!(written >= 4, "{written}");
}

#[test]
fn a_file_that_is_cut_or_changed_in_its_structure_is_rejected() {
    for value in data("key_files") {
        let der = bytes(&value["der"]);
        for length in 0..der.len() {
            assert!(KeyFile::from_der(&der[..length]).is_err(), "cut to {length}");
        }
        let longer: Vec<u8> = der.iter().copied().chain([0]).collect();
        assert_eq!(KeyFile::from_der(&longer).unwrap_err(), KeyFileError::Field { field: "outer SEQUENCE" }.into());
    }
}
