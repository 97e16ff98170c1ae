/* A program without the library: what the others are compared with. */

#include "kernel.h"

static uint32_t stack[256];

static void agent(void)
{
    board_check("the same", "the same");
    task_finish(stack, sizeof stack / sizeof *stack);
}

void program(void)
{
    task_begin(agent, stack, sizeof stack / sizeof *stack);
    kernel_run();
}
