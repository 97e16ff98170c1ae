//! The emulator as a program.

mod arguments;
mod hints;
mod limits;
mod page;
mod ready;
mod root;
mod run;
mod sample;
mod signals;

pub(crate) use arguments::Arguments;
pub(crate) use run::run;
