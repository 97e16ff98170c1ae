//! Every number of lanes gives what the crates `sha2` and `hmac` give.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

use defender_auth_lanes::{INITIAL, State, compress};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Sha256, block_api::compress256};

/// Reproducible numbers (Marsaglia's xorshift).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn bytes<const LENGTH: usize>(&mut self) -> [u8; LENGTH] {
        std::array::from_fn(|_| self.next().to_le_bytes()[3])
    }

    fn state(&mut self) -> State {
        std::array::from_fn(|_| u32::try_from(self.next() >> 32).unwrap())
    }
}

fn compare<const LANES: usize>(states: [State; LANES], blocks: &[[u8; 64]; LANES]) {
    let mut made = states;
    compress(&mut made, blocks);
    for ((made, mut state), block) in made.into_iter().zip(states).zip(blocks) {
        compress256(&mut state, &[*block]);
        assert_eq!(made, state, "{LANES} lanes");
    }
}

fn compare_random<const LANES: usize>(numbers: &mut Numbers) {
    for _ in 0..2000 {
        let states = std::array::from_fn(|_| numbers.state());
        let blocks = std::array::from_fn(|_| numbers.bytes());
        compare::<LANES>(states, &blocks);
    }
}

#[test]
fn random_states_and_blocks_give_what_one_lane_gives() {
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    compare_random::<0>(&mut numbers);
    compare_random::<1>(&mut numbers);
    compare_random::<2>(&mut numbers);
    compare_random::<3>(&mut numbers);
    compare_random::<4>(&mut numbers);
    compare_random::<7>(&mut numbers);
    compare_random::<8>(&mut numbers);
}

#[test]
fn every_bit_of_a_block_and_of_a_state_counts_in_its_lane_only() {
    for bit in 0..512 {
        for lane in 0..4 {
            let mut blocks = [[0x5a; 64]; 4];
            blocks[lane][bit / 8] ^= 1 << (bit % 8);
            let mut states = [INITIAL; 4];
            states[lane][bit / 64] ^= 1 << (bit % 32);
            compare(states, &blocks);
        }
    }
}

/// A message with its padding, in blocks.
fn padded(message: &[u8]) -> Vec<[u8; 64]> {
    let mut bytes = message.to_vec();
    bytes.push(0x80);
    bytes.resize((bytes.len() + 8).next_multiple_of(64) - 8, 0);
    // A block of the key precedes it.
    bytes.extend(((64 + message.len() as u64) * 8).to_be_bytes());
    bytes.as_chunks().0.to_vec()
}

#[test]
fn messages_of_every_length_give_the_macs_of_the_hmac_crate() {
    let mut numbers = Numbers(0x2545_f491_4f6c_dd1d);
    for length in 0..200 {
        let key: [u8; 64] = numbers.bytes();
        let messages: [Vec<u8>; 4] = std::array::from_fn(|_| numbers.bytes::<200>()[..length].to_vec());
        let blocks = messages.each_ref().map(|message| padded(message));
        let prepared = |pad: u8| {
            let mut state = INITIAL;
            compress256(&mut state, &[key.map(|byte| byte ^ pad)]);
            state
        };
        let mut inner = [prepared(0x36); 4];
        for step in 0..blocks[0].len() {
            compress(&mut inner, &std::array::from_fn(|lane| blocks[lane][step]));
        }
        let hashes = inner.map(|state| padded(state.map(u32::to_be_bytes).as_flattened())[0]);
        let mut outer = [prepared(0x5c); 4];
        compress(&mut outer, &hashes);
        for (state, message) in outer.into_iter().zip(messages) {
            let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
            mac.update(&message);
            let expected: [u8; 32] = mac.finalize().into_bytes().into();
            assert_eq!(state.map(u32::to_be_bytes).as_flattened(), expected, "{length} bytes");
        }
    }
}
