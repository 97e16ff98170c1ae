/*
 * A PKCS#11 module in front of another one: it returns what a script says, and passes the other calls on.
 *
 * MODULE_BEHIND is the module, SCRIPT a file of lines "FUNCTION VALUE", each used up by one call, or "FUNCTION VALUE *"
 * for every call. CALLS is a file in which each call is noted. Every argument of PKCS#11 is as wide as a long.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef unsigned long word;
typedef word (*function)(word, word, word, word, word, word);
struct list {
    unsigned char version[2];
    function functions[68];
};

enum { INITIALIZE = 0, TOKEN_INFO = 6, OPEN_SESSION = 12, LOGIN = 18, SIGN_INIT = 42, SIGN = 43 };
static const size_t FLAGS = 96; /* in CK_TOKEN_INFO */

static struct list *behind;
static struct list here;

/* The value that the script has for a name; 1 if there is one. */
static int scripted(const char *name, word *value)
{
    char text[4096], *line, *end;
    FILE *file = fopen(getenv("SCRIPT"), "r");
    size_t length = file ? fread(text, 1, sizeof text - 1, file) : 0;
    if (file)
        fclose(file);
    text[length] = 0;
    for (line = text; (end = strchr(line, '\n')); line = end + 1) {
        size_t width = strlen(name);
        if (strncmp(line, name, width) || line[width] != ' ')
            continue;
        *value = strtoul(line + width, NULL, 0);
        if (end[-1] != '*') {
            memmove(line, end + 1, strlen(end + 1) + 1);
            file = fopen(getenv("SCRIPT"), "w");
            fputs(text, file);
            fclose(file);
        }
        return 1;
    }
    return 0;
}

static void note(const char *name)
{
    FILE *file = fopen(getenv("CALLS"), "a");
    fprintf(file, "%s\n", name);
    fclose(file);
}

static word call(int number, const char *name, word a, word b, word c, word d, word e, word f)
{
    word value;
    note(name);
    return scripted(name, &value) ? value : behind->functions[number](a, b, c, d, e, f);
}

#define FUNCTION(number, name) \
    static word name(word a, word b, word c, word d, word e, word f) { return call(number, #name, a, b, c, d, e, f); }
FUNCTION(INITIALIZE, C_Initialize)
FUNCTION(OPEN_SESSION, C_OpenSession)
FUNCTION(LOGIN, C_Login)

static word C_GetTokenInfo(word slot, word info, word c, word d, word e, word f)
{
    word result = call(TOKEN_INFO, "C_GetTokenInfo", slot, info, c, d, e, f), flags;
    if (!result && scripted("flags", &flags))
        *(word *)(info + FLAGS) |= flags;
    return result;
}

static word C_SignInit(word session, word mechanism, word key, word d, word e, word f)
{
    char name[40];
    word value;
    snprintf(name, sizeof name, "C_SignInit:%#lx", *(word *)mechanism);
    if (scripted(name, &value))
        return value;
    return call(SIGN_INIT, "C_SignInit", session, mechanism, key, d, e, f);
}

static word C_Sign(word session, word data, word length, word signature, word room, word f)
{
    word result = call(SIGN, "C_Sign", session, data, length, signature, room, f), bit;
    if (!result && signature && scripted("bit", &bit))
        ((unsigned char *)signature)[bit / 8] ^= 1 << bit % 8;
    return result;
}

word C_GetFunctionList(struct list **list)
{
    void *library = dlopen(getenv("MODULE_BEHIND"), RTLD_NOW);
    word (*get)(struct list **) = (word(*)(struct list **))dlsym(library, "C_GetFunctionList");
    word result = get(&behind);
    here = *behind;
    here.functions[INITIALIZE] = C_Initialize;
    here.functions[TOKEN_INFO] = C_GetTokenInfo;
    here.functions[OPEN_SESSION] = C_OpenSession;
    here.functions[LOGIN] = C_Login;
    here.functions[SIGN_INIT] = C_SignInit;
    here.functions[SIGN] = C_Sign;
    *list = &here;
    return result;
}
