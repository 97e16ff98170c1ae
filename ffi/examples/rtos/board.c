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

/* What the compiler calls for large copies. A program with a C library has them. */
void *memcpy(void *to, const void *from, size_t len)
{
    for (uint8_t *t = to, *end = t + len; t < end;)
        *t++ = *(const uint8_t *)from, from = (const uint8_t *)from + 1;
    return to;
}

void *memset(void *to, int byte, size_t len)
{
    for (uint8_t *t = to, *end = t + len; t < end;)
        *t++ = (uint8_t)byte;
    return to;
}

/* What the processor begins with: the top of the stack, and the handler of each exception. */
typedef void handler(void);

__attribute__((section(".vectors"), used)) static const struct {
    uint32_t *stack;
    handler *handlers[15];
} vectors = {stack_top, {reset, fault, fault, fault, fault, fault, 0, 0, 0, 0, fault, fault, 0, pend_sv, sys_tick}};
