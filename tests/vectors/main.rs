//! What the SDKs of our peers were seen to do, record by record, and what we do.
//!
//! Where they agree with us, the record shows it. Where we differ on purpose, the test names the rule that decides:
//! `G.n` is rule n of the profile in `connection-strings-sas-x509.md`, section G; `A.n` and `B.n` are other sections.
//! Each test ends with a table of how many records fell where, so that a change of behaviour shows.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod connection_string;
mod connection_string_rules;
mod key;
mod percent_encoding;
mod records;
mod sas_asked;
mod sas_make;
mod sas_parts;
mod sas_read;
#[cfg(feature = "x509")]
mod x509;
