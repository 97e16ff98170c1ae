use super::super::{Driver, DriverError};
use defender_auth::{Password, renewal::certificate_report, twin, x509::Certificate};

/// The ID of the report. The driver reads no answer to it.
const RID: u32 = 1;

impl Driver {
    /// Reports the certificate of the connection in the device's twin, if that is another one than reported.
    pub(in crate::driver) fn report_certificate(&mut self, password: &Password) -> Result<(), DriverError> {
        let Password::Certificate(used) = password else { return Ok(()) };
        let keeper = &mut self.options.keeper;
        let current = keeper.kept.current().and_then(|current| current.chain.certificates().first());
        let Some(leaf) = used.chain().first().filter(|leaf| Some(*leaf) == current) else { return Ok(()) };
        let Some(read) = Certificate::from_der(leaf).ok().filter(|_| keeper.reported.as_ref() != Some(leaf)) else {
            return Ok(());
        };
        let report = certificate_report(read.not_before(), read.not_after());
        keeper.reported = Some(leaf.clone());
        let Some(live) = &mut self.live else { return Ok(()) };
        match live.connection.publish(&twin::report_topic(RID), report.as_bytes()) {
            Ok(()) => Ok(()),
            Err(error) => {
                self.options.keeper.reported = None;
                self.check_cancelled()?;
                self.lost(error)
            }
        }
    }
}
