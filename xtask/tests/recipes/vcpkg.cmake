# Runs the port as vcpkg does, in script mode. The functions below stand for vcpkg's own, which it takes from a tree that is not
# here. PORT_DIR is the folder of the port, DOWNLOADS has the archive, WORK is a folder to work in, LINKAGE is static or dynamic.
cmake_minimum_required(VERSION 3.19)

file(READ "${PORT_DIR}/vcpkg.json" MANIFEST)
string(JSON PORT GET "${MANIFEST}" name)
string(JSON VERSION GET "${MANIFEST}" version-semver)
set(CURRENT_PORT_DIR "${PORT_DIR}")
set(CURRENT_BUILDTREES_DIR "${WORK}/buildtrees")
set(CURRENT_PACKAGES_DIR "${WORK}/packages")
set(VCPKG_TARGET_IS_LINUX ON)
set(VCPKG_LIBRARY_LINKAGE "${LINKAGE}")
# A triplet's name of this system's processor.
cmake_host_system_information(RESULT PROCESSOR QUERY OS_PLATFORM)
string(REGEX REPLACE "^x86_64$" "x64" VCPKG_TARGET_ARCHITECTURE "${PROCESSOR}")
string(REGEX REPLACE "^aarch64$" "arm64" VCPKG_TARGET_ARCHITECTURE "${VCPKG_TARGET_ARCHITECTURE}")

function(vcpkg_download_distfile OUT)
    cmake_parse_arguments(PARSE_ARGV 1 ARG "" "FILENAME;SHA512" "URLS")
    set(FILE "${CURRENT_BUILDTREES_DIR}/${ARG_FILENAME}")
    file(DOWNLOAD "${ARG_URLS}" "${FILE}" EXPECTED_HASH "SHA512=${ARG_SHA512}")
    set(${OUT} "${FILE}" PARENT_SCOPE)
endfunction()

function(vcpkg_extract_source_archive OUT)
    cmake_parse_arguments(PARSE_ARGV 1 ARG "" "ARCHIVE" "")
    file(ARCHIVE_EXTRACT INPUT "${ARG_ARCHIVE}" DESTINATION "${CURRENT_BUILDTREES_DIR}/src")
    # The one folder in it.
    file(GLOB FOLDER "${CURRENT_BUILDTREES_DIR}/src/*")
    set(${OUT} "${FOLDER}" PARENT_SCOPE)
endfunction()

function(vcpkg_execute_required_process)
    cmake_parse_arguments(PARSE_ARGV 0 ARG "" "WORKING_DIRECTORY;LOGNAME" "COMMAND")
    execute_process(COMMAND ${ARG_COMMAND} WORKING_DIRECTORY "${ARG_WORKING_DIRECTORY}" RESULT_VARIABLE RESULT)
    if(NOT RESULT EQUAL 0)
        message(FATAL_ERROR "${ARG_COMMAND}: ${RESULT}")
    endif()
endfunction()

function(vcpkg_fixup_pkgconfig)
endfunction()

function(vcpkg_install_copyright)
    cmake_parse_arguments(PARSE_ARGV 0 ARG "" "" "FILE_LIST")
    foreach(FILE IN LISTS ARG_FILE_LIST)
        file(READ "${FILE}" TEXT)
        file(APPEND "${CURRENT_PACKAGES_DIR}/share/${PORT}/copyright" "${TEXT}")
    endforeach()
endfunction()

include("${PORT_DIR}/portfile.cmake")
