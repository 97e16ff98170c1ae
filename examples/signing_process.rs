//! A process that holds a private key and signs for others over a Unix socket:
//! `cargo run --example signing_process KEY.pem SOCKET`.
//!
//! It speaks the protocol of `private_key::signing_protocol`, with which `private_key::ProcessKey` reaches it. An agent
//! that is reachable from the network then has no key in its memory, and this process has no network. Who can connect
//! can sign, so that only this user can: the socket has the permissions 0600 from its first moment, which Linux checks
//! at each connection.

#[cfg(unix)]
mod signing_server;

use std::error::Error;

#[cfg(unix)]
fn main() -> Result<(), Box<dyn Error>> {
    use std::{env, path::Path, sync::Arc};
    let mut arguments = env::args().skip(1);
    let (Some(file), Some(socket), None) = (arguments.next(), arguments.next(), arguments.next()) else {
        return Err("usage: signing_process KEY.pem SOCKET".into());
    };
    let key = signing_server::read(Path::new(&file))?;
    let listener = signing_server::listen(Path::new(&socket))?;
    println!("signs at {socket}");
    signing_server::serve(&listener, &Arc::new(key))?;
    Ok(())
}

#[cfg(not(unix))]
fn main() -> Result<(), Box<dyn Error>> {
    Err("the signing process listens at a Unix socket, which the library uses on Unix alone".into())
}
