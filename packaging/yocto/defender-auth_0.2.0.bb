SUMMARY = "Authentication of agents to Azure IoT Hub and its Device Provisioning Service"
DESCRIPTION = "The command defenderauth, and the C library with its header and its file for pkg-config."
HOMEPAGE = "https://docs.rs/defender-auth"
SECTION = "net"
LICENSE = "MIT | Apache-2.0"
LIC_FILES_CHKSUM = "\
    file://LICENSE-MIT;md5=@md5-mit@ \
    file://LICENSE-APACHE;md5=@md5-apache@ \
"

# The archive of the release, beside this file or in the download folder; its checksum is in SHA256SUMS. What is in it stands where
# S points without being set, in WORKDIR or, in later releases of Yocto, in UNPACKDIR.
SRC_URI = "file://defender-auth-${PV}.tar.gz"

inherit cargo cargo-update-recipe-crates pkgconfig

# Every crate of Cargo.lock, made by `cargo xtask release`, or by `bitbake -c update_crates defender-auth`.
require defender-auth-crates.inc

# Modules of PKCS#11 are left out: they are loaded from other packages.
CARGO_BUILD_FLAGS += "--package defender-auth-cli --package defender-auth-ffi --no-default-features --features full"

do_install() {
    install -D -m 0755 ${B}/target/${CARGO_TARGET_SUBDIR}/defenderauth ${D}${bindir}/defenderauth
    install -D -m 0755 ${B}/target/${CARGO_TARGET_SUBDIR}/libdefenderauth.so ${D}${libdir}/libdefenderauth.so.${PV}
    ln -s libdefenderauth.so.${PV} ${D}${libdir}/libdefenderauth.so.0
    ln -s libdefenderauth.so.0 ${D}${libdir}/libdefenderauth.so
    install -D -m 0644 ${S}/include/defenderauth.h ${D}${includedir}/defenderauth.h
    install -d ${D}${libdir}/pkgconfig
    sed -e 's#@up@#..#; s#@libdir@#${baselib}#; s#@version@#${PV}#; s#@features@#full#; s#@libraries@##' \
        ${S}/ffi/dist/defenderauth.pc.in > ${D}${libdir}/pkgconfig/defenderauth.pc
}

PACKAGES =+ "lib${BPN}"
FILES:lib${BPN} = "${libdir}/libdefenderauth.so.*"
RRECOMMENDS:${PN} = "ca-certificates"
