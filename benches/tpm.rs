//! The time that this library takes to sign one token with a TPM: `cargo bench --bench tpm --features tpm`.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a bench that cannot go on has failed")]

mod measure;

use defender_auth::{
    UnixTime,
    error::AccessError,
    identity::Identity,
    key::KeyUse,
    sas::{Resource, StringToSign},
    tpm::{Tpm, TpmClient, Transport},
};
use std::hint::black_box;

/// Responds to every command with the same signature, and counts the commands.
struct Memory {
    answer: [u8; 53],
    commands: u32,
}

impl Transport for Memory {
    fn exchange(&mut self, command: &[u8], response: &mut [u8]) -> Result<usize, AccessError> {
        assert_eq!(black_box(command)[6..10], [0, 0, 1, 0x55], "HMAC");
        self.commands += 1;
        response[..self.answer.len()].copy_from_slice(&self.answer);
        Ok(self.answer.len())
    }
}

fn main() {
    let mut answer = [0x5a; 53];
    answer[..16].copy_from_slice(&[0x80, 2, 0, 0, 0, 53, 0, 0, 0, 0, 0, 0, 0, 34, 0, 32]);
    answer[48..].copy_from_slice(&[0, 0, 1, 0, 0]);
    let mut memory = Memory { answer, commands: 0 };
    let identity = Identity::module("h.azure-devices.net".parse().unwrap(), "d".parse().unwrap(), "m".parse().unwrap());
    let string = StringToSign::new(Resource::of(&identity), UnixTime::from_secs(1_700_000_000));
    let mut tpm = TpmClient::new(&mut memory);
    let mut tokens = 0;
    let took = measure::seconds(2000, || {
        let signature = tpm.sign(KeyUse::Hub, black_box(&string).as_bytes()).unwrap();
        black_box(string.token(&signature));
        tokens += 1;
    }) * 1e6;
    drop(tpm);
    assert_eq!(memory.commands, tokens, "one command each");
    println!("{:<58}{took:>8.2} µs", "a token signed by a TPM, without the TPM's own time");
    println!("{:>58}{:>8.1} % of its target of 20 µs", "", took * 5.0);
}
