//! Names of private keys.

#[cfg(feature = "tpm")]
use crate::adapters::tpm::{Endpoint, Parent};
use crate::error::KeyLocationError as Problem;
#[cfg(feature = "local-signer")]
use crate::flow::identity_service::IdentityService;
#[cfg(feature = "tpm")]
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::{fmt, str::FromStr};
use std::path::PathBuf;

/// Where a private key is, by its name.
///
/// | text | key |
/// |---|---|
/// | `PATH` | in a PEM file: the key itself, or a TPM's key file (`TSS2 PRIVATE KEY`) |
/// | `tpm:file=PATH` | a TPM's key file, and nothing else |
/// | `tpm:handle=0x81000005` | at a persistent handle of a TPM |
/// | `keyd:id=device-id` | of `aziot-keyd` on this host, by its ID |
/// | `unix:PATH` | in a process that signs at this socket ([`signing_protocol`](super::signing_protocol)) |
/// | `pkcs11:…` | in a PKCS#11 token (RFC 7512); the crate `defender-auth-pkcs11` opens it |
///
/// After `tpm:` and `keyd:`, attributes are joined by `&`, and a `&` or `%` in their values is percent-encoded. `folder=PATH`
/// names the folder of keyd's socket, unless it is `/run/aziot`. `tpm=TCTI` names the
/// TPM, such as `&tpm=swtpm:path=/run/tpm.sock`; without it, it is that of the [`Opener`](super::Opener). The name of a file
/// with a colon is written as a path: `./a:b.pem`.
///
/// ```
/// use defender_auth::private_key::Location;
///
/// let location: Location = "unix:/run/signer.sock".parse()?;
/// assert_eq!(location, Location::Process("/run/signer.sock".into()));
/// assert_eq!("key.pem".parse(), Ok(Location::File("key.pem".into())));
/// # Ok::<_, defender_auth::error::KeyLocationError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Location {
    /// A PEM file.
    File(PathBuf),
    /// The key file of a TPM.
    #[cfg(feature = "tpm")]
    TpmFile {
        /// The file.
        path: PathBuf,
        /// The TPM, if it is not the opener's.
        tpm: Option<Endpoint>,
    },
    /// A persistent key of a TPM.
    #[cfg(feature = "tpm")]
    TpmHandle {
        /// The handle: 0x81000000 to 0x81ffffff.
        handle: u32,
        /// The TPM, if it is not the opener's.
        tpm: Option<Endpoint>,
    },
    /// A key of `aziot-keyd` on this host.
    #[cfg(feature = "local-signer")]
    Keyd {
        /// Its ID.
        id: String,
        /// The folder of the sockets, if it is not `/run/aziot`.
        folder: Option<String>,
    },
    /// A signing process, by its socket.
    Process(PathBuf),
    /// A PKCS#11 URI without a PIN in it. It is not parsed further here.
    Token(String),
}

impl FromStr for Location {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        if text.is_empty() {
            return Err(Problem::Empty);
        }
        if text.contains(char::is_control) {
            return Err(Problem::Control);
        }
        let Some((scheme, rest)) = scheme(text) else { return Ok(Self::File(text.into())) };
        match scheme.to_ascii_lowercase().as_str() {
            "unix" if rest.is_empty() => Err(Problem::NoSocket),
            "unix" => Ok(Self::Process(rest.into())),
            "pkcs11" if has_pin(rest) => Err(Problem::PinValue),
            "pkcs11" => Ok(Self::Token(text.into())),
            "tpm" => of_tpm(rest),
            "keyd" => of_keyd(rest),
            _ => Err(Problem::Scheme),
        }
    }
}

/// The scheme of a URI and what follows it (RFC 3986, section 3.1). One letter is the drive of a path.
fn scheme(text: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = text.split_once(':')?;
    let is_scheme = scheme.len() > 1
        && scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    is_scheme.then_some((scheme, rest))
}

/// Whether a PKCS#11 URI has the PIN in it, also where a strict reader would not find it: it must not be shown either.
fn has_pin(rest: &str) -> bool {
    let names = rest.split(['?', '&', ';']).filter_map(|attribute| attribute.split_once('='));
    names.filter_map(|(name, _)| decoded(name)).any(|name| name.trim().eq_ignore_ascii_case("pin-value"))
}

#[cfg(not(feature = "tpm"))]
fn of_tpm(_: &str) -> Result<Location, Problem> {
    Err(Problem::NoTpm)
}

#[cfg(not(feature = "local-signer"))]
fn of_keyd(_: &str) -> Result<Location, Problem> {
    Err(Problem::NoDaemons)
}

#[cfg(feature = "local-signer")]
fn of_keyd(rest: &str) -> Result<Location, Problem> {
    let [id, folder] = attributes(rest, ["id", "folder"], &Problem::Keyd)?;
    let has_folder = folder.as_deref().is_none_or(|folder| IdentityService::in_folder(folder).is_ok());
    let id = id.filter(|_| has_folder).ok_or(Problem::Keyd)?;
    Ok(Location::Keyd { id, folder })
}

/// The values of attributes that are joined by `&`, in the order of their names.
#[cfg(any(feature = "local-signer", feature = "tpm"))]
fn attributes<const N: usize>(
    rest: &str,
    names: [&'static str; N],
    unknown: &Problem,
) -> Result<[Option<String>; N], Problem> {
    let mut values = [const { None }; N];
    for attribute in rest.split('&').filter(|_| !rest.is_empty()) {
        let (name, value) = attribute.split_once('=').ok_or_else(|| unknown.clone())?;
        let mut known = names.iter().zip(&mut values);
        let (name, place) = known.find(|(known, _)| **known == name).ok_or_else(|| unknown.clone())?;
        if value.is_empty() {
            return Err(unknown.clone());
        }
        if place.replace(decoded(value).ok_or(Problem::Percent { name })?).is_some() {
            return Err(Problem::Twice { name });
        }
    }
    Ok(values)
}

#[cfg(feature = "tpm")]
fn of_tpm(rest: &str) -> Result<Location, Problem> {
    let [file, handle, tpm] = attributes(rest, ["file", "handle", "tpm"], &Problem::Attribute)?;
    let tpm = tpm.map(|text| text.parse()).transpose().map_err(Problem::Tpm)?;
    match (file, handle) {
        (Some(path), None) => Ok(Location::TpmFile { path: path.into(), tpm }),
        (None, Some(text)) => Ok(Location::TpmHandle { handle: persistent(&text).ok_or(Problem::Handle)?, tpm }),
        _ => Err(Problem::FileOrHandle),
    }
}

/// A handle as tpm2-tools print it.
#[cfg(feature = "tpm")]
fn persistent(text: &str) -> Option<u32> {
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"))?;
    // `from_str_radix` takes a sign.
    let handle =
        digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok())??;
    matches!(Parent::of(handle), Ok(Parent::Persistent(_))).then_some(handle)
}

/// A name or a value without its percent-encoding.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut plain = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        let mut digit = || char::from(bytes.next()?).to_digit(16);
        plain.push(if byte == b'%' { u8::try_from(digit()? << 4 | digit()?).ok()? } else { byte });
    }
    String::from_utf8(plain).ok().filter(|plain| !plain.contains(char::is_control))
}

impl fmt::Display for Location {
    /// The text of which it can be parsed again.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => {
                let text = path.display().to_string();
                f.write_str(if scheme(&text).is_some() { "./" } else { "" })?;
                f.write_str(&text)
            }
            #[cfg(feature = "tpm")]
            Self::TpmFile { path, tpm } => write_tpm(f, "file", &path.display().to_string(), tpm.as_ref()),
            #[cfg(feature = "tpm")]
            Self::TpmHandle { handle, tpm } => write_tpm(f, "handle", &format!("{handle:#010x}"), tpm.as_ref()),
            #[cfg(feature = "local-signer")]
            Self::Keyd { id, folder } => {
                write!(f, "keyd:id={}", encoded(id))?;
                folder.as_deref().map_or(Ok(()), |folder| write!(f, "&folder={}", encoded(folder)))
            }
            Self::Process(path) => write!(f, "unix:{}", path.display()),
            Self::Token(uri) => f.write_str(uri),
        }
    }
}

/// A value as an attribute has it.
#[cfg(any(feature = "local-signer", feature = "tpm"))]
fn encoded(text: &str) -> String {
    text.replace('%', "%25").replace('&', "%26")
}

#[cfg(feature = "tpm")]
fn write_tpm(f: &mut fmt::Formatter<'_>, name: &str, value: &str, tpm: Option<&Endpoint>) -> fmt::Result {
    write!(f, "tpm:{name}={}", encoded(value))?;
    tpm.map_or(Ok(()), |tpm| write!(f, "&tpm={}", encoded(&tpm.to_string())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "tpm")]
    #[test]
    fn every_form_is_parsed_and_written_again() {
        let swtpm = || Some(Endpoint::Socket("/run/a&b%".into()));
        for (text, expected) in [
            ("key.pem", Location::File("key.pem".into())),
            ("/etc/agent/a:b.pem", Location::File("/etc/agent/a:b.pem".into())),
            ("./tpm:handle=0x81000005", Location::File("./tpm:handle=0x81000005".into())),
            ("C:\\key.pem", Location::File("C:\\key.pem".into())),
            ("-", Location::File("-".into())),
            ("tpm:file=k%25%26.pem", Location::TpmFile { path: "k%&.pem".into(), tpm: None }),
            ("tpm:file=/a=b&tpm=swtpm:path=/run/a%26b%25", Location::TpmFile { path: "/a=b".into(), tpm: swtpm() }),
            ("tpm:handle=0x81000005", Location::TpmHandle { handle: 0x8100_0005, tpm: None }),
            (
                "tpm:handle=0x81ffffff&tpm=device:/dev/tpm0",
                Location::TpmHandle { handle: 0x81ff_ffff, tpm: Some(Endpoint::Device("/dev/tpm0".into())) },
            ),
            #[cfg(feature = "local-signer")]
            ("keyd:id=device-id", Location::Keyd { id: "device-id".into(), folder: None }),
            #[cfg(feature = "local-signer")]
            (
                "keyd:id=a%26%25=b&folder=/run/x y",
                Location::Keyd { id: "a&%=b".into(), folder: Some("/run/x y".into()) },
            ),
            ("unix:/run/a b", Location::Process("/run/a b".into())),
            ("unix:relative", Location::Process("relative".into())),
            (
                "pkcs11:token=a;object=b?pin-source=/etc/pin",
                Location::Token("pkcs11:token=a;object=b?pin-source=/etc/pin".into()),
            ),
        ] {
            assert_eq!(text.parse(), Ok(expected.clone()), "{text}");
            assert_eq!(expected.to_string(), text);
        }
        assert_eq!(
            "TPM:tpm=device&file=k".parse::<Location>().unwrap().to_string(),
            "tpm:file=k&tpm=device:/dev/tpmrm0"
        );
        // The name of a file that looks like a URI.
        assert_eq!(Location::File("unix:a".into()).to_string(), "./unix:a");
    }

    #[cfg(feature = "tpm")]
    #[test]
    fn what_is_wrong_with_a_name_is_said_without_quoting_it() {
        use crate::error::EndpointError;
        for (text, expected) in [
            ("", Problem::Empty),
            ("-----BEGIN PRIVATE KEY-----\nMIG", Problem::Control),
            ("file:/etc/key.pem", Problem::Scheme),
            ("pkcs12:secret", Problem::Scheme),
            ("unix:", Problem::NoSocket),
            ("pkcs11:token=a?pin-value=1234", Problem::PinValue),
            ("PKCS11:token=a?module-name=m&PIN-Value=1234", Problem::PinValue),
            ("pkcs11:token=a?pin%2Dvalue=1234", Problem::PinValue),
            ("pkcs11:token=a? pin-%76alue =1234", Problem::PinValue),
            ("tpm:", Problem::FileOrHandle),
            ("tpm:tpm=device", Problem::FileOrHandle),
            ("tpm:file=k&handle=0x81000005", Problem::FileOrHandle),
            ("tpm:file", Problem::Attribute),
            ("tpm:file=", Problem::Attribute),
            ("tpm:file=k&", Problem::Attribute),
            ("tpm:password=secret", Problem::Attribute),
            ("tpm:/etc/key.pem", Problem::Attribute),
            ("tpm:file=a&file=b", Problem::Twice { name: "file" }),
            ("tpm:file=100%", Problem::Percent { name: "file" }),
            ("tpm:file=%+1", Problem::Percent { name: "file" }),
            ("tpm:file=%ff", Problem::Percent { name: "file" }),
            ("tpm:file=%0a", Problem::Percent { name: "file" }),
            ("tpm:handle=81000005", Problem::Handle),
            ("tpm:handle=0x+1000005", Problem::Handle),
            ("tpm:handle=0x80000000", Problem::Handle),
            ("tpm:handle=0x82000000", Problem::Handle),
            ("tpm:handle=0x181000005", Problem::Handle),
            ("tpm:file=k&tpm=mssim:x", Problem::Tpm(EndpointError::Unsupported("mssim".into()))),
        ] {
            let error = text.parse::<Location>().unwrap_err();
            assert_eq!(error, expected, "{text}");
            assert!(!error.to_string().contains("secret") && !error.to_string().contains("1234"), "{error}");
        }
    }

    #[cfg(feature = "local-signer")]
    #[test]
    fn what_is_wrong_with_a_name_in_keyd_is_said() {
        for (text, expected) in [
            ("keyd:", Problem::Keyd),
            ("keyd:device-id", Problem::Keyd),
            ("keyd:id=", Problem::Keyd),
            ("keyd:id=a&", Problem::Keyd),
            ("keyd:folder=/run/aziot", Problem::Keyd),
            ("keyd:id=a&folder=run", Problem::Keyd),
            ("keyd:id=a&socket=/run/keyd.sock", Problem::Keyd),
            ("keyd:id=a&id=b", Problem::Twice { name: "id" }),
            ("keyd:id=100%", Problem::Percent { name: "id" }),
        ] {
            assert_eq!(text.parse::<Location>(), Err(expected), "{text}");
        }
    }

    #[cfg(not(feature = "tpm"))]
    #[test]
    fn a_build_without_tpm_says_so() {
        assert_eq!("tpm:handle=0x81000005".parse::<Location>(), Err(Problem::NoTpm));
    }
}
