//! The server of the signing process.

use defender_auth::{
    key::{PrivateKey, SignatureScheme},
    private_key::{
        MemoryKey,
        signing_protocol::{Answer, Hello, Request},
    },
    x509,
};
use std::{
    error::Error,
    fs::{self, DirBuilder, Permissions},
    io::{self, Write as _},
    os::unix::{
        fs::{DirBuilderExt as _, PermissionsExt as _},
        net::{UnixListener, UnixStream},
    },
    path::{Path, PathBuf},
    sync::Arc,
    thread,
};
use zeroize::Zeroizing;

/// A key from a PEM file without a passphrase.
pub(crate) fn read(file: &Path) -> Result<MemoryKey, Box<dyn Error>> {
    let pem = Zeroizing::new(fs::read(file)?);
    Ok(MemoryKey::new(&x509::PrivateKey::from_pem(&pem, None)?)?)
}

/// Listens at a socket that only this user can connect to. It is made in a folder that only this user can enter, and moved
/// to its place when it has its permissions. A socket that an earlier process left there is replaced.
pub(crate) fn listen(socket: &Path) -> io::Result<UnixListener> {
    let folder = PathBuf::from(format!("{}.new", socket.display()));
    // An earlier process may have been killed here.
    let _ = fs::remove_dir_all(&folder);
    DirBuilder::new().mode(0o700).create(&folder)?;
    let new = folder.join("s");
    let listener = UnixListener::bind(&new).and_then(|listener| {
        fs::set_permissions(&new, Permissions::from_mode(0o600))?;
        fs::rename(&new, socket)?;
        Ok(listener)
    });
    fs::remove_dir_all(&folder)?;
    listener
}

/// Serves each client in a thread of its own, until the listener fails.
pub(crate) fn serve(listener: &UnixListener, key: &Arc<MemoryKey>) -> io::Result<()> {
    loop {
        let (stream, _) = listener.accept()?;
        let key = Arc::clone(key);
        thread::spawn(move || {
            if let Err(error) = converse(stream, &key) {
                eprintln!("a client was left: {error}");
            }
        });
    }
}

/// Answers the requests of one client, until it ends the connection.
fn converse(mut stream: UnixStream, key: &MemoryKey) -> io::Result<()> {
    let too_long = || io::Error::other("it is longer than the protocol allows");
    let hello = Hello { public_key: key.public_key().to_vec(), schemes: key.schemes().to_vec() };
    stream.write_all(&hello.to_bytes().ok_or_else(too_long)?)?;
    while let Some(request) = Request::read(&mut stream)? {
        let scheme = SignatureScheme::from_number(request.scheme);
        let answer = match scheme.map(|scheme| key.sign(scheme, &request.message)) {
            Some(Ok(signature)) => Answer::Signed(signature),
            Some(Err(error)) if error.is_retryable() => Answer::Temporary(error.to_string()),
            Some(Err(error)) => Answer::Permanent(error.to_string()),
            None => Answer::Permanent(format!("the scheme {:#06x} is not known", request.scheme)),
        };
        stream.write_all(&answer.to_bytes().ok_or_else(too_long)?)?;
    }
    Ok(())
}
