/* Names of files are UTF-8, whatever the code page. The folder of this program has an agent's folder with such a name. */
#include <defenderauth.h>
#include <stdio.h>
#include <string.h>

#define FOLDER "\xc3\xbc\xe6\xbc\xa2"

static int failures;

static void expect(int is_right, const char *what)
{
    if (!is_right) {
        printf("%s\n", what);
        failures++;
    }
}

static defenderauth_result load(const char *path, defenderauth_agent_config **config, defenderauth_error **error)
{
    return defenderauth_agent_config_load(DEFENDERAUTH_TEXT(path), config, error);
}

int main(void)
{
    defenderauth_agent_config *config = NULL;
    defenderauth_certificates *kept = NULL;
    defenderauth_error *error = NULL;
    /* With both separators, with a name that is not there, in another encoding, and with half of a surrogate pair. */
    static const char *const names[] = {FOLDER, FOLDER "/connection_string.txt", ".\\" FOLDER "\\connection_string.txt"};
    static const char *const invalid[] = {"\xfc", FOLDER "\\\xed\xa0\x80"};
    size_t i;

    for (i = 0; i < sizeof names / sizeof *names; i++) {
        expect(load(names[i], &config, NULL) == DEFENDERAUTH_OK, names[i]);
        expect(strcmp(defenderauth_agent_config_device_id(config).data, "dev1") == 0, "the device ID");
        defenderauth_agent_config_free(config);
    }
    expect(load(FOLDER "/none", &config, &error) == DEFENDERAUTH_FILE_NOT_FOUND, "a file that does not exist");
    expect(strstr(defenderauth_error_line(error).data, FOLDER) != NULL, "the name of the file in the error");
    defenderauth_error_free(error);
    for (i = 0; i < sizeof invalid / sizeof *invalid; i++) {
        expect(load(invalid[i], &config, &error) == DEFENDERAUTH_UTF8, "a name that is not UTF-8");
        expect(strcmp(defenderauth_error_field(error).data, "path") == 0, "the parameter at fault");
        defenderauth_error_free(error);
    }
    expect(defenderauth_certificates_load(DEFENDERAUTH_TEXT(FOLDER), &kept, &error) == DEFENDERAUTH_OK, "loading");
    defenderauth_error_free(error);
    expect(defenderauth_certificates_begin(kept, DEFENDERAUTH_TEXT("dev1"), DEFENDERAUTH_CURVE_P256, &error) ==
               DEFENDERAUTH_OK,
           "a request");
    defenderauth_error_free(error);
    expect(defenderauth_certificates_save(kept, DEFENDERAUTH_TEXT(FOLDER), &error) == DEFENDERAUTH_OK, "saving");
    defenderauth_error_free(error);
    defenderauth_certificates_free(kept);
    return failures == 0 ? 0 : 1;
}
