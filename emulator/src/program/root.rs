//! The root of the servers in a folder.

use super::sample::write_private;
use defender_auth_emulator::Root;
use std::{error::Error, fs, io::ErrorKind, path::Path};

/// The root in a folder, or a new one that is kept there.
pub(super) fn kept(folder: &Path) -> Result<Root, Box<dyn Error>> {
    let (certificate, key) = (folder.join("ca.pem"), folder.join("ca.key"));
    let read = |path: &Path| match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("{}: {error}", path.display())),
    };
    match (read(&certificate)?, read(&key)?) {
        (Some(one), Some(two)) => {
            Ok(Root::from_pem(&one, &two).map_err(|error| format!("{}: {error}", folder.display()))?)
        }
        (None, None) => {
            let root = Root::generate()?;
            fs::create_dir_all(folder)?;
            // The key first: a certificate without its key would be a mistake of the folder.
            write_private(&key, root.key_pem())?;
            fs::write(&certificate, root.certificate_pem())?;
            Ok(root)
        }
        _ => Err(format!("{} has one of ca.pem and ca.key; remove it for a new root", folder.display()).into()),
    }
}
