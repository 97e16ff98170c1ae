//! What a library without the standard library takes from the program: memory, and what happens when it panics. The program
//! defines the functions of `include/defenderauth_hooks.h`.

use core::{
    alloc::{GlobalAlloc, Layout},
    panic::PanicInfo,
    ptr,
};

/// cbindgen:ignore
mod hooks {
    unsafe extern "C" {
        pub(super) safe fn defenderauth_hook_allocate(size: usize) -> *mut u8;
        pub(super) fn defenderauth_hook_free(memory: *mut u8);
        pub(super) safe fn defenderauth_hook_panic(file: *const u8, file_len: usize, line: u32);
    }
}

/// The alignment that every allocator of C keeps.
const ALIGNMENT: usize = align_of::<u64>();

struct Program;

#[global_allocator]
static MEMORY: Program = Program;

// SAFETY: the program guarantees that its functions behave as `malloc` and `free`. A larger alignment gets no memory.
unsafe impl GlobalAlloc for Program {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.align() > ALIGNMENT { ptr::null_mut() } else { hooks::defenderauth_hook_allocate(layout.size()) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, _: Layout) {
        // SAFETY: it is what the other function returned, and not freed so far.
        unsafe { hooks::defenderauth_hook_free(memory) }
    }
}

/// The text of the panic is left out, because with it every program would have what formats texts.
#[panic_handler]
fn panicked(panic: &PanicInfo<'_>) -> ! {
    let (file, line) = panic.location().map_or(("", 0), |location| (location.file(), location.line()));
    hooks::defenderauth_hook_panic(file.as_ptr(), file.len(), line);
    stop()
}

/// Nothing of the library may run any more.
fn stop() -> ! {
    loop {
        core::hint::spin_loop();
    }
}

/// Where the toolchain has a `core` that can unwind, its code refers to this for what follows a clean-up. Nothing unwinds here.
///
/// cbindgen:ignore
#[cfg(not(target_os = "none"))]
#[unsafe(export_name = "_Unwind_Resume")]
extern "C" fn resume() -> ! {
    stop()
}
