/* The board: its vectors, its start, and a host that prints for it (semihosting of Arm). */

#include "kernel.h"

extern uint32_t data_begin[], data_end[], data_source[], bss_begin[], bss_end[], stack_top[];
void program(void);
void pend_sv(void);
void sys_tick(void);

static uint32_t host(uint32_t operation, const void *argument)
{
    register uint32_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

void board_print(const char *text)
{
    host(0x04, text);
}

void board_print_number(const char *before, size_t number)
{
    char digits[12], *start = digits + sizeof digits - 1;
    *start = '\0';
    do
        *--start = (char)('0' + number % 10);
    while ((number /= 10) != 0);
    board_print(before);
    board_print(start);
    board_print("\n");
}

void board_check(const char *text, const char *expected)
{
    const char *at = text;
    while (*at != '\0' && *at == *expected)
        at++, expected++;
    if (*at == *expected)
        return;
    board_print(text);
    board_print(" is not what was expected\n");
    board_end(1);
}

void board_end(int failed)
{
    const uint32_t reason[2] = {0x20026, failed ? 1 : 0};       /* the application ends, with this status */
    host(0x20, reason);
    for (;;)
        ;
}

void reset(void)
{
    for (uint32_t *to = data_begin, *from = data_source; to < data_end;)
        *to++ = *from++;
    for (uint32_t *to = bss_begin; to < bss_end;)
        *to++ = 0;
    program();
    for (;;)
        ;
}

static void fault(void)
{
    board_print("a fault of the processor\n");
    board_end(1);
}

/* ---- what compilers call for memory, as every C library has it. Without it the library brings its own, 4 KB for speed. */

void *memmove(void *to, const void *from, size_t len)
{
    uint8_t *t = to;
    const uint8_t *f = from;
    if (t <= f)
        for (size_t i = 0; i < len; i++)
            t[i] = f[i];
    else
        while (len-- > 0)
            t[len] = f[len];
    return to;
}

void *memcpy(void *to, const void *from, size_t len) __attribute__((alias("memmove")));

void *memset(void *to, int byte, size_t len)
{
    for (uint8_t *t = to, *end = t + len; t < end;)
        *t++ = (uint8_t)byte;
    return to;
}

int memcmp(const void *a, const void *b, size_t len)
{
    const uint8_t *p = a, *q = b;
    for (size_t i = 0; i < len; i++)
        if (p[i] != q[i])
            return p[i] < q[i] ? -1 : 1;
    return 0;
}

/* The same by the names of Arm's ABI, for any alignment. */
#define OF_ARM(name, parameters, same) void name parameters __attribute__((alias(same)))

static void arm_move(void *to, const void *from, size_t len) { memmove(to, from, len); }
static void arm_set(void *to, size_t len, int byte) { memset(to, byte, len); }
static void arm_clear(void *to, size_t len) { memset(to, 0, len); }

OF_ARM(__aeabi_memcpy, (void *, const void *, size_t), "arm_move");
OF_ARM(__aeabi_memcpy4, (void *, const void *, size_t), "arm_move");
OF_ARM(__aeabi_memcpy8, (void *, const void *, size_t), "arm_move");
OF_ARM(__aeabi_memmove, (void *, const void *, size_t), "arm_move");
OF_ARM(__aeabi_memmove4, (void *, const void *, size_t), "arm_move");
OF_ARM(__aeabi_memmove8, (void *, const void *, size_t), "arm_move");
OF_ARM(__aeabi_memset, (void *, size_t, int), "arm_set");
OF_ARM(__aeabi_memset4, (void *, size_t, int), "arm_set");
OF_ARM(__aeabi_memset8, (void *, size_t, int), "arm_set");
OF_ARM(__aeabi_memclr, (void *, size_t), "arm_clear");
OF_ARM(__aeabi_memclr4, (void *, size_t), "arm_clear");
OF_ARM(__aeabi_memclr8, (void *, size_t), "arm_clear");

/* What the processor begins with: the top of the stack, and the handler of each exception. */
typedef void handler(void);

__attribute__((section(".vectors"), used)) static const struct {
    uint32_t *stack;
    handler *handlers[15];
} vectors = {stack_top, {reset, fault, fault, fault, fault, fault, 0, 0, 0, 0, fault, fault, 0, pend_sv, sys_tick}};
