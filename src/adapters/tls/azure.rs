/// The trust anchors of the certificates of IoT Hub and DPS, in DER: `DigiCert` Global Root G2 and G3, Microsoft RSA and ECC
/// Root Certificate Authority 2017. They expire in 2038 and 2042.
///
/// Several, because a service may change to another root: devices that trusted only the Baltimore root lost the service in
/// 2023. Prefer the system's store, which is kept up to date, where there is one.
///
/// Sources: `Azure/azure-iot-sdk-c:certs/certs.c` for the list, and the crate `webpki-root-certs` for the bytes, with which
/// a test compares them.
pub const AZURE_ROOTS: [&[u8]; 4] = [
    include_bytes!("roots/digicert_global_root_g2.der"),
    include_bytes!("roots/digicert_global_root_g3.der"),
    include_bytes!("roots/microsoft_rsa_root_2017.der"),
    include_bytes!("roots/microsoft_ecc_root_2017.der"),
];

#[cfg(test)]
mod tests {
    use super::AZURE_ROOTS;
    use webpki_root_certs::TLS_SERVER_ROOT_CERTS;

    #[test]
    fn each_is_among_the_roots_that_browsers_trust() {
        for root in AZURE_ROOTS {
            assert!(TLS_SERVER_ROOT_CERTS.iter().any(|known| known.as_ref() == root));
        }
    }
}
