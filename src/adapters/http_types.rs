//! Requests as those of the crate `http`, which many HTTP clients take.

use crate::flow::http::Request;
use alloc::vec::Vec;
use http::{HeaderValue, Method, Uri, header::HeaderName};

/// Method, URL, headers and body. The header with the credential is marked as sensitive.
///
/// ```
/// use core::time::Duration;
/// use defender_auth::{Action, Authenticator, Device, Now, Plan, SharedAccessKey, UnixTime, device_mode::Target};
///
/// let key = SharedAccessKey::from_base64("AwoRGB8mLTQ7QklQV15lbA==")?;
/// let device = Device::new("contoso.azure-devices.net".parse()?, "dev-01".parse()?, key);
/// let plan = Plan::device(device).in_device_mode(Target::default())?;
/// let now = Now { wall: UnixTime::from_secs(1_700_000_000), monotonic: Duration::ZERO };
/// let auth = Authenticator::new(&plan, now, Duration::from_secs(600));
/// let Action::Send(request) = auth.poll() else { unreachable!("the hub is asked first") };
/// let request = http::Request::<Vec<u8>>::from(request);
/// assert_eq!(request.uri().host(), Some("contoso.azure-devices.net"));
/// assert!(request.headers()["authorization"].is_sensitive());
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
impl From<&Request> for http::Request<Vec<u8>> {
    #[expect(
        clippy::expect_used,
        reason = "a request cannot hold what a URL or a header cannot: its parts are checked"
    )]
    fn from(request: &Request) -> Self {
        let mut this = Self::new(request.body().into());
        *this.method_mut() = match request.method() {
            "GET" => Method::GET,
            "PUT" => Method::PUT,
            _ => Method::POST,
        };
        *this.uri_mut() = Uri::try_from(request.url()).expect("host and target are checked");
        for (name, value) in request.headers() {
            let mut value = HeaderValue::from_str(value).expect("a token is printable ASCII");
            value.set_sensitive(name == "authorization");
            this.headers_mut().insert(HeaderName::from_static(name), value);
        }
        this
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        base::time::{Now, UnixTime},
        flow::{
            authenticator::{Action, Authenticator},
            device_mode::Target,
            dps::Profile,
            outcome::Device,
            plan::Plan,
        },
        key::SharedAccessKey,
        sas::SasToken,
    };
    use alloc::format;
    use core::time::Duration;

    const NOW: Now = Now { wall: UnixTime::from_secs(1_700_000_000), monotonic: Duration::ZERO };

    /// Every character that a name may have.
    const ID: &str = "aZ09-:.+%_#*?!(),=@;$'";

    fn first_of(plan: &Plan) -> http::Request<Vec<u8>> {
        let auth = Authenticator::new(plan, NOW, Duration::from_secs(600));
        let Action::Send(request) = auth.poll() else { panic!("{auth:?}") };
        let converted = http::Request::from(request);
        assert_eq!(converted.uri(), request.url().as_str());
        assert_eq!(converted.body(), request.body());
        let headers: Vec<_> =
            converted.headers().iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
        assert!(
            request.headers().all(|header| headers.contains(&header)) && request.headers().count() == headers.len()
        );
        converted
    }

    #[test]
    fn a_registration_keeps_all_its_parts() {
        let key = SharedAccessKey::from_bytes(&[7; 32]).unwrap();
        let profile = Profile::new("0ne00000A0A".parse().unwrap(), "a-Z.0_9:x".parse().unwrap());
        let plan = Plan::provision(
            profile.with_endpoint("own_dps.example".parse::<crate::identity::HostName>().unwrap()),
            key,
        );
        let plan = plan.unwrap();
        assert_eq!(first_of(&plan).method(), Method::PUT);
        assert_eq!(first_of(&plan.lookup_only(true).unwrap()).method(), Method::POST);
    }

    #[test]
    fn names_with_every_character_make_a_url() {
        let token = SasToken::parse("SharedAccessSignature sr=x&sig=y&se=1800000000").unwrap();
        let device = Device::new("H-0.example".parse().unwrap(), ID.parse().unwrap(), token);
        let plan = Plan::device(device).in_device_mode(Target::new(ID.parse().unwrap())).unwrap();
        let request = first_of(&plan);
        assert_eq!(request.method(), Method::GET);
        assert!(request.headers()["authorization"].is_sensitive());
        assert_eq!(format!("{}", request.uri().path().matches('/').count()), "4");
    }
}
