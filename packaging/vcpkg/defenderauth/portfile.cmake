# Builds the C library with cargo, which has to be in PATH: vcpkg has no Rust of its own. The archive of the release has to be in
# the folder of vcpkg's downloads; its checksum is made by `cargo xtask release`.
set(ARCHIVE "defender-auth-${VERSION}.tar.gz")
vcpkg_download_distfile(ARCHIVE_PATH
    URLS "file:///${DOWNLOADS}/${ARCHIVE}"
    FILENAME "${ARCHIVE}"
    SHA512 "@sha512@"
)
vcpkg_extract_source_archive(SOURCE_PATH ARCHIVE "${ARCHIVE_PATH}")

# Rust's names of the triplets' systems. For another system than this one `rustup target add` brings its standard library.
set(RUST_x64 "x86_64-unknown-linux-gnu")
set(RUST_arm64 "aarch64-unknown-linux-gnu")
set(RUST_arm "armv7-unknown-linux-gnueabihf")
set(RUST_riscv64 "riscv64gc-unknown-linux-gnu")

find_program(CARGO cargo REQUIRED)
vcpkg_execute_required_process(
    COMMAND "${CARGO}" xtask dist --prefix "${CURRENT_PACKAGES_DIR}" --features full --target "${RUST_${VCPKG_TARGET_ARCHITECTURE}}"
    WORKING_DIRECTORY "${SOURCE_PATH}"
    LOGNAME "dist-${TARGET_TRIPLET}"
)

# The files for CMake find the libraries from where they are, and stay there.
set(VCPKG_POLICY_SKIP_MISPLACED_CMAKE_FILES_CHECK enabled)
set(VCPKG_POLICY_SKIP_LIB_CMAKE_MERGE_CHECK enabled)
vcpkg_fixup_pkgconfig(SKIP_CHECK)

# One build is for both configurations, and one of the two libraries is what the triplet asks for.
if(VCPKG_LIBRARY_LINKAGE STREQUAL "static")
    file(GLOB OTHER "${CURRENT_PACKAGES_DIR}/lib/libdefenderauth.so*")
else()
    set(OTHER "${CURRENT_PACKAGES_DIR}/lib/libdefenderauth.a")
endif()
file(REMOVE ${OTHER})

vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE-MIT" "${SOURCE_PATH}/LICENSE-APACHE")
set(VCPKG_POLICY_MISMATCHED_NUMBER_OF_BINARIES enabled)
