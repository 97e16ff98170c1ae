//! The one process that uses modules.

use crate::error::Error;
use std::{process, sync::OnceLock};

/// The process that used a module first.
static OWNER: OnceLock<u32> = OnceLock::new();

/// Makes sure that this process is not a copy of the one that used a module first: a module's state is shared with the
/// token or TPM behind it, and in a copy its use destroys that of the original. To be called before any lock is taken,
/// because another thread may have held it when the process was copied.
pub(crate) fn is_the_owner() -> Result<(), Error> {
    let this = process::id();
    if *OWNER.get_or_init(|| this) == this { Ok(()) } else { Err(Error::Forked) }
}
