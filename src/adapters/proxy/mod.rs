//! Tunnels through HTTP proxies: which proxy the environment names, what it is sent, and what its answer means. It opens
//! no connection.
//!
//! The proxy is the first usable one of `ALL_PROXY`, `HTTPS_PROXY` and `HTTP_PROXY`, in upper or lower case, except for the
//! hosts in `NO_PROXY` (names, domains, addresses, `*`, each with a port or without, and networks such as `10.0.0.0/8` and
//! `2001:db8::/32`). SOCKS proxies are not supported.
//!
//! ```
//! use defender_auth::proxy::Proxies;
//!
//! let proxies = Proxies::new(|name| match name {
//!     "HTTPS_PROXY" => Some("http://agent:secret@proxy.plant:3128".into()),
//!     "NO_PROXY" => Some("edge.local".into()),
//!     _ => None,
//! });
//! let proxy = proxies.of("contoso.azure-devices.net", 8883).unwrap();
//! assert_eq!((proxy.host(), proxy.port(), proxy.variable()), ("proxy.plant", 3128, "HTTPS_PROXY"));
//! let request = proxy.request("contoso.azure-devices.net", 8883);
//! assert!(request.expose().starts_with("CONNECT contoso.azure-devices.net:8883 HTTP/1.1\r\n"));
//! assert_eq!(proxy.answer(8883).take(b"HTTP/1.1 200 OK\r\n\r\n"), Ok(Some(19)));
//! assert!(proxies.of("edge.local", 8883).is_none());
//! ```

mod address;
mod connect;
mod exceptions;
mod problem;
mod variables;

pub use address::Proxy;
pub use connect::Answer;
pub use problem::ProxyProblem;
pub use variables::{Proxies, ProxyUsage, ProxyVariable};
