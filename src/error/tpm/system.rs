//! The words for a TPM that differ between systems, so that no cure names what the system does not have.

/// The transports of this system.
pub(super) const TRANSPORTS: &str = if cfg!(windows) {
    "tbs: or swtpm:host=HOST,port=PORT"
} else {
    "device:/dev/tpmrm0, swtpm:path=PATH or swtpm:host=HOST,port=PORT"
};

/// The TPM that programs share.
pub(super) const SHARED: &str = if cfg!(windows) { "tbs:" } else { "/dev/tpmrm0" };

/// Who may use a TPM.
pub(super) const ACCESS: &str =
    if cfg!(windows) { "run as administrator" } else { "add the user to the group tss, or run as a user with access" };

/// What is written in place of a path alone.
pub(super) const PATHS: &str =
    if cfg!(windows) { "tbs: for the TPM of this machine" } else { "device:PATH or swtpm:path=PATH" };

/// The settings of swtpm.
pub(super) const SWTPM: &str = if cfg!(windows) { "host=HOST,port=PORT" } else { "path=PATH, or host=HOST,port=PORT" };

/// How the limit of open files is raised.
pub(super) const MORE_FILES: &str =
    if cfg!(windows) { "close some" } else { "close some, or raise the limit (ulimit -n)" };
