//! What the command prints: results on standard output, everything else on standard error.

pub(crate) mod bar;
pub(crate) mod clock;
pub(crate) mod colour;
pub(crate) mod document;
pub(crate) mod failure;
pub(crate) mod one_line;
pub(crate) mod output;
pub(crate) mod problem;
pub(crate) mod progress;
pub(crate) mod report;
pub(crate) mod said;
pub(crate) mod shell;
pub(crate) mod stderr;
