//! Key blobs as the provisioning service makes them, by code that is independent of the library.

use aes::{
    Aes128,
    cipher::{BlockCipherEncrypt as _, KeyInit as _},
};
use defender_auth::key::{ActivationBlob, KeyUse};
use hmac::{Hmac, Mac as _};
use num_bigint::BigUint;
use sha2::{Digest as _, Sha256};

/// The random values of a blob, and the key.
#[derive(Clone)]
pub(crate) struct Recipe {
    pub(crate) key: [u8; 32],
    seed: [u8; 32],
    inner_key: [u8; 16],
    key_seed: [u8; 32],
    outer_seed: [u8; 32],
}

/// Bytes that count up from here.
fn counting<const N: usize>(from: u8) -> [u8; N] {
    core::array::from_fn(|i| from + u8::try_from(i).unwrap())
}

/// The fixed inputs of the project's own vector.
pub(crate) fn recipe() -> Recipe {
    Recipe {
        key: counting(0x40),
        seed: counting(0),
        inner_key: counting(0x10),
        key_seed: counting(0x60),
        outer_seed: counting(0x80),
    }
}

/// The same with another key.
pub(crate) fn recipe_for(key: [u8; 32]) -> Recipe {
    Recipe { key, ..recipe() }
}

pub(crate) fn sized(bytes: &[u8]) -> Vec<u8> {
    [&u16::try_from(bytes.len()).unwrap().to_be_bytes(), bytes].concat()
}

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

pub(crate) fn hmac(key: &[u8], data: &[u8]) -> [u8; 32] {
    Hmac::<Sha256>::new_from_slice(key).unwrap().chain_update(data).finalize().into_bytes().into()
}

/// Of a public area without its length.
fn name(public: &[u8]) -> Vec<u8> {
    [&[0, 0x0b], sha256(public).as_slice()].concat()
}

/// Up to 256 bits, which is one block of it.
fn kdf(key: &[u8], label: &str, context: &[u8], bits: u32) -> Vec<u8> {
    let block = [&[0, 0, 0, 1], label.as_bytes(), &[0], context, &bits.to_be_bytes()].concat();
    hmac(key, &block)[..bits as usize / 8].to_vec()
}

fn cfb(key: &[u8], plain: &[u8]) -> Vec<u8> {
    let cipher = Aes128::new_from_slice(key).unwrap();
    let mut previous = [0; 16];
    let mut out = Vec::new();
    for chunk in plain.chunks(16) {
        let mut block = previous.into();
        cipher.encrypt_block(&mut block);
        let start = out.len();
        out.extend(chunk.iter().zip(block).map(|(a, b)| a ^ b));
        if let Ok(whole) = out[start..].try_into() {
            previous = whole;
        }
    }
    out
}

/// RSA-OAEP with SHA-256, its mask all from a seed that is not random: this is a test.
fn oaep(public: &[u8], label: &str, secret: &[u8]) -> Vec<u8> {
    let modulus = &public[public.len() - 256..];
    let mask = |seed: &[u8], length: usize| {
        let blocks = (0..8u32).flat_map(|i| sha256(&[seed, &i.to_be_bytes()].concat()));
        blocks.take(length).collect::<Vec<_>>()
    };
    let xor = |a: &[u8], b: &[u8]| a.iter().zip(b).map(|(a, b)| a ^ b).collect::<Vec<_>>();
    let mut data = sha256(format!("{label}\0").as_bytes()).to_vec();
    data.resize(256 - 32 - 1 - 1 - secret.len(), 0);
    data.push(1);
    data.extend(secret);
    let seed = [0x77; 32];
    let masked = xor(&data, &mask(&seed, data.len()));
    let seed = xor(&seed, &mask(&masked, 32));
    let message = BigUint::from_bytes_be(&[&[0], seed.as_slice(), &masked].concat());
    let sealed = message.modpow(&BigUint::from(65_537u32), &BigUint::from_bytes_be(modulus)).to_bytes_be();
    [vec![0; 256 - sealed.len()], sealed].concat()
}

impl Recipe {
    fn public(&self) -> Vec<u8> {
        let unique = sha256(&[self.key_seed, self.key].concat());
        [&[0, 8, 0, 0xb, 0, 4, 4, 0x40, 0, 0, 0, 5, 0, 0xb, 0, 0x20], unique.as_slice()].concat()
    }

    /// The six fields, each with its length before it, for two complete public keys.
    pub(crate) fn fields(&self, endorsement_key: &[u8], storage_root_key: &[u8]) -> [Vec<u8>; 6] {
        let storage = name(&storage_root_key[2..]);
        let identity = cfb(&kdf(&self.seed, "STORAGE", &storage, 128), &sized(&self.inner_key));
        let integrity = hmac(&kdf(&self.seed, "INTEGRITY", &[], 256), &[identity.as_slice(), &storage].concat());
        let credential = [sized(&integrity), identity].concat();

        let object = name(&self.public());
        let sensitive = [&[0, 8, 0, 0], sized(&self.key_seed).as_slice(), &sized(&self.key)].concat();
        let sensitive = sized(&sensitive);
        let digest = sha256(&[sensitive.as_slice(), &object].concat());
        let inner = cfb(&self.inner_key, &[sized(&digest), sensitive].concat());
        let outer = cfb(&kdf(&self.outer_seed, "STORAGE", &object, 128), &inner);
        let integrity = hmac(&kdf(&self.outer_seed, "INTEGRITY", &[], 256), &[outer.as_slice(), &object].concat());
        let duplicate = [sized(&integrity), outer].concat();

        [
            sized(&credential),
            sized(&oaep(endorsement_key, "IDENTITY", &self.seed)),
            sized(&duplicate),
            sized(&oaep(storage_root_key, "DUPLICATE", &self.outer_seed)),
            sized(&self.public()),
            sized(&cfb(&self.inner_key, &[0x2f; 154])),
        ]
    }

    pub(crate) fn blob(&self, keys: &[Vec<u8>; 2], key_use: KeyUse) -> ActivationBlob {
        ActivationBlob::parse(&self.fields(&keys[0], &keys[1]).concat(), key_use).unwrap()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

#[test]
fn the_blobs_of_these_tests_are_those_of_the_vector() {
    let unique = |first: u8, factor: u32, plus: u32, last: u8| {
        let middle = (1..=254).map(|i| u8::try_from((i * factor + plus) % 256).unwrap());
        [first].into_iter().chain(middle).chain([last]).collect::<Vec<u8>>()
    };
    let head = |attributes: [u8; 4], policy: &[u8]| {
        let kind = [&[0, 1, 0, 0xb], attributes.as_slice()].concat();
        [kind.as_slice(), &sized(policy), &[0, 6, 0, 0x80, 0, 0x43, 0, 0x10, 8, 0, 0, 0, 0, 0]].concat()
    };
    let end = sha256(&[sha256(&[[0; 32].as_slice(), &[0, 0, 1, 0x51], &[0x40, 0, 0, 0xb]].concat())].concat());
    let endorsement = sized(&[head([0, 3, 0, 0xb2], &end), sized(&unique(0xc0, 7, 3, 1))].concat());
    let storage = sized(&[head([0, 3, 4, 0x72], &[]), sized(&unique(0xd0, 11, 5, 3))].concat());
    assert_eq!((endorsement.len(), storage.len()), (316, 284));
    let id = defender_auth::tpm::registration_id(&endorsement);
    assert_eq!(id.as_str(), "skwchxkbtzfwmqnhqd3ltxgnhlvmuqdh3zbkqeaxf22invswq5wa");

    assert_eq!(hex(&name(&storage[2..])), "000bd7f99b875bb865a94f9084ddfc8a85eca873f66892be56d421f8923525a88aa7");
    let recipe = recipe();
    assert_eq!(hex(&kdf(&recipe.seed, "STORAGE", &name(&storage[2..]), 128)), "b16ef7f44dc558d09a7d5ef2d12ee622");
    let [credential, _, duplicate, _, public, _] = recipe.fields(&endorsement, &storage);
    assert_eq!(
        hex(&credential),
        "0034002048ecd056772bb852aa499601e9289bc5c81c440c806db42a32e00176ca69995558d05221c2eb7575565546db27e5eb01b00c"
    );
    assert_eq!(
        hex(&public),
        "00300008000b0004044000000005000b0020e52a0f5a123f3944305585b4c94814d3d51134dec9580573ae118bc89c245ce7"
    );
    assert_eq!(hex(&name(&public[2..])), "000b0cd0d5e29301cfc1cf2ffd967c5ccd2537f7d6bc7ebdf30b7778bf5f56f40bb3");
    assert_eq!(
        hex(&duplicate[..50]),
        "008e00207197f1c2b56cd85ad7ec293ca73bcb3d3277694a71dddd086933b7ba367779241abf75f35038adcc383105cd6290"
    );
    assert_eq!(hex(&sha256(&duplicate)), "df0803597091130380ea5da4709cf11a538f0b91affda77d48dc6d92fb020525");
}
