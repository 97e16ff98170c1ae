//! The results of the library, the same in C and Rust. The meanings are those of `include/defenderauth.h`.

mod input;
mod outside;

use super::cause::Cause;

/// A result: its number, its name in C without `DEFENDERAUTH_`, its meaning, and its causes.
pub(crate) struct Row {
    pub(crate) number: u32,
    pub(crate) name: &'static str,
    pub(crate) meaning: &'static str,
    pub(crate) causes: &'static [Cause],
}

const fn result(number: u32, name: &'static str, meaning: &'static str, causes: &'static [Cause]) -> Row {
    Row { number, name, meaning, causes }
}

/// The results, in the order of their numbers.
pub(crate) fn all() -> impl Iterator<Item = &'static Row> {
    input::ROWS.iter().chain(&outside::ROWS)
}
