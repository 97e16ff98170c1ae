//! The admin API: what is emulated, read and changed over HTTP with JSON, and a page that shows the journal.

mod bodies;
mod desk;
mod devices;
mod enrollments;
mod journal;
mod listener;
mod reply;
mod serve;
mod state;

pub use listener::Admin;
