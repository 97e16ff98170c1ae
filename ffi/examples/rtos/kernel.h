/* A kernel of the smallest kind: tasks that a timer switches between, a mailbox, and a heap. */

#ifndef KERNEL_H
#define KERNEL_H

#include <stddef.h>
#include <stdint.h>

/* Begins a task. It never returns from `run`. Its stack is `words` long. */
void task_begin(void (*run)(void), uint32_t *stack, size_t words);

/* Switches to the first task, and never returns. */
void kernel_run(void);

/* Lets the other tasks run. */
void task_yield(void);

/* How much of its stack a task has used so far at most, in bytes. */
size_t task_stack_used(const uint32_t *stack, size_t words);

/* Prints that, and how much of the heap was used at most; and ends the program. */
void task_finish(const uint32_t *stack, size_t words);

/* One message between two tasks. */
typedef struct { const char *volatile data; size_t len; } mailbox;
void mailbox_send(mailbox *box, const char *data, size_t len);
const char *mailbox_wait(mailbox *box, size_t *len);

/* The heap: memory that is aligned for a uint64_t, or NULL. */
void *heap_allocate(size_t size);
void heap_free(void *memory);
size_t heap_most_used(void);

/* The board: text for the host, and the end. */
void board_print(const char *text);
void board_print_number(const char *before, size_t number);
void board_check(const char *text, const char *expected);       /* ends the program unless they are the same */
void board_end(int failed);

#endif
