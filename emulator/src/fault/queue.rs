use super::{Fault, Operation, PlannedFault};

/// The faults to come, in the order in which they were requested.
#[derive(Default)]
pub(crate) struct Faults(Vec<PlannedFault>);

impl Faults {
    pub(crate) fn plan(&mut self, planned: PlannedFault) {
        if planned.times > 0 {
            self.0.push(planned);
        }
    }

    /// Those to come.
    pub(crate) fn planned(&self) -> impl Iterator<Item = &PlannedFault> {
        self.0.iter()
    }

    /// Removes all of them, and returns how many requests they would still have met.
    pub(crate) fn clear(&mut self) -> u32 {
        self.0.drain(..).fold(0, |sum, planned| sum.saturating_add(planned.times))
    }

    /// What the next request of this operation meets.
    pub(crate) fn take(&mut self, operation: Operation) -> Option<Fault> {
        let index = self.0.iter().position(|planned| planned.operation == operation)?;
        let planned = self.0.get_mut(index)?;
        if planned.skip > 0 {
            planned.skip -= 1;
            return None;
        }
        planned.times -= 1;
        let fault = planned.fault.clone();
        if planned.times == 0 {
            self.0.remove(index);
        }
        Some(fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Operation::{LookUpRegistration, RegistrationStatus};

    #[test]
    fn faults_come_in_order_and_as_often_as_requested() {
        let mut faults = Faults::default();
        let busy = Fault::Status(429).retry_after("3");
        faults.plan(PlannedFault::new(RegistrationStatus, busy.clone()).skip(1).times(2));
        faults.plan(PlannedFault::new(RegistrationStatus, Fault::Truncated));
        faults.plan(PlannedFault::new(LookUpRegistration, Fault::Oversized).times(0));
        let polls: Vec<_> = (0..5).map(|_| faults.take(RegistrationStatus)).collect();
        assert_eq!(polls, [None, Some(busy.clone()), Some(busy), Some(Fault::Truncated), None]);
        assert_eq!(faults.take(LookUpRegistration), None);
        assert_eq!(Fault::Oversized.retry_after("3"), Fault::Oversized);
    }

    #[test]
    fn faults_that_are_cleared_do_not_come() {
        let mut faults = Faults::default();
        faults.plan(PlannedFault::new(RegistrationStatus, Fault::Truncated).times(3));
        faults.plan(PlannedFault::new(LookUpRegistration, Fault::Oversized).skip(5).times(2));
        assert!(faults.take(RegistrationStatus).is_some());
        assert_eq!((faults.clear(), faults.clear()), (4, 0));
        assert_eq!((faults.take(RegistrationStatus), faults.take(LookUpRegistration)), (None, None));
    }
}
