//! A TPM 2.0: its arguments, and its keys.

pub(crate) mod keys;
pub(crate) mod options;
pub(crate) mod setup;

/// The transports of this system, as `--tpm` takes them.
pub(crate) const TRANSPORTS: &str = if cfg!(windows) {
    "tbs: or swtpm:host=HOST,port=PORT"
} else {
    "device:/dev/tpmrm0, swtpm:path=PATH or swtpm:host=HOST,port=PORT"
};
