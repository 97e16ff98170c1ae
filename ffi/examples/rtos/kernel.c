#include "kernel.h"

#define TASKS 4
#define FILLED 0xA5A5A5A5u

/* ---- tasks */

static uint32_t *stacks[TASKS], *ends[TASKS];
static volatile uint32_t count, current;

void task_begin(void (*run)(void), uint32_t *stack, size_t words)
{
    for (size_t i = 0; i < words; i++)
        stack[i] = FILLED;
    uint32_t *top = stack + words - (((uintptr_t)(stack + words) & 7u) / 4) - 16;
    for (int i = 0; i < 16; i++)
        top[i] = 0;
    top[14] = (uint32_t)(uintptr_t)run & ~1u;       /* PC: what an exception returns to */
    top[15] = 0x01000000;                   /* xPSR: Thumb */
    ends[count] = stack;
    stacks[count++] = top;
}

/* Called by the switch: keeps the stack of the task that ran, and returns that of the next one. */
uint32_t *next_stack(uint32_t *stack)
{
    if (*ends[current] != FILLED) {
        board_print("a task has used more than its stack\n");
        board_end(1);
    }
    stacks[current] = stack;
    current = current + 1 < count ? current + 1 : 0;
    return stacks[current];
}

/* The registers that an exception does not save are kept on the task's own stack. */
__attribute__((naked)) void pend_sv(void)
{
    __asm__ volatile("mrs r0, psp\n"
                     "stmdb r0!, {r4-r11}\n"
                     "push {r4, lr}\n"
                     "bl next_stack\n"
                     "pop {r4, lr}\n"
                     "ldmia r0!, {r4-r11}\n"
                     "msr psp, r0\n"
                     "bx lr\n");
}

void task_yield(void)
{
    *(volatile uint32_t *)0xE000ED04 = 1u << 28;        /* ICSR: PENDSVSET */
    __asm__ volatile("dsb\n isb" ::: "memory");
}

void sys_tick(void)
{
    task_yield();
}

void kernel_run(void)
{
    /* From here on this runs on the first task's stack. */
    __asm__ volatile("msr psp, %0\n"
                     "movs r1, #2\n"
                     "msr control, r1\n"
                     "isb\n" ::"r"(stacks[0] + 16) : "r1", "memory");
    *(volatile uint32_t *)0xE000ED20 = 0xFFFF0000u;     /* SHPR3: both exceptions yield to all others */
    *(volatile uint32_t *)0xE000E014 = 25000 - 1;       /* SYST_RVR: a millisecond at 25 MHz */
    *(volatile uint32_t *)0xE000E018 = 0;
    *(volatile uint32_t *)0xE000E010 = 7;               /* SYST_CSR: on, with its exception */
    ((void (*)(void))(uintptr_t)(stacks[0][14] | 1u))();
    board_end(1);
}

size_t task_stack_used(const uint32_t *stack, size_t words)
{
    size_t unused = 0;
    while (unused < words && stack[unused] == FILLED)
        unused++;
    return (words - unused) * sizeof *stack;
}

void task_finish(const uint32_t *stack, size_t words)
{
    board_print_number("heap ", heap_most_used());
    board_print_number("stack ", task_stack_used(stack, words));
    board_end(0);
}

void mailbox_send(mailbox *box, const char *data, size_t len)
{
    box->len = len;
    box->data = data;
}

const char *mailbox_wait(mailbox *box, size_t *len)
{
    while (box->data == NULL)
        task_yield();
    const char *data = box->data;
    *len = box->len;
    box->data = NULL;
    return data;
}

/* ---- the heap: blocks side by side, each with its size before it; the first free one that is large enough */

#define HEAP 4096

typedef struct { uint32_t size, is_used; } block;

static union { block first; uint8_t bytes[HEAP]; uint64_t alignment; } heap;
static size_t used, most_used;

static block *after(block *it)
{
    return (block *)((uint8_t *)(it + 1) + it->size);
}

static uint32_t masked(void)
{
    uint32_t before;
    __asm__ volatile("mrs %0, primask\n cpsid i" : "=r"(before)::"memory");
    return before;
}

static void unmasked(uint32_t before)
{
    __asm__ volatile("msr primask, %0" ::"r"(before) : "memory");
}

void *heap_allocate(size_t size)
{
    void *found = NULL;
    if (size > HEAP)
        return NULL;
    size = (size + 7) & ~(size_t)7;
    uint32_t before = masked();
    block *end = (block *)(void *)(heap.bytes + HEAP);
    if (heap.first.size == 0)
        heap.first.size = HEAP - sizeof(block);
    for (block *it = &heap.first; it < end && found == NULL; it = after(it)) {
        while (!it->is_used && after(it) < end && !after(it)->is_used)
            it->size += (uint32_t)sizeof(block) + after(it)->size;
        if (it->is_used || it->size < size)
            continue;
        if (it->size >= size + sizeof(block) + 8) {
            uint32_t rest = it->size - (uint32_t)(size + sizeof(block));
            it->size = (uint32_t)size;
            after(it)->size = rest;
            after(it)->is_used = 0;
        }
        it->is_used = 1;
        found = it + 1;
        used += it->size + sizeof(block);
        if (used > most_used)
            most_used = used;
    }
    unmasked(before);
    return found;
}

void heap_free(void *memory)
{
    uint32_t before = masked();
    block *it = (block *)memory - 1;
    it->is_used = 0;
    used -= it->size + sizeof(block);
    unmasked(before);
}

size_t heap_most_used(void)
{
    return most_used;
}
