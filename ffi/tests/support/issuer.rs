//! An authority that issues certificates: openssl.

use crate::scratch::Scratch;
use std::{fs, process::Command};

/// The request's certificate, and that of the authority.
pub(crate) fn issue(request: &str) -> (String, String) {
    let folder = Scratch::new();
    folder.write("request.pem", request);
    folder.write(
        "extensions.cnf",
        "[req]\ndistinguished_name = name\n[name]\n[authority]\nbasicConstraints = critical, CA:true\nkeyUsage = critical, keyCertSign\n\
         [client]\nbasicConstraints = critical, CA:false\nextendedKeyUsage = clientAuth\n",
    );
    for line in [
        "req -x509 -days 2 -nodes -config extensions.cnf -newkey ec -pkeyopt ec_paramgen_curve:P-256 \
         -extensions authority -subj /CN=root -keyout root.key -out root.pem",
        "x509 -req -days 2 -in request.pem -CA root.pem -CAkey root.key -extfile extensions.cnf -extensions client \
         -out leaf.pem",
    ] {
        let output =
            Command::new("openssl").args(line.split_whitespace()).current_dir(folder.folder()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let read = |name: &str| fs::read_to_string(folder.path(name)).unwrap();
    (read("leaf.pem"), read("root.pem"))
}
