//! What the command reads: agents' folders, files and standard input, and the values of its arguments.

pub(crate) mod agent;
pub(crate) mod finding;
pub(crate) mod lines;
pub(crate) mod passphrase;
pub(crate) mod secret_text;
pub(crate) mod seen;
pub(crate) mod shard;
pub(crate) mod source;
pub(crate) mod stdin;
pub(crate) mod text_file;
pub(crate) mod time;
