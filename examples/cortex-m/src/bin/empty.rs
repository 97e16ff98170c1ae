//! What every program has, and nothing else: the others are measured against it.

#![no_std]
#![no_main]

use defender_auth_cortex_m::finish;

#[cortex_m_rt::entry]
fn main() -> ! {
    finish()
}
