//! The heap of the programs that allocate: part of each of them, so that the others have none.

use embedded_alloc::LlffHeap;
use semihosting::println;
use trallocator::Trallocator;

/// The size of the heap in bytes.
const SIZE: usize = 4096;

#[global_allocator]
static HEAP: Trallocator<LlffHeap> = Trallocator::new(LlffHeap::empty());

/// Prepares the heap. To be called first.
pub(crate) fn init() {
    let heap = HEAP.borrow();
    // SAFETY: the memory is the macro's own, nothing was allocated so far, and a second call panics.
    unsafe {
        embedded_alloc::init!(heap, SIZE);
    }
}

/// Reports the most that was allocated at once, in bytes.
pub(crate) fn report() {
    println!("heap {}", HEAP.max_usage().max(HEAP.usage()));
}
