//! The board under each program: its start, its report, its end.

#![no_std]

use cortex_m as _; // its critical section
use semihosting::{println, process};

/// Reports how much stack was used since the start, in bytes, and ends QEMU with success. A panic ends it with failure.
pub fn finish() -> ! {
    println!("stack {}", cortex_m_stack::stack_size() - cortex_m_stack::stack_painted());
    process::exit(0)
}
