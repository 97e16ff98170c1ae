//! Files that the command writes: whole or not at all, and those with secrets for their owner alone.

pub(crate) mod certificate_pair;
pub(crate) mod new_folder;
pub(crate) mod private_file;
pub(crate) mod write_error;
