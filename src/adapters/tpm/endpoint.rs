use crate::error::EndpointError;
use alloc::string::String;
use core::{fmt, str::FromStr};

/// The device of Linux that programs share.
const DEVICE: &str = "/dev/tpmrm0";
/// The default address of swtpm in tpm2-tools.
const HOST: &str = "localhost";
const PORT: u16 = 2321;

/// The device or address of a TPM, in the TCTI syntax of tpm2-tools.
///
/// ```
/// use defender_auth::tpm::Endpoint;
///
/// let endpoint: Endpoint = "swtpm:path=/run/tpm.sock".parse()?;
/// assert_eq!(endpoint, Endpoint::Socket("/run/tpm.sock".into()));
/// let default = if cfg!(windows) { "tbs:" } else { "device:/dev/tpmrm0" };
/// assert_eq!(Endpoint::default().to_string(), default);
/// # Ok::<_, defender_auth::error::EndpointError>(())
/// ```
///
/// Each is parsed on every system, and opened where the system has such a transport.
///
/// Source: `tpm2-software/tpm2-tss:src/tss2-tcti/tcti-swtpm.c`, `tcti-device.c`, `tcti-tbs.c`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Endpoint {
    /// A device of the kernel: `device:/dev/tpmrm0`, the default but on Windows.
    Device(String),
    /// The TPM of this machine by TPM Base Services: `tbs:`, the default on Windows.
    Tbs,
    /// swtpm on a Unix socket: `swtpm:path=PATH`.
    Socket(String),
    /// swtpm on TCP: `swtpm:host=localhost,port=2321`.
    Tcp {
        /// The host name or IP address.
        host: String,
        /// The TCP port.
        port: u16,
    },
}

impl Default for Endpoint {
    fn default() -> Self {
        if cfg!(windows) { Self::Tbs } else { Self::Device(DEVICE.into()) }
    }
}

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        let (kind, settings) = text.split_once(':').unwrap_or((text, ""));
        match kind {
            "device" if settings.is_empty() => Ok(Self::Device(DEVICE.into())),
            "device" => Ok(Self::Device(settings.into())),
            "swtpm" => swtpm(settings),
            "tbs" if settings.is_empty() => Ok(Self::Tbs),
            "tbs" => Err(EndpointError::TbsSettings),
            _ if text.starts_with(['/', '.']) => Err(EndpointError::Bare),
            // A word only: the text may be a secret that was given here by mistake.
            kind => Err(EndpointError::Unsupported(kind.chars().filter(char::is_ascii_graphic).take(16).collect())),
        }
    }
}

fn swtpm(settings: &str) -> Result<Endpoint, EndpointError> {
    let (mut path, mut host, mut port) = (None, None, None);
    for setting in settings.split(',').filter(|_| !settings.is_empty()) {
        let (name, value) = setting.split_once('=').ok_or(EndpointError::Settings)?;
        let place = match name {
            "path" => &mut path,
            "host" => &mut host,
            "port" => &mut port,
            _ => return Err(EndpointError::Settings),
        };
        if value.is_empty() || place.replace(value).is_some() {
            return Err(EndpointError::Settings);
        }
    }
    match (path, host, port) {
        (Some(path), None, None) => Ok(Endpoint::Socket(path.into())),
        (None, host, port) => {
            let port = port.map_or(Ok(PORT), |port| port.parse().map_err(|_| EndpointError::Settings))?;
            Ok(Endpoint::Tcp { host: host.unwrap_or(HOST).into(), port })
        }
        _ => Err(EndpointError::Settings),
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Device(path) => write!(f, "device:{path}"),
            Self::Tbs => f.write_str("tbs:"),
            Self::Socket(path) => write!(f, "swtpm:path={path}"),
            Self::Tcp { host, port } => write!(f, "swtpm:host={host},port={port}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString as _;

    #[test]
    fn every_form_is_parsed_with_its_defaults() {
        let tcp = |host: &str, port| Endpoint::Tcp { host: host.into(), port };
        for (text, expected) in [
            ("device", Endpoint::Device("/dev/tpmrm0".into())),
            ("device:", Endpoint::Device("/dev/tpmrm0".into())),
            ("device:/dev/tpm0", Endpoint::Device("/dev/tpm0".into())),
            ("tbs", Endpoint::Tbs),
            ("tbs:", Endpoint::Tbs),
            ("swtpm", tcp("localhost", 2321)),
            ("swtpm:", tcp("localhost", 2321)),
            ("swtpm:port=7", tcp("localhost", 7)),
            ("swtpm:host=::1", tcp("::1", 2321)),
            ("swtpm:host=h,port=65535", tcp("h", 65535)),
            ("swtpm:port=1,host=h", tcp("h", 1)),
            ("swtpm:path=/a=b", Endpoint::Socket("/a=b".into())),
        ] {
            assert_eq!(text.parse(), Ok(expected.clone()), "{text}");
            assert_eq!(expected.to_string().parse(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn the_error_for_an_unsupported_transport_names_those_that_are() {
        for kind in ["tabrmd", "mssim", "TBS", "cmd", "", "libtss2-tcti-device.so"] {
            let error = std::format!("{kind}:x=y").parse::<Endpoint>().unwrap_err();
            assert_eq!(error, EndpointError::Unsupported(kind.chars().take(16).collect()));
            let transports =
                if cfg!(windows) { "tbs: or swtpm:host=HOST" } else { "device:/dev/tpmrm0, swtpm:path=PATH" };
            assert!(error.to_string().contains(transports), "{error}");
        }
        assert_eq!("/dev/tpm0".parse::<Endpoint>(), Err(EndpointError::Bare));
        assert_eq!("tbs:x=y".parse::<Endpoint>(), Err(EndpointError::TbsSettings));
        for settings in
            ["x", "path=", "path=a,path=b", "path=a,port=1", "port=65536", "port=x", "host=a,b=c", "host=a,"]
        {
            assert_eq!(
                std::format!("swtpm:{settings}").parse::<Endpoint>(),
                Err(EndpointError::Settings),
                "{settings}"
            );
        }
    }
}
