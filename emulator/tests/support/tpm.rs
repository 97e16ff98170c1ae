//! The two private keys of a TPM, and what a TPM does with them to unwrap a key.

use aes::Aes128;
use cfb_mode::{Decryptor, cipher::KeyIvInit as _};
use ring::{digest, hmac};
use rsa::{BoxedUint, Oaep, RsaPrivateKey, sha2::Sha256, traits::PublicKeyParts as _};

/// A pair of keys, for tests only: they are public.
pub(crate) struct Tpm {
    endorsement: RsaPrivateKey,
    storage: RsaPrivateKey,
}

/// The primes of one key.
const ENDORSEMENT: [&str; 2] = [
    "e7ba9dec3ae969022d33865074aeea1fade03c615c960bbdbb71535b337bde24\
     21064e92542c23aeeb323ef367338662ac42ffe7c9df990d547f8edfa3a25897\
     4f42942a75044de5d920ec8b90cfbb0f87260984fdd3f6093e69d1ee0e73186b\
     505300de91ee44c2a9e9610a9904c0c92c0a2879652a6781858fa7847b4e6787",
    "b9555438d367080694200350f70f55dd88ef54846e4e2dae4d8611d4d93f16d3\
     7d47374df31837576f102404c5460b544cbe380287ee6d378bec72feef96668f\
     0ba2c6c4c577adf260d07f511112786e7450d2d451650b2be43bef505c6ea997\
     a8d64734d7772ead75c1d373517b5a8b5838d6e13c97c8269024b5a4cbb75805",
];

/// The primes of the other key.
const STORAGE: [&str; 2] = [
    "e794f693361fd118c6caca4229689a41258ffef7abd931b6c7ab5547a1e44a45\
     e5d06e3e513181ca27843d7785d94b4255a0686c6d72c6484e132c22af7c521b\
     838042fb1fbdd9df9107dce44c9a53b7f0ee4d18ba9361948008ffbfc0404a25\
     c529c08d5b1a30f6fb5027493221e152c34378d94d9f2715ee8299e3437c74b5",
    "d31d66c686965d95ed0a26abcb28f02fc80cbbd6e8e5b43b750b75c3b14280dc\
     221aaae3620b2d115c7fa6a2164b166ecb33d6fa5ef013d9a0507ee95239551f\
     fc50221b4194adb640f9bca6ee3be47270cab767907fcfdf74d39a104a9c4567\
     8de0f237c5cebbf7401f5aa26d433c743d42352d38660cf462c833ddcd3c4675",
];

fn private(primes: [&str; 2]) -> RsaPrivateKey {
    let [p, q] = primes.map(|hex| {
        let bytes = data_encoding::HEXLOWER.decode(hex.as_bytes()).unwrap();
        BoxedUint::from_be_slice(&bytes, 1024).unwrap()
    });
    RsaPrivateKey::from_p_q(p, q, 65537u32.into()).unwrap()
}

fn sized(bytes: &[u8]) -> Vec<u8> {
    [&u16::try_from(bytes.len()).unwrap().to_be_bytes(), bytes].concat()
}

/// A `TPM2B_PUBLIC` of RSA-2048 that wraps others with AES-128-CFB.
fn public(key: &RsaPrivateKey, attributes: [u8; 4], policy: &[u8]) -> Vec<u8> {
    let rest = [0, 6, 0, 128, 0, 0x43, 0, 0x10, 8, 0, 0, 0, 0, 0];
    let modulus = key.n().to_be_bytes();
    sized(&[&[0, 1, 0, 0x0b][..], &attributes, &sized(policy), &rest, &sized(&modulus)].concat())
}

impl Tpm {
    pub(crate) fn new() -> Self {
        Self { endorsement: private(ENDORSEMENT), storage: private(STORAGE) }
    }

    /// Another one.
    pub(crate) fn other() -> Self {
        Self { endorsement: private(STORAGE), storage: private(ENDORSEMENT) }
    }

    /// As base64.
    pub(crate) fn endorsement_key(&self) -> String {
        let policy = "837197674484b3f81a90cc8d46a5d724fd52d76e06520b64f2a1da1b331469aa";
        let policy = data_encoding::HEXLOWER.decode(policy.as_bytes()).unwrap();
        data_encoding::BASE64.encode(&public(&self.endorsement, [0, 3, 0, 0xb2], &policy))
    }

    /// As base64.
    pub(crate) fn storage_root_key(&self) -> String {
        data_encoding::BASE64.encode(&self.storage_area())
    }

    fn storage_area(&self) -> Vec<u8> {
        public(&self.storage, [0, 3, 4, 0x72], &[])
    }

    /// Unwraps the HMAC key of a blob. An error is the reason why a TPM would not.
    pub(crate) fn activate(&self, blob: &str) -> Result<Vec<u8>, &'static str> {
        let blob = data_encoding::BASE64.decode(blob.as_bytes()).unwrap();
        let (credential, rest) = split(&blob);
        let (activation, rest) = split(rest);
        let (duplicate, rest) = split(rest);
        let (duplication, rest) = split(rest);
        let (public, rest) = split(rest);
        assert!(split(rest).1.is_empty(), "six fields");

        let seed = decrypt(&self.endorsement, b"IDENTITY\0", activation).ok_or("the seed of the credential")?;
        let parent = name(&self.storage_area()[2..]);
        let secret = open(&seed, &parent, credential).ok_or("the integrity of the credential")?;
        let (inner_key, rest) = split(&secret);
        assert!(inner_key.len() == 16 && rest.is_empty());

        let object = name(public);
        let seed = decrypt(&self.storage, b"DUPLICATE\0", duplication).ok_or("the seed of the duplicate")?;
        let inner = open(&seed, &object, duplicate).ok_or("the outer integrity of the duplicate")?;
        let inner = uncipher(inner_key, &inner);
        let (integrity, sensitive) = split(&inner);
        if sha256(&[sensitive, &object].concat()) != integrity {
            return Err("the inner integrity of the duplicate");
        }
        let (sensitive, rest) = split(sensitive);
        assert!(rest.is_empty());
        assert_eq!(sensitive[..4], [0, 8, 0, 0], "a keyed hash without a password");
        let (seed, rest) = split(&sensitive[4..]);
        let (key, rest) = split(rest);
        assert!(rest.is_empty());
        assert_eq!(
            public[..14],
            [0, 8, 0, 0x0b, 0, 4, 4, 0x40, 0, 0, 0, 5, 0, 0x0b],
            "an HMAC key that may be imported"
        );
        assert_eq!(split(&public[14..]), (sha256(&[seed, key].concat()).as_slice(), &[][..]), "key and seed fit");
        Ok(key.to_vec())
    }
}

/// A field with its size, and the bytes after it.
fn split(bytes: &[u8]) -> (&[u8], &[u8]) {
    let (size, rest) = bytes.split_at(2);
    rest.split_at(u16::from_be_bytes([size[0], size[1]]).into())
}

fn decrypt(key: &RsaPrivateKey, label: &[u8], bytes: &[u8]) -> Option<Vec<u8>> {
    key.decrypt(Oaep::<Sha256>::new_with_label(label), bytes).ok()
}

/// Checks an HMAC and decrypts the bytes after it, with the keys of a seed.
fn open(seed: &[u8], name: &[u8], bytes: &[u8]) -> Option<Vec<u8>> {
    let (integrity, ciphered) = split(bytes);
    let key = hmac::Key::new(hmac::HMAC_SHA256, &derive(seed, b"INTEGRITY\0", &[], 256));
    hmac::verify(&key, &[ciphered, name].concat(), integrity).ok()?;
    Some(uncipher(&derive(seed, b"STORAGE\0", name, 128), ciphered))
}

fn derive(seed: &[u8], label: &[u8], context: &[u8], bits: u32) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, seed);
    let text = [&[0, 0, 0, 1], label, context, &bits.to_be_bytes()].concat();
    hmac::sign(&key, &text).as_ref()[..bits as usize / 8].to_vec()
}

fn uncipher(key: &[u8], bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    Decryptor::<Aes128>::new_from_slices(key, &[0; 16]).unwrap().decrypt(&mut bytes);
    bytes
}

fn name(area: &[u8]) -> Vec<u8> {
    [&[0, 0x0b], sha256(area).as_slice()].concat()
}

fn sha256(bytes: &[u8]) -> Vec<u8> {
    digest::digest(&digest::SHA256, bytes).as_ref().to_vec()
}
