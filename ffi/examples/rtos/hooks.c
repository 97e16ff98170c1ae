/* What the library takes from this program. */

#include "kernel.h"
#include <defenderauth_hooks.h>

void *defenderauth_hook_allocate(size_t size)
{
    return heap_allocate(size);
}

void defenderauth_hook_free(void *memory)
{
    heap_free(memory);
}

void defenderauth_hook_panic(const char *file, size_t file_len, uint32_t line)
{
    char name[64];
    size_t len = file_len < sizeof name ? file_len : sizeof name - 1;
    for (size_t i = 0; i < len; i++)
        name[i] = file[i];
    name[len] = '\0';
    board_print("a panic in ");
    board_print_number(name, line);
    board_end(1);
}
