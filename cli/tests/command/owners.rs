//! Files of other users: who may read a secret, and whose file may be replaced.

use crate::support::{
    KEY, Run, Scratch, command, defenderauth,
    place::{OLD, Place},
    registrar::{Registrar, enrollment},
    run,
};
use std::{
    fs::{self, Permissions},
    os::unix::{
        fs::{MetadataExt as _, PermissionsExt as _, chown, lchown, symlink},
        process::CommandExt as _,
    },
};

const NOBODY: u32 = 65_534;

/// A third user.
const DAEMON: u32 = 1;

fn require_root() {
    assert_eq!(fs::metadata("/proc/self").unwrap().uid(), 0, "only root can be another user; run the tests as root");
}

#[test]
#[ignore = "needs root"]
fn the_new_file_belongs_to_the_owner_of_the_old_one() {
    require_root();
    for folder_owner in [0, NOBODY] {
        let place = Place::new();
        chown(&place.file, Some(NOBODY), Some(NOBODY)).unwrap();
        chown(place.folder.folder(), Some(folder_owner), None).unwrap();
        place.is_repaired_by_another_run();
        let found = fs::metadata(&place.file).unwrap();
        assert_eq!((found.uid(), found.gid()), (NOBODY, NOBODY));
    }
}

/// Any user with write permission in the folder may have put the file there.
#[test]
#[ignore = "needs root"]
fn a_foreign_file_in_a_folder_that_others_may_write_to_is_refused() {
    require_root();
    for (mode, folder_owner) in [(0o1777, 0), (0o777, 0), (0o770, 0), (0o1777, NOBODY), (0o755, DAEMON)] {
        let place = Place::new();
        chown(&place.file, Some(NOBODY), Some(NOBODY)).unwrap();
        chown(place.folder.folder(), Some(folder_owner), None).unwrap();
        fs::set_permissions(place.folder.folder(), Permissions::from_mode(mode)).unwrap();
        place.write().failed(2, &[&place.file, "belongs to another user", "a folder of your own"]);
        assert_eq!(
            (place.holds().as_str(), place.names().len(), place.asked()),
            (OLD, 1, 0),
            "{mode:o} {folder_owner}"
        );
    }
}

#[test]
#[ignore = "needs root"]
fn a_foreign_link_in_a_folder_that_others_may_write_to_is_refused() {
    require_root();
    for target in ["/etc/hostname", "nowhere"] {
        let place = Place::new();
        fs::set_permissions(place.folder.folder(), Permissions::from_mode(0o1777)).unwrap();
        fs::remove_file(&place.file).unwrap();
        symlink(target, &place.file).unwrap();
        lchown(&place.file, Some(NOBODY), Some(NOBODY)).unwrap();
        place.write().failed(2, &[&place.file, "belongs to another user"]);
        assert!(fs::symlink_metadata(&place.file).unwrap().is_symlink());
    }
}

#[test]
#[ignore = "needs root"]
fn the_owner_of_a_links_target_gets_nothing() {
    require_root();
    let place = Place::new();
    let target = place.registrar.site.scratch.write("target", OLD);
    chown(&target, Some(NOBODY), Some(NOBODY)).unwrap();
    fs::remove_file(&place.file).unwrap();
    symlink(&target, &place.file).unwrap();
    place.is_repaired_by_another_run();
    assert_eq!(fs::symlink_metadata(&place.file).unwrap().uid(), 0);
    assert_eq!(fs::read_to_string(target).unwrap(), OLD);
}

#[test]
#[ignore = "needs root"]
fn a_certificates_key_does_not_go_to_a_foreign_owner_either() {
    require_root();
    let folder = Scratch::new();
    let key = folder.write("certificate_private.pem", OLD);
    chown(&key, Some(NOBODY), Some(NOBODY)).unwrap();
    fs::set_permissions(folder.folder(), Permissions::from_mode(0o1777)).unwrap();
    let path = folder.folder();
    let call = ["certificate", "new", "self-signed", "--device-id", "dev-01", "--force", "--out-dir", &path];
    defenderauth(&call, "").failed(2, &[&key, "belongs to another user"]);
    assert_eq!(fs::read_to_string(&key).unwrap(), OLD);
    assert_eq!(fs::read_dir(&path).unwrap().count(), 1, "and no certificate without its key");
}

#[test]
#[ignore = "needs root"]
fn derived_keys_do_not_go_to_a_foreign_owner_either() {
    require_root();
    let folder = Scratch::new();
    let (group, out) = (folder.write("group.key", KEY), folder.write("keys.csv", OLD));
    lchown(&out, Some(NOBODY), Some(NOBODY)).unwrap();
    fs::set_permissions(folder.folder(), Permissions::from_mode(0o1777)).unwrap();
    let call = ["derive-key", "--group-key-file", &group, "--out", &out, "dev-01"];
    defenderauth(&call, "").failed(2, &[&out, "belongs to another user"]);
    assert_eq!(fs::read_to_string(&out).unwrap(), OLD);
}

/// A folder that another user reaches.
struct Elsewhere(std::path::PathBuf);

impl Elsewhere {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("defenderauth-{name}-{}", std::process::id()));
        fs::create_dir(&folder).unwrap();
        let this = Self(folder);
        this.set_mode(0o755);
        this
    }

    fn set_mode(&self, mode: u32) {
        fs::set_permissions(&self.0, fs::Permissions::from_mode(mode)).unwrap();
    }

    fn write(&self, name: &str, text: &str, mode: u32) -> String {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path.to_str().unwrap().into()
    }

    /// Runs the command as nobody.
    fn run(arguments: &[&str]) -> Run {
        let mut command = command(arguments);
        command.uid(NOBODY).gid(NOBODY);
        run(command, b"")
    }
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
#[ignore = "needs root"]
fn what_another_user_may_not_read_or_write_is_named() {
    require_root();
    let registrar = Registrar::of(enrollment());
    let elsewhere = Elsewhere::new("permissions");
    let roots = elsewhere.write("roots.pem", registrar.site.emulator.root_pem(), 0o644);
    let (readable, locked) =
        (elsewhere.write("key", crate::support::KEY, 0o644), elsewhere.write("locked", crate::support::KEY, 0o600));
    let service = ["provision", "--ca-file", &roots, "--endpoint", &registrar.endpoint("https")];
    let device = ["--id-scope", crate::support::site::SCOPE, "--registration-id", crate::support::registrar::ID];
    let register = |more: &[&str]| Elsewhere::run(&[&service[..], &device, more].concat());

    register(&["--key-file", &locked]).failed(2, &[&locked, "no permission to read it"]);
    Elsewhere::run(&["inspect", &locked]).failed(2, &[&locked, "no permission to read it"]);
    // The folder is root's.
    let new = elsewhere.0.join("string.txt").to_str().unwrap().to_owned();
    let write = ["--key-file", &readable, "--write-connection-string", &new];
    register(&write).failed(2, &[&new, "its folder may not be written to"]);
    assert_eq!(registrar.site.journal(), [""; 0]);
    // The folder is everybody's, and the file root's.
    elsewhere.set_mode(0o777);
    elsewhere.write("string.txt", OLD, 0o600);
    register(&write).failed(2, &[&new, "it belongs to another user"]);
    assert_eq!((fs::read_to_string(&new).unwrap(), registrar.site.journal().len()), (OLD.into(), 0));
    // Neither is.
    fs::remove_file(&new).unwrap();
    register(&write).done();
    assert_eq!(fs::metadata(&new).unwrap().uid(), NOBODY);
    assert_eq!(fs::read_dir(&elsewhere.0).unwrap().count(), 4, "nothing is left behind");
}
