//! What every build reads alike, with certificates and without.

use super::{MICRO, STRING, agent};
use defender_auth::agent::load;

const LEAF: &str = include_str!("../x509/data/p256.certificate.pem");
const KEY: &str = include_str!("../x509/data/p256.sec1params.pem");

#[test]
fn a_certificate_beside_a_connection_string_is_not_read_unless_it_is_asked_for() {
    let string = format!("{};x509=true", STRING.split_once(";ModuleId=").unwrap().0);
    for files in [
        &[][..],
        &[("certificate_public.pem", LEAF)],
        &[("certificate_private.pem", KEY)],
        &[("certificate_public.pem", LEAF), ("certificate_private.pem", "no key")],
    ] {
        let folder = agent(MICRO, &string);
        for (name, text) in files {
            folder.write(name, text);
        }
        let plan = load(folder.folder()).unwrap().plan;
        let held = plan.known_device().unwrap().credential().certificate().unwrap();
        assert!(held.der().is_none() && held.chain().is_empty(), "{files:?}");
    }
}
