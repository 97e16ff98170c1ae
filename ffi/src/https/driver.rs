//! The driver, on the library's client.

use crate::{code::DEFENDERAUTH_NULL, failure::Failure, operational::Noting, tpm::Device};
pub(super) use defender_auth::https::Cancel;
use defender_auth::{
    Action, Authenticator, agent,
    https::{Client, HttpsError},
    tls::Roots,
};
use std::{
    path::Path,
    sync::{Arc, OnceLock},
    time::Duration,
};

#[expect(clippy::unnecessary_wraps, reason = "a build without the driver returns an error")]
pub(crate) const fn is_available() -> Result<(), Failure> {
    Ok(())
}

pub(crate) struct Driver {
    /// With the trust anchors. Created when first needed: a system may have no root certificates, and others be set.
    client: OnceLock<Client>,
    place: Option<(String, u16)>,
    clock_offset: i64,
    cancel: Cancel,
}

impl Driver {
    #[expect(clippy::unnecessary_wraps, reason = "a build without the driver returns an error")]
    pub(super) fn new() -> Result<Self, Failure> {
        Ok(Self { client: OnceLock::new(), place: None, clock_offset: 0, cancel: Cancel::new() })
    }

    pub(super) fn trust_file(&mut self, path: &Path) -> Result<(), Failure> {
        let pem = agent::roots_file(path)?;
        self.trust(Roots::Pem(&pem)).map_err(|failure| failure.field(path.display().to_string()))
    }

    pub(super) fn trust_pem(&mut self, pem: &str) -> Result<(), Failure> {
        self.trust(Roots::Pem(pem.as_bytes())).map_err(|failure| failure.field("pem"))
    }

    pub(super) fn trust_azure(&mut self) -> Result<(), Failure> {
        self.trust(Roots::Azure)
    }

    fn trust(&mut self, roots: Roots<'_>) -> Result<(), Failure> {
        self.client = OnceLock::from(Client::with(roots, Vec::new())?);
        Ok(())
    }

    pub(super) fn connect_to(&mut self, host: &str, port: u16) {
        self.place = Some((host.to_owned(), port));
    }

    pub(super) const fn set_clock_offset(&mut self, seconds: i64) {
        self.clock_offset = seconds;
    }

    /// What ends its runs.
    pub(super) fn cancel(&self) -> Cancel {
        self.cancel.clone()
    }

    pub(super) fn run(
        &self,
        machine: &mut Authenticator,
        tpm: Option<&mut Device>,
        limit: Duration,
        noting: Option<&Arc<Noting>>,
    ) -> Result<(), Failure> {
        // Needs no trust anchors, which the image of a module may not have.
        if matches!(machine.poll(), Action::Done(_)) && !self.cancel.is_cancelled() {
            return Ok(());
        }
        let client = self.client()?.stop_after(limit);
        let client = match noting.cloned() {
            Some(noting) => client.noting_operations(move |operation| noting.note(operation)),
            None => client,
        };
        let is_without = tpm.is_none();
        let result = match tpm {
            Some(tpm) => tpm.run(&client, machine),
            None => client.run(machine),
        };
        match (result, machine.poll()) {
            (Ok(()), Action::Failed(error)) => Err(error.into()),
            (Ok(()), _) => Ok(()),
            (Err(HttpsError::Failed(_)), Action::Activate(_) | Action::Sign(..)) if is_without => {
                let message = "the pending action needs a TPM; pass one, or perform the action and report its result";
                Err(Failure::new(DEFENDERAUTH_NULL, message).field("tpm_or_null"))
            }
            (Err(error), _) => Err(error.into()),
        }
    }

    /// With all settings. It shares the TLS configuration with the stored one.
    pub(super) fn client(&self) -> Result<Client, Failure> {
        let trusting = if let Some(client) = self.client.get() {
            client
        } else {
            let client = Client::new()?;
            self.client.get_or_init(|| client)
        };
        let client = trusting.clone().cancelled_by(&self.cancel).clock_offset(self.clock_offset);
        Ok(match &self.place {
            Some((host, port)) => client.connect_to(host, *port),
            None => client,
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;
    use crate::{
        abi::ResultCode,
        code::{
            DEFENDERAUTH_CANCELLED, DEFENDERAUTH_CLOCK, DEFENDERAUTH_REGISTRATION_DISABLED,
            DEFENDERAUTH_SERVICE_UNAUTHORIZED, DEFENDERAUTH_TIMEOUT, DEFENDERAUTH_TLS,
        },
    };
    use defender_auth::{
        Device, Now, Plan, SharedAccessKey, UnixTime, credential::Credential, device_mode::Target, dps::Profile,
    };
    use defender_auth_emulator::{self as emulator, Dps, Emulator, Enrollment, Fault, Hub, Module, Operation, World};
    use std::time::{Instant, SystemTime};

    const HUB: &str = "contoso.azure-devices.net";
    const KEY: &str = "AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw=";
    const MINUTE: Duration = Duration::from_secs(60);

    fn cloud() -> Emulator {
        let device = emulator::Device::new("dev-01", KEY).module(Module::new("azureiotsecurity", KEY));
        let dps = Dps::new("0ne00000A0A").enrollment(Enrollment::new("dev-01", KEY).pending(0));
        let world = World::new().hub(Hub::new(HUB).device(device)).dps(dps);
        Emulator::play(world, "127.0.0.1:0".parse().unwrap()).unwrap()
    }

    /// A driver that trusts an emulator and connects to it.
    fn driver(cloud: &Emulator) -> Driver {
        let mut driver = Driver::new().unwrap();
        driver.connect_to("127.0.0.1", cloud.https_address().port());
        driver.trust_pem(cloud.root_pem()).unwrap();
        driver
    }

    fn machine(plan: &Plan) -> Authenticator {
        let now = Now { wall: SystemTime::now().into(), monotonic: Duration::ZERO };
        Authenticator::new(plan, now, Duration::from_secs(600))
    }

    fn key() -> SharedAccessKey {
        SharedAccessKey::from_base64(KEY).unwrap()
    }

    fn registering() -> Authenticator {
        let profile = Profile::new("0ne00000A0A".parse().unwrap(), "dev-01".parse().unwrap());
        let plan = Plan::provision(profile, key()).unwrap();
        machine(&plan.in_device_mode(Target::default()).unwrap())
    }

    fn ends(result: Result<(), Failure>, code: ResultCode) -> Failure {
        let failure = result.unwrap_err();
        assert_eq!(failure.code(), code, "{failure:?}");
        failure
    }

    #[test]
    fn a_run_ends_done() {
        let cloud = cloud();
        let mut machine = registering();
        driver(&cloud).run(&mut machine, None, MINUTE, None).unwrap();
        assert!(matches!(machine.poll(), Action::Done(_)), "{machine:?}");
    }

    #[test]
    fn a_failed_run_reports_its_failure_each_time() {
        let (cloud, mut machine) = (cloud(), registering());
        cloud.disable_enrollment("dev-01").unwrap();
        let driver = driver(&cloud);
        for _ in 0..2 {
            ends(driver.run(&mut machine, None, MINUTE, None), DEFENDERAUTH_REGISTRATION_DISABLED);
        }
    }

    #[test]
    fn a_run_continues_after_a_timeout() {
        let (cloud, mut machine) = (cloud(), registering());
        cloud.fault(Operation::Register, Fault::Status(429).retry_after("300"), 1);
        let mut driver = driver(&cloud);
        for moment in [0, 300, 300] {
            let failure =
                ends(driver.run(&mut machine, None, Duration::from_millis(moment), None), DEFENDERAUTH_TIMEOUT);
            assert!(failure.is_retryable);
        }
        assert!(matches!(machine.poll(), Action::Wait(_)), "{machine:?}");
        // By this clock the wait has elapsed.
        driver.set_clock_offset(400);
        driver.run(&mut machine, None, MINUTE, None).unwrap();
        assert!(matches!(machine.poll(), Action::Done(_)), "{machine:?}");
    }

    #[test]
    fn a_cancelled_driver_ends_every_run() {
        let (cloud, mut machine) = (cloud(), registering());
        cloud.fault(Operation::Register, Fault::Status(429).retry_after("300"), 1);
        let (driver, begin) = (driver(&cloud), Instant::now());
        std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(Duration::from_millis(300));
                driver.cancel().cancel();
            });
            assert!(!ends(driver.run(&mut machine, None, MINUTE * 9, None), DEFENDERAUTH_CANCELLED).is_retryable);
        });
        ends(driver.run(&mut registering(), None, MINUTE, None), DEFENDERAUTH_CANCELLED);
        assert!(begin.elapsed() < MINUTE, "{:?}", begin.elapsed());
    }

    #[test]
    fn a_server_under_another_trust_anchor_is_rejected() {
        let (cloud, other, mut machine) = (cloud(), cloud(), registering());
        let mut driver = driver(&cloud);
        driver.trust_pem(other.root_pem()).unwrap();
        let failure = ends(driver.run(&mut machine, None, MINUTE, None), DEFENDERAUTH_TLS);
        assert_eq!(failure.field, "global.azure-devices-provisioning.net");
        driver.trust_pem(cloud.root_pem()).unwrap();
        driver.run(&mut machine, None, MINUTE, None).unwrap();
    }

    /// The emulator's certificate is valid for months.
    #[test]
    fn a_clock_outside_of_the_validity_of_the_server_is_reported_as_the_clock() {
        let cloud = cloud();
        for years in [-27, 9] {
            let mut driver = driver(&cloud);
            driver.set_clock_offset(years * 365 * 86_400);
            let failure = ends(driver.run(&mut registering(), None, MINUTE, None), DEFENDERAUTH_CLOCK);
            assert_eq!(failure.field, "global.azure-devices-provisioning.net");
            assert!(failure.message.contains("this device's clock says") && !failure.is_retryable, "{failure:?}");
        }
    }

    #[test]
    fn an_action_for_a_tpm_stays_pending_without_one() {
        let (cloud, hub) = (cloud(), HUB.parse().unwrap());
        let device = Device::new(hub, "dev-01".parse().unwrap(), Credential::ExternalSigner);
        let mut machine = machine(&Plan::device(device).in_device_mode(Target::default()).unwrap());
        let failure = ends(driver(&cloud).run(&mut machine, None, MINUTE, None), DEFENDERAUTH_NULL);
        assert_eq!(failure.field, "tpm_or_null");
        assert!(matches!(machine.poll(), Action::Sign(..)), "{machine:?}");
    }

    #[test]
    fn a_wrong_clock_is_corrected_by_the_offset() {
        let cloud = cloud();
        cloud.clock_offset(7200);
        let mut driver = driver(&cloud);
        ends(driver.run(&mut registering(), None, MINUTE, None), DEFENDERAUTH_SERVICE_UNAUTHORIZED);
        driver.set_clock_offset(7200);
        let wall = UnixTime::from(SystemTime::now()) + Duration::from_secs(7200);
        let plan = Plan::device(Device::new(HUB.parse().unwrap(), "dev-01".parse().unwrap(), key()));
        let plan = plan.in_device_mode(Target::default()).unwrap();
        let mut machine = Authenticator::new(&plan, Now { wall, monotonic: Duration::ZERO }, Duration::from_secs(600));
        driver.run(&mut machine, None, MINUTE, None).unwrap();
    }
}
