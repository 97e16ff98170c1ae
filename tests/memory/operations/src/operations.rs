//! The operations. Each reads its key from a file, and what it does with it comes last.

use defender_auth::{
    Authenticator, ConnectionString, Device, Now, Plan, SharedAccessKey, UnixTime, agent,
    credential::Credential,
    device_mode::Target,
    dps::Profile,
    identity::{Identity, RegistrationId, RegistrationIdRef},
    key::{DerivedKey, GroupKey, Signature},
    sas::{Audience, Resource, SasToken, Signer, StringToSign},
    wait::TimeLimit,
};
use std::{fs::File, hint::black_box, io::Read as _, iter, path::Path, time::Duration};
use zeroize::Zeroizing;

const EXPIRY: UnixTime = UnixTime::from_secs(1_900_000_000);
const BEFORE: UnixTime = UnixTime::from_secs(1_800_000_000);

type Operation = (&'static str, fn(&Path));

pub(crate) const OPERATIONS: &[Operation] = &[
    ("read-bytes", |folder| drop(key(folder))),
    ("read-base64", |folder| drop(SharedAccessKey::from_base64(as_text(&secret(folder, "key.txt"))))),
    ("read-broken-base64", |folder| drop(SharedAccessKey::from_base64(as_text(&secret(folder, "broken.txt"))))),
    ("read-key-file", |folder| drop(agent::key_file(folder.join("key.txt")).unwrap())),
    ("write-base64", |folder| drop(key(folder).to_base64())),
    ("generate", |folder| drop(SharedAccessKey::generate(&secret(folder, "key")).unwrap())),
    ("clone-and-compare", |folder| assert!(key(folder).clone() == key(folder))),
    ("sign", |folder| sign(&key(folder))),
    ("sign-with-long-key", |folder| sign(&long_key(folder))),
    ("derive", |folder| drop(key(folder).derive(&registration_id()))),
    ("derive-from-long-key", |folder| drop(long_key(folder).derive(&registration_id()))),
    ("prepare-group-key", |folder| drop(GroupKey::new(&key(folder)))),
    ("derive-with-group-key", |folder| drop(GroupKey::new(&key(folder)).derive(&registration_id()))),
    ("derive-each", |folder| {
        let group = GroupKey::new(&key(folder));
        let id = registration_id();
        let mut text = Zeroizing::new([0; DerivedKey::TEXT_LEN]);
        group.derive_each(iter::repeat_n(RegistrationIdRef::from(&id), 20), |_, key| key.to_base64(&mut text));
    }),
    ("derive-all", |folder| drop(GroupKey::new(&long_key(folder)).derive_all(&vec![registration_id(); 9]))),
    ("sign-string-to-sign", |folder| drop(StringToSign::new(resource(), EXPIRY).sign_with(&key(folder)))),
    ("assemble-token", |folder| {
        let string = StringToSign::new(resource(), EXPIRY);
        let mut bytes = Zeroizing::new([0; 32]);
        bytes.copy_from_slice(&secret(folder, "signature"));
        let mut signature = Signature::from_bytes(*bytes);
        drop(string.token(black_box(&signature)));
        // A signature is not wiped when dropped, and this one is the caller's.
        signature = Signature::from_bytes([0; 32]);
        black_box(&signature);
    }),
    ("sign-token", |folder| drop(SasToken::sign(&key(folder), &resource(), EXPIRY))),
    ("sign-token-with-long-key", |folder| drop(SasToken::sign(&long_key(folder), &resource(), EXPIRY))),
    ("prepare-signer", |folder| drop(Signer::new(&key(folder), &resource()))),
    ("prepare-signer-of-long-key", |folder| drop(Signer::new(&long_key(folder), &resource()))),
    ("clone-signer", |folder| drop(Signer::new(&key(folder), &resource()).clone())),
    ("move-signer", |folder| drop(black_box(Box::new(black_box(Some(Signer::new(&key(folder), &resource()))))))),
    ("sign-into-buffer", |folder| token_into(&key(folder), &resource(), EXPIRY, 512)),
    ("sign-into-tight-buffer", |folder| token_into(&key(folder), &resource(), EXPIRY, 200)),
    ("sign-into-buffer-with-two-blocks", |folder| token_into(&key(folder), &two_blocks(), EXPIRY, 512)),
    ("sign-into-buffer-for-long-resource", |folder| token_into(&key(folder), &long_resource(), EXPIRY, 512)),
    ("sign-into-buffer-for-early-expiry", |folder| token_into(&key(folder), &resource(), UnixTime::from_secs(9), 512)),
    ("sign-with-signer", |folder| drop(Signer::new(&key(folder), &resource()).token(EXPIRY))),
    ("sign-with-each-signer", |folder| {
        let (one, long) = (key(folder), long_key(folder));
        let signers =
            [Signer::new(&one, &resource()), Signer::new(&long, &resource()), Signer::new(&one, &two_blocks())];
        Signer::token_each(signers.iter().cycle().take(20), EXPIRY, |_, token| drop(black_box(token)));
    }),
    ("parse-token", |folder| drop(token(folder))),
    ("verify-token", |folder| {
        let token = token(folder);
        assert_eq!(token.verify(&key(folder), BEFORE, Duration::ZERO), Ok(()));
    }),
    ("verify-token-of-another-key", |folder| {
        let token = token(folder);
        assert!(token.verify(&long_key(folder), BEFORE, Duration::ZERO).is_err());
    }),
    ("make-password", |folder| {
        let credential = Credential::from(key(folder));
        drop(credential.password(&identity(), Audience::Encoded, EXPIRY));
    }),
    ("parse-connection-string", |folder| drop(connection_string(folder))),
    ("write-connection-string", |folder| {
        drop(ConnectionString::new(identity(), key(folder)).unwrap().expose());
    }),
    ("begin-registration", |folder| {
        let profile = Profile::new("0ne00000A0A".parse().unwrap(), registration_id());
        begin(&Plan::provision(profile, key(folder)).unwrap());
    }),
    ("begin-module-lookup", |folder| {
        let device = Device::new(identity().hub().clone(), identity().device_id().clone(), key(folder));
        begin(&Plan::device(device).in_device_mode(Target::default()).unwrap());
    }),
];

/// A secret as a caller should read it: into memory of its size, which is wiped.
fn secret(folder: &Path, name: &str) -> Zeroizing<Vec<u8>> {
    let mut file = File::open(folder.join(name)).unwrap();
    let mut bytes = Zeroizing::new(vec![0; usize::try_from(file.metadata().unwrap().len()).unwrap()]);
    file.read_exact(&mut bytes).unwrap();
    bytes
}

fn as_text(bytes: &[u8]) -> &str {
    str::from_utf8(bytes).unwrap()
}

fn key(folder: &Path) -> SharedAccessKey {
    SharedAccessKey::from_bytes(&secret(folder, "key")).unwrap()
}

/// Longer than a block of SHA-256: HMAC hashes it first.
fn long_key(folder: &Path) -> SharedAccessKey {
    SharedAccessKey::from_bytes(&secret(folder, "long-key")).unwrap()
}

fn token(folder: &Path) -> SasToken {
    SasToken::parse(as_text(&secret(folder, "token.txt"))).unwrap()
}

fn connection_string(folder: &Path) -> ConnectionString {
    ConnectionString::parse(as_text(&secret(folder, "connection_string.txt"))).unwrap()
}

fn registration_id() -> RegistrationId {
    "dev-01".parse().unwrap()
}

fn identity() -> Identity {
    Identity::device("contoso.azure-devices.net".parse().unwrap(), "dev-01".parse().unwrap())
}

fn resource() -> Resource {
    Resource::of(&identity())
}

/// Its last bytes, the expiry and the padding do not fit into one block.
fn two_blocks() -> Resource {
    Resource::from_plain("contoso.azure-devices.net/devices/device-0001").unwrap()
}

/// Longer than a block: a signer has hashed its beginning.
fn long_resource() -> Resource {
    Resource::from_plain("contoso.azure-devices.net/devices/dev-01/modules/azureiotsecurity").unwrap()
}

fn sign(key: &SharedAccessKey) {
    black_box(key.sign(b"a message"));
}

fn token_into(key: &SharedAccessKey, resource: &Resource, expiry: UnixTime, room: usize) {
    let signer = Signer::new(key, resource);
    let mut buffer = Zeroizing::new(vec![0; room]);
    black_box(signer.token_into(expiry, &mut buffer).unwrap());
}

fn begin(plan: &Plan) {
    let limit = TimeLimit::from(Duration::from_secs(60)).with_token_lifetime(EXPIRY.since(BEFORE));
    drop(Authenticator::new(plan, Now { wall: BEFORE, monotonic: Duration::ZERO }, limit));
}
