//! Operational certificates: from a request to a certificate in use, in a folder that loses none of them.

pub(crate) mod described;
mod export;
pub(crate) mod kept;
pub(crate) mod place;
pub(crate) mod registration;
pub(crate) mod renewal;
pub(crate) mod shown;
