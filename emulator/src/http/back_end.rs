//! What a path requests of a hub or of the provisioning service as a back end.

use super::request::Head;
use crate::{
    answer::Answer,
    service::{self, AskBackEnd, Kind, Shared, TwinVerb},
};

/// The answer to a request of a back end with this path in segments. `None` when it is none.
pub(super) fn answer(shared: &Shared, host: &str, head: &Head, path: &[&str], body: &[u8]) -> Option<Answer> {
    let (token, if_match) = (head.authorization.as_deref(), head.if_match.as_deref());
    let plain = path.join("/");
    let asked = &AskBackEnd { host, path: &plain, query: &head.query, token, if_match, body };
    Some(match (head.method.as_str(), path) {
        ("GET", ["devices"]) => service::list_devices(shared, asked),
        ("GET", ["devices", id]) => service::read_device(shared, asked, id),
        ("PUT", ["devices", id]) => service::write_device(shared, asked, id),
        ("DELETE", ["devices", id]) => service::delete_device(shared, asked, id),
        (method, ["twins", device]) => service::twin(shared, asked, (device, None), verb(method)?),
        (method, ["twins", device, "modules", module]) => {
            service::twin(shared, asked, (device, Some(module)), verb(method)?)
        }
        ("POST", ["twins", device, "methods"]) => service::invoke(shared, asked, (device, None)),
        ("POST", ["twins", device, "modules", module, "methods"]) => {
            service::invoke(shared, asked, (device, Some(module)))
        }
        ("GET", ["registrations", id]) => service::read_registration(shared, asked, id),
        ("DELETE", ["registrations", id]) => service::delete_registration(shared, asked, id),
        ("POST", ["registrations", group, "query"]) => service::list_registrations(shared, asked, group),
        (method, [kind, rest @ ..]) => {
            let kind = match *kind {
                "enrollments" => Kind::Individual,
                "enrollmentGroups" => Kind::Group,
                _ => return None,
            };
            match (method, rest) {
                ("POST", ["query"]) => service::list_enrollments(shared, asked, kind),
                ("GET", [id]) => service::read_enrollment(shared, asked, kind, id),
                ("PUT", [id]) => service::write_enrollment(shared, asked, kind, id),
                ("DELETE", [id]) => service::delete_enrollment(shared, asked, kind, id),
                ("POST", [id, "attestationmechanism"]) => service::enrollment_keys(shared, asked, kind, id),
                _ => return None,
            }
        }
        _ => return None,
    })
}

fn verb(method: &str) -> Option<TwinVerb> {
    Some(match method {
        "GET" => TwinVerb::Read,
        "PATCH" => TwinVerb::Patch,
        "PUT" => TwinVerb::Replace,
        _ => return None,
    })
}
