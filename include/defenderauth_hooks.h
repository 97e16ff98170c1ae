/*
 * What a program defines that is linked with the libdefenderauth.a of `cargo xtask dist --bare`, which has no operating system
 * under it. In every other build there are no such functions.
 */

#ifndef DEFENDERAUTH_HOOKS_H
#define DEFENDERAUTH_HOOKS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Returns memory that is aligned for a uint64_t, as malloc does, or NULL, which is a panic. Not needed by a program that
 * calls only functions that do not allocate, if it is linked with --gc-sections. Like defenderauth_hook_free it is called in the
 * task that called the library, and in several at once if the program calls it so.
 */
void *defenderauth_hook_allocate(size_t size);

/** Frees what defenderauth_hook_allocate has returned. Never called with NULL. */
void defenderauth_hook_free(void *memory);

/**
 * Called once for a panic: a defect of the library, or no memory. `file` is the place in the library's source; it does not end
 * with a NUL. It must not return to the library: record it and reset, or end the task. If it returns, the library
 * stays in a loop. What the library was doing is not finished, and an object that it was using must not be used again.
 */
void defenderauth_hook_panic(const char *file, size_t file_len, uint32_t line);

#ifdef __cplusplus
}
#endif

#endif /* DEFENDERAUTH_HOOKS_H */
