//! The words for a TPM that differ between systems, so that no cure names what the system does not have.

use crate::error::by_system::BySystem;

/// The transports of this system.
pub(super) const TRANSPORTS: BySystem = BySystem::new(
    "device:/dev/tpmrm0, swtpm:path=PATH or swtpm:host=HOST,port=PORT",
    "tbs: or swtpm:host=HOST,port=PORT",
);

/// The TPM that programs share.
pub(super) const SHARED: BySystem = BySystem::new("/dev/tpmrm0", "tbs:");

/// Who may use a TPM.
pub(super) const ACCESS: BySystem =
    BySystem::new("add the user to the group tss, or run as a user with access", "run as administrator");

/// What is written in place of a path alone.
pub(super) const PATHS: BySystem = BySystem::new("device:PATH or swtpm:path=PATH", "tbs: for the TPM of this machine");

/// The settings of swtpm.
pub(super) const SWTPM: BySystem = BySystem::new("path=PATH, or host=HOST,port=PORT", "host=HOST,port=PORT");

/// The devices, where another file was named.
pub(super) const DEVICES: BySystem =
    BySystem::new("device:/dev/tpmrm0 or device:/dev/tpm0", "tbs: for the TPM of this machine");

/// How a lockout is ended before its time.
pub(super) const END_LOCKOUT: BySystem =
    BySystem::new("reset it with `tpm2_dictionarylockout --clear-lockout`", "see its state with `Get-Tpm`");

/// How objects of other programs are removed from the TPM's memory.
pub(super) const FLUSH_OBJECTS: BySystem = BySystem::new(
    "flush them with `tpm2_flushcontext -t`, or use /dev/tpmrm0",
    "end those programs or restart the machine, and use tbs:",
);

/// How sessions are removed from it.
pub(super) const FLUSH_SESSIONS: BySystem = BySystem::new(
    "flush them with `tpm2_flushcontext -l`, or use /dev/tpmrm0",
    "end the programs that use the TPM or restart the machine, and use tbs:",
);

/// How an object is removed from a handle.
pub(super) const EVICT: BySystem =
    BySystem::new("with `tpm2_evictcontrol`", "with the program that has made it persistent");

/// What explains a response code.
pub(super) const LOOK_UP: BySystem = BySystem::new(
    "look it up with `tpm2_rc_decode`",
    "look it up in part 2 of the TPM 2.0 library specification (TPM_RC)",
);

/// How an importable key becomes one that the TPM loads.
pub(super) const IMPORT: BySystem =
    BySystem::new("import it with `tpm2_import` first", "create a key in this TPM, or import it on another system");
