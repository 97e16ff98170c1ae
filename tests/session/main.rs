//! Sessions in virtual time: months of every failure, in seconds.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test that cannot go on has failed")]

mod agents;
mod bounds;
mod certificates;
mod clocks;
mod daemons_in_trouble;
mod due;
mod failures;
mod held;
mod hosts;
mod identities;
mod issuing;
mod moments;
mod months;
mod on_the_device;
mod ownership;
mod provisioning;
mod recovery;
mod restart;
mod rotation;
mod rounds;
mod shown;
mod transitions;
mod validity;
mod world;
