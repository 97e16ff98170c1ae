//! A folder for what an agent keeps from start to start: the snapshot of its [session](crate::session), and more of its kind.
//!
//! ```
//! use defender_auth::{session::Snapshot, store::Store};
//!
//! # let folder = std::env::temp_dir().join(format!("store-{}", std::process::id()));
//! let store = Store::open(&folder)?; // such as /var/lib/AGENT
//! let lock = store.lock_session()?; // a second process fails here; keep it while the session runs
//! let loaded = store.load();
//! if let Some(problem) = &loaded.problem {
//!     eprintln!("{problem}"); // the session begins without what cannot be read
//! }
//! let snapshot = loaded.snapshot.unwrap_or_default();
//! store.save(&snapshot)?; // whenever the session says `Action::Save`
//! # std::fs::remove_dir_all(folder)?;
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```
//!
//! A file is complete or does not exist, whenever the process or the device stops: a new one is written beside the old one,
//! synchronized, and renamed; then the folder is synchronized. Every file is for its owner alone, no link is followed, and
//! reading has a limit.
//!
//! # Two files, one state
//!
//! A snapshot is two files: `session.json` has no secret and may be shown; `session-keys.json` has the keys of a module.
//! The text is written first. A process that ends between the two leaves the new text with the old keys, or with none:
//!
//! - Keys of another assignment are recognized, because they name theirs, and are not used. That costs a module lookup.
//! - Former keys of the same assignment are rejected by the hub. That costs the same.
//!
//! In the other order the new assignment would be lost, which costs a registration, and a rate's debt with it.
//!
//! What a device keeps of its certificates ([`Certificates`](crate::renewal::Certificates)) is one file,
//! `certificates.json`: a key is never without its certificate.
//!
//! # One process at a time
//!
//! A session runs in one process at a time, which holds [`lock_session`](Store::lock_session), and certificates are requested by
//! one, which holds [`lock_certificates`](Store::lock_certificates). Without a lock, each file is that of the last process that
//! wrote it. [`Draft`](draft::Draft) is the way to
//! write other files with the same care.

mod certificates;
mod creation;
pub mod draft;
mod early;
mod entry;
mod error;
mod file_name;
mod folder;
mod leftover;
mod lock;
mod owner;
mod reading;
mod replacement;
mod session;
mod session_lock;
mod warning;
mod write_error;

pub use certificates::CertificatesLock;
pub use error::StoreError;
pub use folder::{FILE_LIMIT, Store};
pub use session::Loaded;
pub use session_lock::SessionLock;
pub use warning::{Exposure, Warning};
pub use write_error::{WriteError, write_cure};
