//! A TPM 2.0: its arguments, and its keys.

pub(crate) mod keys;
pub(crate) mod options;
pub(crate) mod setup;

use crate::system::platform::Platform;

/// The transports of this system, as `--tpm` takes them.
pub(crate) const TRANSPORTS: &str = Platform::THIS
    .choose("device:/dev/tpmrm0, swtpm:path=PATH or swtpm:host=HOST,port=PORT", "tbs: or swtpm:host=HOST,port=PORT");
