use super::request::Head;
use crate::service::Receipt;
use percent_encoding::percent_decode_str;

/// What a path requests.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Route {
    Register {
        scope: String,
        id: String,
    },
    Status {
        scope: String,
        id: String,
        operation: String,
    },
    LookUp {
        scope: String,
        id: String,
    },
    Modules {
        device: String,
    },
    Module {
        verb: Verb,
        device: String,
        module: String,
    },
    /// A message from a device or its module.
    Events {
        device: String,
        module: Option<String>,
    },
    /// The next message for a device.
    Mail {
        device: String,
    },
    /// What a device does with a message that it has received.
    Receipt {
        device: String,
        lock: String,
        how: Receipt,
    },
}

/// What is done with a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    Read,
    Write,
    Delete,
}

/// The segments of a path. `None` when one is not UTF-8.
pub(crate) fn segments(head: &Head) -> Option<Vec<String>> {
    let path = head.path.strip_prefix('/')?;
    path.split('/').map(|segment| percent_decode_str(segment).decode_utf8().ok().map(Into::into)).collect()
}

/// The route, or the status for an unknown path or method.
pub(crate) fn route(head: &Head) -> Result<Route, u16> {
    let segments = segments(head).ok_or(400u16)?;
    let names: Vec<&str> = segments.iter().map(String::as_str).collect();
    let own = |text: &str| text.to_owned();
    let (method, route) = match names.as_slice() {
        ["devices", device, "modules"] => ("GET", Route::Modules { device: own(device) }),
        ["devices", device, "modules", module] => {
            let verb = match head.method.as_str() {
                "PUT" => Verb::Write,
                "DELETE" => Verb::Delete,
                "GET" => Verb::Read,
                _ => return Err(405),
            };
            return Ok(Route::Module { verb, device: own(device), module: own(module) });
        }
        ["devices", device, "messages", "events"] => ("POST", Route::Events { device: own(device), module: None }),
        ["devices", device, "modules", module, "messages", "events"] => {
            ("POST", Route::Events { device: own(device), module: Some(own(module)) })
        }
        // The documentation has it with an upper-case B, and clients without.
        ["devices", device, "messages", bound] if bound.eq_ignore_ascii_case("devicebound") => {
            ("GET", Route::Mail { device: own(device) })
        }
        ["devices", device, "messages", bound, lock] if bound.eq_ignore_ascii_case("devicebound") => {
            ("DELETE", Route::Receipt { device: own(device), lock: own(lock), how: Receipt::Complete })
        }
        ["devices", device, "messages", bound, lock, "abandon"] if bound.eq_ignore_ascii_case("devicebound") => {
            ("POST", Route::Receipt { device: own(device), lock: own(lock), how: Receipt::Abandon })
        }
        [scope, "registrations", id] => ("POST", Route::LookUp { scope: own(scope), id: own(id) }),
        [scope, "registrations", id, "register"] => ("PUT", Route::Register { scope: own(scope), id: own(id) }),
        [scope, "registrations", id, "operations", operation] => {
            ("GET", Route::Status { scope: own(scope), id: own(id), operation: own(operation) })
        }
        _ => return Err(404),
    };
    if head.method == method { Ok(route) } else { Err(405) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::request::parse;

    fn routed(line: &str) -> Result<Route, u16> {
        let (head, _) = parse(format!("{line} HTTP/1.1\r\nHost: h\r\n\r\n").as_bytes()).unwrap().unwrap();
        route(&head)
    }

    #[test]
    fn paths_are_routed() {
        for (method, verb) in [("GET", Verb::Read), ("PUT", Verb::Write), ("DELETE", Verb::Delete)] {
            let module = Route::Module { verb, device: "n@m/x".into(), module: "m".into() };
            assert_eq!(routed(&format!("{method} /devices/n%40m%2Fx/modules/m?api-version=1")), Ok(module));
        }
        assert_eq!(routed("POST /devices/d/modules/m"), Err(405));
        assert_eq!(routed("GET /devices/d/modules"), Ok(Route::Modules { device: "d".into() }));
        assert_eq!(routed("PUT /devices/d/modules"), Err(405));
        assert_eq!(
            routed("POST /devices/d/messages/events?a=b"),
            Ok(Route::Events { device: "d".into(), module: None })
        );
        let (device, module) = ("d".to_owned(), Some("m".to_owned()));
        assert_eq!(routed("POST /devices/d/modules/m/messages/events"), Ok(Route::Events { device, module }));
        assert_eq!(routed("GET /devices/d/messages/events"), Err(405));
        for bound in ["deviceBound", "devicebound"] {
            let path = format!("/devices/d/messages/{bound}");
            assert_eq!(routed(&format!("GET {path}")), Ok(Route::Mail { device: "d".into() }));
            let receipt = |how| Ok(Route::Receipt { device: "d".into(), lock: "1".into(), how });
            assert_eq!(routed(&format!("DELETE {path}/1?reject")), receipt(Receipt::Complete));
            assert_eq!(routed(&format!("POST {path}/1/abandon")), receipt(Receipt::Abandon));
        }
        let (scope, id) = ("0ne".to_owned(), "a".to_owned());
        assert_eq!(routed("PUT /0ne/registrations/a/register"), Ok(Route::Register { scope, id }));
        let status = Route::Status { scope: "0ne".into(), id: "a".into(), operation: "5.x".into() };
        assert_eq!(routed("GET /0ne/registrations/a/operations/5.x"), Ok(status));
        assert_eq!(routed("GET /0ne/registrations/a"), Err(405));
        assert_eq!(routed("GET /devices/d"), Err(404));
        assert_eq!(routed("GET /%ff/registrations/a"), Err(400));
    }
}
