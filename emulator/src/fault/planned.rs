use super::{Fault, Operation};
use serde::Deserialize;
use std::time::Duration;

/// A fault, the operation that meets it, and how often.
///
/// In a configuration it is a `[[fault]]` with the members `operation` and `fault`: `status` (with `status` and, if
/// wanted, `retry_after`), `redirect` (with `location`), `truncated`, `oversized`, `wrongContentType`, `resetMidBody`,
/// `stall` (with `seconds`), `badKeyBlob`, `foreignEndorsementKey`, `secondChallenge` or `chain` (with `chain`); for
/// `issueCertificate` also `errorCode` (with `code` and, if wanted, `retry_after`), `noAnswer`, `versionFirst` or
/// `versionLast`; for `connect` also `connack` (with `code`); for `subscribe` also `suback` (with `code`), `noAnswer` or
/// `disconnect` (with `code`); for `birth` also `noAnswer`, `disconnect` (with `code`) or `otherCorrelation`; for a handshake also `serverCertificateExpired`, `serverCertificateNotYetValid`,
/// `serverCertificateWrongHost`, `serverCertificateUntrusted`, `plainText` or `alert` (with `alert`). `skip` and `times`
/// are optional.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Table")]
pub struct PlannedFault {
    pub(crate) operation: Operation,
    pub(crate) fault: Fault,
    pub(crate) skip: u32,
    pub(crate) times: u32,
}

impl PlannedFault {
    /// A fault that the first request of an operation meets.
    #[must_use]
    pub const fn new(operation: Operation, fault: Fault) -> Self {
        Self { operation, fault, skip: 0, times: 1 }
    }

    /// Answers this number of requests as usual first.
    #[must_use]
    pub const fn skip(mut self, requests: u32) -> Self {
        self.skip = requests;
        self
    }

    /// Applies to this number of requests, one unless set.
    #[must_use]
    pub const fn times(mut self, requests: u32) -> Self {
        self.times = requests;
        self
    }
}

/// What a configuration says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    operation: Operation,
    fault: String,
    status: Option<u16>,
    retry_after: Option<String>,
    location: Option<String>,
    seconds: Option<u64>,
    code: Option<u32>,
    alert: Option<String>,
    chain: Option<String>,
    #[serde(default)]
    skip: u32,
    #[serde(default = "once")]
    times: u32,
}

const fn once() -> u32 {
    1
}

impl TryFrom<Table> for PlannedFault {
    type Error = String;

    fn try_from(table: Table) -> Result<Self, String> {
        let Table { operation, fault: name, status, retry_after, location, seconds, code, alert, chain, skip, times } =
            table;
        // Each of them belongs to one fault.
        let given = [
            (&["status"] as &[&str], "status", status.is_some()),
            (&["status", "errorCode"], "retry_after", retry_after.is_some()),
            (&["redirect"], "location", location.is_some()),
            (&["stall"], "seconds", seconds.is_some()),
            (&["connack", "errorCode", "suback", "disconnect"], "code", code.is_some()),
            (&["alert"], "alert", alert.is_some()),
            (&["chain"], "chain", chain.is_some()),
        ];
        let is_foreign = |owners: &[&str]| !owners.contains(&name.as_str());
        if let Some((_, member, _)) = given.into_iter().find(|(owners, _, is_given)| *is_given && is_foreign(owners)) {
            return Err(format!("the fault `{name}` has no `{member}`"));
        }
        let texts = [("retry_after", &retry_after), ("location", &location)];
        let is_header = |text: &String| text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
        if let Some((member, _)) = texts.into_iter().find(|(_, text)| !text.as_ref().is_none_or(is_header)) {
            return Err(format!("`{member}` is sent as a header: it requires printable ASCII characters"));
        }
        let requires = |member: &str| format!("the fault `{name}` requires `{member}`");
        let fault = match name.as_str() {
            "status" => {
                let status = status.ok_or_else(|| requires("status"))?;
                if !(200..=599).contains(&status) {
                    return Err(format!("the fault `status` requires a status from 200 to 599, not {status}"));
                }
                retry_after.iter().fold(Fault::Status(status), |fault, value| fault.retry_after(value))
            }
            "redirect" => Fault::Redirect(location.ok_or_else(|| requires("location"))?),
            "stall" => Fault::Stall(Duration::from_secs(seconds.ok_or_else(|| requires("seconds"))?)),
            "truncated" => Fault::Truncated,
            "oversized" => Fault::Oversized,
            "wrongContentType" => Fault::WrongContentType,
            "resetMidBody" => Fault::ResetMidBody,
            "badKeyBlob" => Fault::BadKeyBlob,
            "foreignEndorsementKey" => Fault::ForeignEndorsementKey,
            "secondChallenge" => Fault::SecondChallenge,
            "connack" => match code.ok_or_else(|| requires("code"))? {
                code @ (1..=5 | 0x80..=0xff) => Fault::Connack(code.to_le_bytes()[0]),
                code => {
                    let what = "requires a code from 1 to 5, or of MQTT 5 from 128 to 255";
                    return Err(format!("the fault `connack` {what}, not {code}"));
                }
            },
            "suback" => match code.ok_or_else(|| requires("code"))? {
                // What the standard has for a SUBACK.
                code @ (0x80 | 0x83 | 0x87 | 0x8f | 0x91 | 0x97 | 0x9e | 0xa1 | 0xa2) => {
                    Fault::Suback(code.to_le_bytes()[0])
                }
                code => return Err(format!("the fault `suback` requires a reason code of a SUBACK, not {code}")),
            },
            "disconnect" => match code.ok_or_else(|| requires("code"))? {
                code @ 0x00..=0xff => Fault::Disconnect(code.to_le_bytes()[0]),
                code => return Err(format!("the fault `disconnect` requires a code from 0 to 255, not {code}")),
            },
            "otherCorrelation" => Fault::OtherCorrelation,
            "chain" => Fault::Chain(chain.ok_or_else(|| requires("chain"))?.parse()?),
            "errorCode" => match code.ok_or_else(|| requires("code"))? {
                code @ 400_000..=599_999 => {
                    let seconds = retry_after.map(|text| text.parse()).transpose();
                    let retry_after = seconds.map_err(|_| "`retry_after` requires a number of seconds".to_owned())?;
                    Fault::ErrorCode { code, retry_after }
                }
                code => return Err(format!("the fault `errorCode` requires a code from 400000 to 599999, not {code}")),
            },
            "noAnswer" => Fault::NoAnswer,
            "versionFirst" => Fault::VersionFirst,
            "versionLast" => Fault::VersionLast,
            "serverCertificateExpired" => Fault::ServerCertificateExpired,
            "serverCertificateNotYetValid" => Fault::ServerCertificateNotYetValid,
            "serverCertificateWrongHost" => Fault::ServerCertificateWrongHost,
            "serverCertificateUntrusted" => Fault::ServerCertificateUntrusted,
            "plainText" => Fault::PlainText,
            "alert" => Fault::Alert(alert.ok_or_else(|| requires("alert"))?.parse()?),
            _ => {
                return Err(format!(
                    "there is no fault {name:?}; the faults are `status`, `redirect`, `truncated`, `oversized`, \
                     `wrongContentType`, `resetMidBody`, `stall`, `badKeyBlob`, `foreignEndorsementKey`, \
                     `secondChallenge`, `chain`, `errorCode`, `noAnswer`, `versionFirst`, `versionLast`, `connack`, `suback`, `disconnect`, \
                     `otherCorrelation`, `serverCertificateExpired`, `serverCertificateNotYetValid`, \
                     `serverCertificateWrongHost`, `serverCertificateUntrusted`, `plainText` and `alert`"
                ));
            }
        };
        if fault.is_of_handshake() && !operation.is_handshake() {
            return Err(format!("the fault `{name}` requires the operation `httpsHandshake` or `mqttHandshake`"));
        }
        if fault.is_of_renewal() && operation != Operation::IssueCertificate {
            return Err(format!("the fault `{name}` requires the operation `issueCertificate`"));
        }
        if let Some(operations) = fault.operations().filter(|those| !those.contains(&operation)) {
            let names: Vec<String> = operations.iter().map(|those| format!("`{those}`")).collect();
            return Err(format!("the fault `{name}` requires the operation {}", names.join(" or ")));
        }
        Ok(Self { operation, fault, skip, times })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Alert;

    fn read(text: &str) -> Result<PlannedFault, String> {
        toml::from_str(text).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn every_fault_is_read_from_a_table() {
        let busy =
            "operation = 'registrationStatus'\nfault = 'status'\nstatus = 429\nretry_after = '3'\nskip = 1\ntimes = 2";
        let planned = PlannedFault::new(Operation::RegistrationStatus, Fault::Status(429).retry_after("3"));
        assert_eq!(read(busy), Ok(planned.skip(1).times(2)));
        for (rest, fault) in [
            ("fault = 'status'\nstatus = 503", Fault::Status(503)),
            ("fault = 'redirect'\nlocation = 'https://x'", Fault::Redirect("https://x".into())),
            ("fault = 'stall'\nseconds = 4", Fault::Stall(Duration::from_secs(4))),
            ("fault = 'truncated'", Fault::Truncated),
            ("fault = 'oversized'", Fault::Oversized),
            ("fault = 'wrongContentType'", Fault::WrongContentType),
            ("fault = 'resetMidBody'", Fault::ResetMidBody),
            ("fault = 'badKeyBlob'", Fault::BadKeyBlob),
            ("fault = 'foreignEndorsementKey'", Fault::ForeignEndorsementKey),
            ("fault = 'secondChallenge'", Fault::SecondChallenge),
        ] {
            let planned = PlannedFault::new(Operation::ReadModule, fault);
            assert_eq!(read(&format!("operation = 'readModule'\n{rest}")), Ok(planned));
        }
        let busy = read("operation = 'connect'\nfault = 'connack'\ncode = 3");
        assert_eq!(busy, Ok(PlannedFault::new(Operation::Connect, Fault::Connack(3))));
        for (rest, fault) in [
            ("fault = 'serverCertificateExpired'", Fault::ServerCertificateExpired),
            ("fault = 'serverCertificateNotYetValid'", Fault::ServerCertificateNotYetValid),
            ("fault = 'serverCertificateWrongHost'", Fault::ServerCertificateWrongHost),
            ("fault = 'serverCertificateUntrusted'", Fault::ServerCertificateUntrusted),
            ("fault = 'plainText'", Fault::PlainText),
            ("fault = 'alert'\nalert = 'unknown_ca'", Fault::Alert(Alert::UnknownCa)),
            ("fault = 'stall'\nseconds = 4", Fault::Stall(Duration::from_secs(4))),
        ] {
            let planned = PlannedFault::new(Operation::MqttHandshake, fault);
            assert_eq!(read(&format!("operation = 'mqttHandshake'\n{rest}")), Ok(planned));
        }
    }

    #[test]
    fn what_is_wrong_with_a_table_is_named() {
        for (rest, word) in [
            ("operation = 'poll'\nfault = 'truncated'", "`registrationStatus`"),
            ("operation = 'register'\nfault = 'slow'", "`stall`"),
            ("operation = 'register'\nfault = 'status'", "requires `status`"),
            ("operation = 'register'\nfault = 'status'\nstatus = 42", "200 to 599"),
            ("operation = 'register'\nfault = 'redirect'", "requires `location`"),
            ("operation = 'register'\nfault = 'stall'", "requires `seconds`"),
            ("operation = 'register'\nfault = 'truncated'\nretry_after = '3'", "no `retry_after`"),
            ("operation = 'register'\nfault = 'redirect'\nlocation = \"x\\r\\nSet-Cookie: y\"", "printable ASCII"),
            ("operation = 'register'\nfault = 'truncated'\nfrequency = 3", "unknown field"),
            ("fault = 'truncated'", "operation"),
            ("operation = 'connect'\nfault = 'connack'", "requires `code`"),
            ("operation = 'connect'\nfault = 'connack'\ncode = 0", "128 to 255, not 0"),
            ("operation = 'register'\nfault = 'connack'\ncode = 3", "the operation `connect`"),
            ("operation = 'connect'\nfault = 'plainText'", "`httpsHandshake` or `mqttHandshake`"),
            ("operation = 'mqttHandshake'\nfault = 'alert'", "requires `alert`"),
            ("operation = 'mqttHandshake'\nfault = 'alert'\nalert = 'expired'", "`certificate_expired`"),
            ("operation = 'mqttHandshake'\nfault = 'plainText'\nalert = 'unknown_ca'", "has no `alert`"),
        ] {
            let error = read(rest).unwrap_err();
            assert!(error.contains(word), "{rest}: {error}");
        }
    }
}
