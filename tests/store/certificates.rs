//! What a device keeps of its certificates: one file, complete at every moment.

use crate::{scratch::Scratch, store};
use defender_auth::{
    credential::{CertificateRequest, IssuedChain},
    renewal::{Certificates, RecordedKey, RequestId},
    store::Store,
};
use std::fs;

const FILE: &str = "certificates.json";

fn request() -> CertificateRequest {
    CertificateRequest::from_der(include_bytes!("../flows/data/p384.request.der")).unwrap()
}

fn chain(bytes: &[u8]) -> IssuedChain {
    IssuedChain::from_der(vec![bytes.to_vec()]).unwrap()
}

/// With a certificate in use, and a request for the next.
fn kept() -> Certificates {
    let mut kept = Certificates::default();
    for id in 1..3 {
        let _ = kept.accept();
        kept.begin(RecordedKey::pkcs8(&[id; 100]), request(), RequestId::from_entropy([id; 16]));
        assert!(id != 1 || kept.issued(chain(&[0x30, id])));
    }
    kept
}

#[test]
fn what_is_saved_is_loaded_and_nothing_is_there_before() {
    let scratch = Scratch::new();
    let store = store(&scratch);
    assert_eq!(store.load_certificates(), Ok(None));
    store.save_certificates(&kept()).unwrap();
    let (loaded, warning) = store.load_certificates().unwrap().unwrap();
    assert_eq!((loaded, warning), (kept(), None));
    assert_eq!(fs::read_dir(store.folder()).unwrap().count(), 1, "one file");
}

#[test]
fn a_restart_after_any_save_has_a_pair_that_belongs_together() {
    let scratch = Scratch::new();
    let store = store(&scratch);
    let mut life = kept();
    let next = |life: &Certificates| {
        store.save_certificates(life).unwrap();
        let loaded = store.load_certificates().unwrap().unwrap().0;
        let current = loaded.current().unwrap();
        let first = current.chain.certificates()[0][1];
        assert_eq!(current.key.expose_pkcs8(), Some(&[first; 100][..]));
        loaded
    };
    life = next(&life);
    assert_eq!(life.pending().unwrap().request, request(), "the key of a request is there before it is sent");
    assert!(life.issued(chain(&[0x30, 2])));
    life = next(&life);
    assert!(life.pending().unwrap().chain.is_some(), "what was issued is there before it is judged");
    assert!(life.accept());
    life = next(&life);
    assert!(life.pending().is_none());
}

#[test]
#[cfg(unix)]
fn the_file_is_for_its_owner_alone_and_a_link_is_replaced_and_not_followed() {
    use defender_auth::store::StoreError;
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let scratch = Scratch::new();
    let store = store(&scratch);
    let (target, file) = (scratch.path("target"), store.folder().join(FILE));
    fs::write(&target, "untouched").unwrap();
    symlink(&target, &file).unwrap();
    assert!(matches!(store.load_certificates(), Err(StoreError::Read { .. })));
    store.save_certificates(&kept()).unwrap();
    assert_eq!(fs::read_to_string(&target).unwrap(), "untouched");
    let metadata = fs::symlink_metadata(&file).unwrap();
    assert!(metadata.is_file() && metadata.permissions().mode() & 0o777 == 0o600);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(store.load_certificates().unwrap().unwrap().1.is_some(), "other users can read it");
}

#[test]
fn a_file_that_is_cut_off_is_an_error_with_its_name_and_what_to_do() {
    let scratch = Scratch::new();
    let store = store(&scratch);
    store.save_certificates(&kept()).unwrap();
    let file = store.folder().join(FILE);
    let text = fs::read(&file).unwrap();
    for length in [0, 1, text.len() / 2, text.len() - 1] {
        fs::write(&file, &text[..length]).unwrap();
        let error = store.load_certificates().unwrap_err().to_string();
        assert!(error.contains(FILE) && error.contains("register again"), "{error}");
    }
}

#[test]
fn one_at_a_time_requests_certificates() {
    let scratch = Scratch::new();
    let [one, other] = [(); 2].map(|()| Store::open(scratch.path("state")).unwrap());
    let lock = one.lock_certificates().unwrap();
    let error = other.lock_certificates().unwrap_err();
    assert!(
        error.to_string().ends_with(
            "state: another process is using its certificates, an agent or another command; wait until that has ended"
        ),
        "{error}"
    );
    // No file that is replaced has the lock.
    one.save_certificates(&Certificates::default()).unwrap();
    assert!(other.lock_certificates().is_err() && other.load_certificates().unwrap().is_some());
    let elsewhere = Store::open(scratch.path("elsewhere")).unwrap();
    let _another = elsewhere.lock_certificates().unwrap();
    drop(lock);
    let _lock = other.lock_certificates().unwrap();
}
