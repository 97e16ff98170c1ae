//! nginx as the services: it accepts the clients with the right certificate, and no others.

use crate::{
    client,
    outside::{Authority, HUB, KINDS, P256, Server, Version},
    provision, provision_by_key,
};
use defender_auth::{
    Device, Error, Plan,
    device_mode::Target,
    error::{Refusal, ServiceOperation},
    https::HttpsError,
};
use std::process::Command;

/// The device that the provisioning service names is the one of the certificate.
const SITE: &str = r#"
daemon off;
master_process off;
pid nginx.pid;
events {}
http {
    access_log off;
    client_body_temp_path client;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    map $ssl_client_s_dn $device { ~^CN=(?<name>[^,]+)$ $name; }
    server {
        listen LISTEN ssl;
        ssl_protocols VERSION;
        ssl_certificate server.pem;
        ssl_certificate_key server.key;
        ssl_client_certificate TRUSTED;
        ssl_verify_client on;
        ssl_verify_depth 2;
        SETTING
        default_type application/json;
        location /0ne00000A0A/registrations/dev-01/ {
            return 200 '{"status":"assigned","registrationState":{"assignedHub":"HUB","deviceId":"$device"}}';
        }
        location = /devices/dev-01/modules/azureiotsecurity {
            return 200 '{"deviceId":"$device","moduleId":"azureiotsecurity","authentication":{"type":"sas","symmetricKey":{"primaryKey":"QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=","secondaryKey":"QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8="}}}';
        }
    }
}
"#;

/// Trusts the clients that this file's certificates have signed.
pub(crate) fn start(authority: &Authority, trusted: &str, version: Version) -> Server {
    start_with(authority, trusted, version, "")
}

/// The same with another setting.
pub(crate) fn start_with(authority: &Authority, trusted: &str, version: Version, setting: &str) -> Server {
    let server = serve(authority, trusted, version.name(), setting);
    server.assert_speaks(version);
    server
}

/// With TLS 1.1 and nothing newer.
pub(crate) fn start_old(authority: &Authority) -> Server {
    serve(authority, "root.pem", "TLSv1.1", "ssl_ciphers DEFAULT:@SECLEVEL=0;")
}

fn serve(authority: &Authority, trusted: &str, version: &str, setting: &str) -> Server {
    let site =
        SITE.replace("VERSION", version).replace("TRUSTED", trusted).replace("HUB", HUB).replace("SETTING", setting);
    Server::start(|address| {
        authority.folder.write("nginx.conf", site.replace("LISTEN", &address.to_string()));
        let mut command = Command::new("nginx");
        command.args(["-p", &authority.folder.folder(), "-c", "nginx.conf", "-e", "error.log"]);
        command
    })
}

#[test]
#[ignore = "needs nginx and openssl, which `cargo xtask test` brings"]
fn nginx_takes_a_chain_for_a_registration_whatever_the_key_is() {
    for kind in KINDS {
        let authority = Authority::new(kind);
        let plan = provision(&authority.client("pump-7"));
        for version in Version::BOTH {
            let server = start(&authority, "root.pem", version);
            let me = client(&authority, &server).authenticate(&plan).unwrap();
            assert_eq!(me.identity().to_string(), format!("{HUB}/devices/pump-7"), "{kind} {version:?}");
        }
    }
}

#[test]
#[ignore = "needs nginx and openssl, which `cargo xtask test` brings"]
fn nginx_takes_a_self_signed_certificate_in_device_mode() {
    for kind in KINDS {
        let authority = Authority::new(kind);
        let device = Device::new(HUB.parse().unwrap(), "dev-01".parse().unwrap(), authority.self_signed("dev-01"));
        let plan = Plan::device(device).in_device_mode(Target::default()).unwrap();
        for version in Version::BOTH {
            let server = start(&authority, "dev-01.pem", version);
            let me = client(&authority, &server).authenticate(&plan).unwrap();
            let module = format!("{HUB}/devices/dev-01/modules/azureiotsecurity");
            assert_eq!(me.identity().to_string(), module, "{kind} {version:?}");
        }
    }
}

#[test]
#[ignore = "needs nginx and openssl, which `cargo xtask test` brings"]
fn nginx_rejects_a_client_without_a_certificate_of_the_authority() {
    let (authority, stranger) = (Authority::new(P256), Authority::new(P256).client("dev-01"));
    for version in Version::BOTH {
        let server = start(&authority, "root.pem", version);
        for plan in [provision_by_key(), provision(&stranger)] {
            match client(&authority, &server).authenticate(&plan).unwrap_err() {
                HttpsError::Failed(Error::Service(said)) => {
                    assert_eq!(
                        (said.asked, said.refusal, said.status),
                        (ServiceOperation::Registration, Refusal::Status, 400)
                    );
                    assert!(
                        said.to_string().contains("check the host name, and any proxy or firewall on the way"),
                        "{said}"
                    );
                }
                other => panic!("{other:?}"),
            }
        }
    }
}
