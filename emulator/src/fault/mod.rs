//! Faults on request: what a network and a service can do to a client at the worst moment.

mod alert;
mod chain;
mod kind;
mod operation;
mod planned;
mod queue;

pub use alert::Alert;
pub use chain::ChainFault;
pub use kind::Fault;
pub use operation::{Operation, OperationError};
pub use planned::PlannedFault;
pub(crate) use queue::Faults;
