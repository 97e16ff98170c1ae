//! Whether the time of a comparison tells where two secrets differ: `cargo bench --bench constant_time`.
//!
//! Two classes of input are measured in turn, at random, and Welch's t says how sure it is that their times differ.
//! Slow samples are what the machine did besides; the t that counts is the largest of several croppings. Below 4.5
//! nothing was seen. Above 10 it is no chance, and the exit code is 1: also when one of the controls is not seen for what
//! it is, two classes that are the same and a comparison that leaks.
//!
//! Source: Reparaz, Balasch, Verbauwhede, "Dude, is my code constant time?".

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a bench that cannot go on has failed")]

use defender_auth::{
    SharedAccessKey, UnixTime,
    key::Signature,
    sas::{Resource, SasToken, StringToSign},
};
use std::{
    array,
    hint::black_box,
    process::ExitCode,
    str,
    time::{Duration, Instant},
};

/// Of both classes together.
const SAMPLES: usize = 400_000;
/// Calls a sample, for a clock that does not see a single one.
const CALLS: usize = 4;
/// Inputs of each class.
const INPUTS: usize = 32;
/// How much of the samples is kept, the fastest first.
const CROPS: [f64; 6] = [0.5, 0.75, 0.9, 0.95, 0.99, 1.0];
/// Below it nothing was seen.
const SEEN: f64 = 4.5;
/// Above it it is no chance.
const CERTAIN: f64 = 10.0;

fn main() -> ExitCode {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let key = SharedAccessKey::from_bytes(&[7; 32]).unwrap();
    let (string, right) = plain(&key);
    let text = |signature| token(&string, signature).expose().as_bytes().to_vec();
    let wrong_at = |at: usize| vec![text(wrong(right, at)); INPUTS];
    let many = (0..INPUTS).map(|_| text(random.plain_signature())).collect();
    let parse = |text: &[u8]| SasToken::parse(str::from_utf8(text).unwrap()).unwrap();
    let verify = |token: &SasToken| {
        assert!(black_box(token).verify(&key, string.expires_at(), Duration::ZERO).is_err());
    };
    let place = largest_t(&mut random, &[wrong_at(0), wrong_at(31)], parse, verify);
    let value = largest_t(&mut random, &[wrong_at(9), many], parse, verify);

    let own = SharedAccessKey::from_bytes(&[0; 64]).unwrap();
    let same = |other: &SharedAccessKey| assert!(black_box(other) != black_box(&own));
    let read = |bytes: &[u8]| SharedAccessKey::from_bytes(bytes).unwrap();
    let keys = largest_t(&mut random, &[one_at(0, 64), one_at(63, 64)], read, same);

    let none = largest_t(&mut random, &[one_at(9, 64), one_at(9, 64)], read, same);

    let zeros = vec![0; 4096];
    let same = |other: &Vec<u8>| assert!(black_box(other) != black_box(&zeros));
    let control = largest_t(&mut random, &[one_at(0, 4096), one_at(4095, 4096)], <[u8]>::to_vec, same);

    let mut differ = vec![
        says("SasToken::verify, wrong in its first byte or its last", place),
        says("SasToken::verify, one wrong signature or many", value),
        says("SharedAccessKey ==, other in its first byte or its last", keys),
    ];
    differ.push(says("control: SharedAccessKey ==, the same in both classes", none));
    let is_seen = says("control: slices ==, other in their first byte or their last", control);
    if differ.contains(&true) || !is_seen { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Prints what a t means. Whether it is sure that there is a difference.
fn says(name: &str, t: f64) -> bool {
    let meaning = match t {
        t if t < SEEN => "no difference seen",
        t if t < CERTAIN => "perhaps a difference: run it again",
        _ => "a difference",
    };
    println!("{name:<62}|t| {t:>8.2}  {meaning}");
    t >= CERTAIN
}

/// A string to sign and its right signature, whose text needs no escapes.
fn plain(key: &SharedAccessKey) -> (StringToSign, [u8; 32]) {
    let resource = Resource::from_plain("contoso.azure-devices.net/devices/dev-01").unwrap();
    let candidates = (1_700_000_000..).map(|end| StringToSign::new(resource.clone(), UnixTime::from_secs(end)));
    let mut signed = candidates.map(|string| {
        let signature = *key.sign(string.as_bytes()).as_bytes();
        (string, signature)
    });
    signed.find(|(_, signature)| is_plain(*signature)).unwrap()
}

fn token(string: &StringToSign, signature: [u8; 32]) -> SasToken {
    string.token(&Signature::from_bytes(signature))
}

/// Whether a signature is written without escapes but for its padding: all such texts have the same length.
fn is_plain(signature: [u8; 32]) -> bool {
    let string = StringToSign::new(Resource::from_plain("h").unwrap(), UnixTime::from_secs(1));
    token(&string, signature).expose().matches('%').count() == 1
}

/// A signature that is wrong in one byte, and written without escapes like the right one.
fn wrong(right: [u8; 32], at: usize) -> [u8; 32] {
    let changed = (1..=255u8).map(|change| {
        let mut bytes = right;
        bytes[at] ^= change;
        bytes
    });
    changed.into_iter().find(|bytes| is_plain(*bytes)).unwrap()
}

/// Zeros but for one byte.
fn one_at(at: usize, length: usize) -> Vec<Vec<u8>> {
    vec![(0..length).map(|i| u8::from(i == at)).collect(); INPUTS]
}

/// Measures a call on both classes of input, and says how sure it is that it takes longer on one of them.
///
/// Inputs of both classes have the same length. Each is made anew, in the memory that the one before it was in, of bytes
/// that were read in both: but for those bytes nothing depends on its class.
fn largest_t<T>(random: &mut Random, classes: &[Vec<Vec<u8>>; 2], make: impl Fn(&[u8]) -> T, call: impl Fn(&T)) -> f64 {
    let mut samples: Vec<(Duration, usize)> = Vec::with_capacity(SAMPLES);
    let mut bytes = Vec::new();
    for number in 0..SAMPLES + SAMPLES / 10 {
        let choice = random.next();
        let class = usize::from(choice & 1 == 1);
        let at = (choice >> 8) as usize % INPUTS;
        let mask = (choice & 1).wrapping_neg().to_le_bytes()[0];
        bytes.clear();
        bytes.extend(classes[0][at].iter().zip(&classes[1][at]).map(|(a, b)| a ^ (a ^ b) & mask));
        let input = make(black_box(&bytes));
        let begin = Instant::now();
        (0..CALLS).for_each(|_| call(&input));
        let took = begin.elapsed();
        // The first tenth warms up.
        if number >= SAMPLES / 10 {
            samples.push((took, class));
        }
    }
    samples.sort_unstable();
    CROPS.iter().map(|part| welch(cropped(&samples, *part))).fold(0.0, f64::max)
}

/// The fastest part of sorted samples, with all that are as fast as the last of it: these are of both classes.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "a part of some hundred thousand"
)]
fn cropped(samples: &[(Duration, usize)], part: f64) -> &[(Duration, usize)] {
    let last = samples[(samples.len() as f64 * part) as usize - 1].0;
    &samples[..samples.partition_point(|(took, _)| *took <= last)]
}

/// Welch's t of the two classes, without its sign.
fn welch(samples: &[(Duration, usize)]) -> f64 {
    let [(a, a_error), (b, b_error)] = [0, 1].map(|class| {
        let times = samples.iter().filter(|(_, of)| *of == class).map(|(took, _)| took.as_secs_f64() * 1e9);
        let count: f64 = times.clone().map(|_| 1.0).sum();
        let mean = times.clone().sum::<f64>() / count;
        let variance = times.map(|time| (time - mean).powi(2)).sum::<f64>() / (count - 1.0);
        (mean, variance / count)
    });
    (a - b).abs() / (a_error + b_error).sqrt()
}

/// xorshift64
struct Random(u64);

impl Random {
    const fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn plain_signature(&mut self) -> [u8; 32] {
        loop {
            let bytes = array::from_fn(|_| self.next().to_le_bytes()[0]);
            if is_plain(bytes) {
                return bytes;
            }
        }
    }
}
