//! Operational certificates: from a request to a certificate in use, in a folder that loses none of them.

mod export;
pub(crate) mod kept;
pub(crate) mod place;
pub(crate) mod registration;
pub(crate) mod renewal;
pub(crate) mod shown;
