//! Keys that this library creates.

use super::{KINDS, assert_signs, openssl, shared};
use crate::{
    swtpm::Swtpm,
    wire::{Cut, Wire},
};
use defender_auth::{
    credential::CertificateRequest,
    error::{CommandCause, Hierarchy, SigningKeyError, TpmError, TpmKeyKind, UnsupportedKey},
    key::PrivateKey as _,
    private_key::TpmKey,
    tpm::{KeyFile, Parent, TpmClient},
};

#[test]
#[ignore = "needs swtpm"]
fn a_key_of_each_kind_signs_with_every_scheme_that_it_offers() {
    let swtpm = Swtpm::new();
    let tpm = shared(&swtpm);
    for (kind, schemes) in KINDS.into_iter().zip([1, 1, 4]) {
        for password in [None, Some(&b"a password of thirty-two bytes.."[..])] {
            let file = tpm.lock().create_key(kind, Parent::StorageRoot, password).unwrap();
            let file = KeyFile::from_pem(file.to_pem().as_bytes()).unwrap();
            let key = TpmKey::open(&tpm, &file, password).unwrap();
            assert_eq!((key.kind(), key.schemes().len(), key.pads_in_software()), (kind, schemes, false));
            assert_eq!(key.public_key(), file.public_key());
            assert_signs(&swtpm, &key);
            let request = CertificateRequest::sign("dev-01", &key).unwrap().to_pem();
            let request = swtpm.write("request.pem", request.as_bytes());
            let verified = openssl(&["req", "-in", &request, "-verify", "-noout", "-subject"]);
            assert_eq!(verified.map(|text| text.contains("dev-01")), Ok(true));
        }
    }
    drop(tpm);
    swtpm.assert_empty("after keys for TLS");
    assert_eq!(swtpm.handles("persistent"), [""; 0]);
}

#[test]
#[ignore = "needs swtpm"]
fn a_key_below_a_persistent_parent_uses_it_whatever_its_template_is() {
    let swtpm = Swtpm::new();
    let storage = "fixedtpm|fixedparent|sensitivedataorigin|userwithauth|restricted|decrypt";
    for (make, handle) in [("ecc:aes256cfb", "0x81000011"), ("rsa2048:aes128cfb", "0x81000012")] {
        swtpm.tool(&format!("createprimary -C o -G {make} -a {storage} -c parent.ctx"));
        swtpm.tool(&format!("evictcontrol -C o -c parent.ctx {handle}"));
        swtpm.tool("flushcontext -t");
    }
    let tpm = shared(&swtpm);
    for handle in [0x8100_0011, 0x8100_0012] {
        let file = tpm.lock().create_key(TpmKeyKind::P256, Parent::Persistent(handle), None).unwrap();
        assert_eq!(file.parent(), Parent::Persistent(handle));
        assert_signs(&swtpm, &TpmKey::open(&tpm, &file, None).unwrap());
    }
    drop(tpm);
    swtpm.assert_empty("after keys below persistent parents");
}

#[test]
#[ignore = "needs swtpm"]
fn a_key_is_used_from_the_handle_where_it_was_made_persistent() {
    let mut swtpm = Swtpm::new();
    let tpm = shared(&swtpm);
    for (kind, handle) in KINDS.into_iter().zip(0x8100_0021..) {
        let file = tpm.lock().create_key(kind, Parent::StorageRoot, Some(b"secret")).unwrap();
        tpm.lock().persist_key(&file, handle).unwrap();
        assert_eq!(tpm.lock().persist_key(&file, handle), Err(TpmError::Occupied { handle }));
        let key = TpmKey::open_at(&tpm, handle, Some(b"secret")).unwrap();
        assert_eq!((key.public_key(), key.kind()), (file.public_key(), kind));
        assert_signs(&swtpm, &key);
    }
    // Keys of the provisioning service, and what is not the owner's.
    let file = tpm.lock().create_key(TpmKeyKind::P256, Parent::StorageRoot, None).unwrap();
    for handle in [0x8101_0001, 0x8100_0001, 0x8100_0100, 0x8180_0000, 0x8000_0000, 0x4000_0001] {
        assert_eq!(tpm.lock().persist_key(&file, handle), Err(TpmError::Handle { handle }));
    }
    drop(tpm);
    swtpm.assert_empty("after persistent keys");
    swtpm.power_cycle();
    assert_signs(&swtpm, &TpmKey::open_at(&shared(&swtpm), 0x8100_0021, Some(b"secret")).unwrap());
}

#[test]
#[ignore = "needs swtpm"]
fn a_process_that_is_killed_while_it_makes_a_key_persistent_does_not_stop_the_next() {
    let swtpm = Swtpm::new();
    let (mut next, mut is_complete) = (0x8101_0020.., false);
    for at in 0..30 {
        // Three of each, more than a small TPM has room for.
        for cut in [Cut::After(at), Cut::Before(at), Cut::After(at)] {
            let handle = next.next().unwrap();
            let mut tpm = TpmClient::new(Wire::new(swtpm.connection()).cut_at(cut));
            let file = tpm.create_key(TpmKeyKind::P256, Parent::StorageRoot, None);
            is_complete = file.and_then(|file| tpm.persist_key(&file, handle)).is_ok();
        }
        let handle = next.next().unwrap();
        let tpm = shared(&swtpm);
        let file = tpm.lock().create_key(TpmKeyKind::P256, Parent::StorageRoot, None).unwrap();
        tpm.lock().persist_key(&file, handle).unwrap();
        assert_signs(&swtpm, &TpmKey::open_at(&tpm, handle, None).unwrap());
        drop(tpm);
        for handle in swtpm.handles("persistent") {
            swtpm.tool(&format!("evictcontrol -C o -c {handle}"));
        }
        if is_complete {
            break;
        }
    }
    assert!(is_complete);
}

#[test]
#[ignore = "needs swtpm"]
fn new_keys_that_killed_processes_left_are_recognised_without_their_files() {
    let swtpm = Swtpm::new();
    for kind in KINDS {
        for _ in 0..3 {
            let file = swtpm.client().create_key(kind, Parent::StorageRoot, None).unwrap();
            let wire = Wire::new(swtpm.connection());
            let mut tpm = TpmClient::new(wire.clone());
            tpm.open_key(&file, None).unwrap();
            wire.cut();
        }
        let file = swtpm.client().create_key(kind, Parent::StorageRoot, None).unwrap();
        assert_signs(&swtpm, &TpmKey::open(&shared(&swtpm), &file, None).unwrap());
        swtpm.tool("flushcontext -t");
    }
}

#[test]
#[ignore = "needs swtpm"]
fn a_handle_without_a_key_that_signs_is_named() {
    let swtpm = Swtpm::with_keys();
    let tpm = shared(&swtpm);
    let Err(TpmError::Command(error)) = TpmKey::open_at(&tpm, 0x8100_0033, None) else { panic!() };
    assert_eq!(error.cause, CommandCause::NoSigningKey { handle: 0x8100_0033 });
    assert!(error.to_string().contains("there is no key at 0x81000033"), "{error}");
    // The storage root key.
    let error = TpmKey::open_at(&tpm, 0x8100_0001, None).unwrap_err();
    assert_eq!(error, SigningKeyError::NotSigning.into());
    for handle in [0, 0x8000_0000, 0x4000_0001, 0x8200_0000] {
        assert_eq!(TpmKey::open_at(&tpm, handle, None).unwrap_err(), TpmError::Handle { handle });
    }
}

#[test]
#[ignore = "needs swtpm"]
fn what_the_tpm_does_not_support_is_known_before_a_key_is_created() {
    let swtpm = Swtpm::new();
    let mut tpm = swtpm.client();
    for kind in KINDS {
        assert_eq!(tpm.supports(kind), Ok(true), "{kind}");
    }
    let kind = TpmKeyKind::Rsa { bits: 4096 };
    assert_eq!(tpm.supports(kind), Ok(false));
    let error = tpm.create_key(kind, Parent::StorageRoot, None).unwrap_err();
    assert_eq!(error, SigningKeyError::NotInThisTpm { kind }.into());
    assert_eq!(error.to_string(), "this TPM does not support RSA 4096; create a key of another kind");
    for bits in [0, 1024, 2047, 8192] {
        let error = tpm.create_key(TpmKeyKind::Rsa { bits }, Parent::StorageRoot, None).unwrap_err();
        assert_eq!(error, SigningKeyError::Kind(UnsupportedKey::RsaBits(bits)).into());
    }
    let error = tpm.create_key(TpmKeyKind::P256, Parent::StorageRoot, Some(&[1; 33])).unwrap_err();
    assert_eq!(error, TpmError::PasswordTooLong { limit: 32 });
}

#[test]
#[ignore = "needs swtpm"]
fn a_password_of_the_owner_is_required_for_the_storage_root_key() {
    let swtpm = Swtpm::new();
    swtpm.tool("changeauth -c owner secret");
    let mut tpm = swtpm.client();
    let create = |tpm: &mut defender_auth::tpm::TpmClient<_>| {
        tpm.create_key(TpmKeyKind::P256, Parent::StorageRoot, None).map(|file| file.kind())
    };
    let Err(TpmError::Command(error)) = create(&mut tpm) else { panic!() };
    assert_eq!(error.cause, CommandCause::PasswordNeeded(Hierarchy::Owner));
    tpm.set_password(Hierarchy::Owner, b"secret").unwrap();
    assert_eq!(create(&mut tpm), Ok(TpmKeyKind::P256));
}
