/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "TIMCloudDef.h"
#include "TIMShim.h"
#include "json.h"
#include "platform.h"
#include "utf8.h"

#define MQTT_PORT 1883
#define MQTTS_PORT 8883
#define SHOWN_SIZE 64 /* of a value, as far as a message shows it */

#if defined(_WIN32)
#define SYSTEM_PLATFORM "Windows"
#elif defined(__APPLE__)
#define SYSTEM_PLATFORM "Mac"
#elif defined(__ANDROID__)
#define SYSTEM_PLATFORM "Android"
#else
#define SYSTEM_PLATFORM "Linux"
#endif

/* A value of the right type, and who says so: the key, or the environment variable. */
struct given {
    const char* name;
    const char* text; /* also of a number or a bool that comes from the environment */
    int64_t integer;
    bool boolean;
};

#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
static void
problem(struct config* config, const char* format, ...) {
    if (config->problem[0] != '\0') return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(config->problem, sizeof config->problem, format, arguments);
    va_end(arguments);
}

/* ---- The server's URL ---- */

static bool only(const char* text, size_t len, const char* allowed) {
    for (size_t i = 0; i < len; i++) {
        if (!strchr(allowed, text[i])) return false;
    }
    return true;
}

#define DIGITS "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

static bool is_host_name(const char* text, size_t len) {
    return len > 0 && len < CONFIG_HOST_SIZE && text[0] != '.' && only(text, len, LETTERS DIGITS "-._");
}

static bool is_ipv6(const char* text, size_t len) {
    return len > 1 && len < CONFIG_HOST_SIZE && memchr(text, ':', len) && only(text, len, DIGITS "abcdefABCDEF:.");
}

struct server {
    bool tls;
    const char* host;
    size_t host_len;
    unsigned port;
};

/* @return what is wrong with the URL; NULL if nothing */
static const char* parse_port(const char* text, struct server* server) {
    if (text[0] == '\0') return NULL;
    if (text[0] == '/' || text[0] == '?' || text[0] == '#') return "it must end after the port";
    size_t digits = strspn(text + 1, DIGITS);
    if (text[0] != ':' || digits == 0 || digits > 5 || text[1 + digits] != '\0')
        return strpbrk(text, "/?#") ? "it must end after the port" : "the port must be a number from 1 to 65535";
    server->port = 0;
    for (size_t i = 1; i <= digits; i++) server->port = server->port * 10 + (unsigned)(text[i] - '0');
    return server->port >= 1 && server->port <= 65535 ? NULL : "the port must be a number from 1 to 65535";
}

static const char* parse_server(const char* url, struct server* server) {
    server->tls = strncmp(url, "mqtts://", 8) == 0;
    if (!server->tls && strncmp(url, "mqtt://", 7) != 0) return "it must begin with mqtt:// or mqtts://";
    server->port = server->tls ? MQTTS_PORT : MQTT_PORT;
    server->host = url + (server->tls ? 8 : 7);
    if (*server->host == '[') {
        server->host++;
        server->host_len = strcspn(server->host, "]");
        if (server->host[server->host_len] == '\0' || !is_ipv6(server->host, server->host_len))
            return "between [ and ] must stand an IPv6 address";
        return parse_port(server->host + server->host_len + 1, server);
    }
    server->host_len = strcspn(server->host, ":/?#");
    const char* rest = server->host + server->host_len;
    if (!is_host_name(server->host, server->host_len)) return "the host must be 1 to 253 letters, digits, '-', '.' and '_'";
    if (*rest == ':' && strchr(rest + 1, ':')) return "an IPv6 address must stand between [ and ]";
    return parse_port(rest, server);
}

static void set_server(struct config* config, const struct given* given) {
    static const char remedy[] = "mqtt://host:port or mqtts://host:port";
    struct server server;
    /* What stands before an '@' may be a password: such a URL is not repeated. */
    if (strchr(given->text, '@')) {
        problem(config, "%s must not contain '@': a user or password has no place in it; set it to %s", given->name, remedy);
        return;
    }
    const char* wrong = parse_server(given->text, &server);
    if (wrong) {
        char shown[SHOWN_SIZE];
        utf8_copy_line(shown, sizeof shown, given->text, strlen(given->text));
        problem(config, "%s is \"%s\": %s; set it to %s", given->name, shown, wrong, remedy);
        return;
    }
    config->tls = server.tls;
    config->port = (uint16_t)server.port;
    memcpy(config->host, server.host, server.host_len);
    config->host[server.host_len] = '\0';
}

/* ---- The other settings ---- */

static void set_text(struct config* config, const struct given* given, char* out, size_t size, bool right, const char* limit) {
    size_t len = strlen(given->text);
    if (right && len < size) {
        memcpy(out, given->text, len + 1);
        return;
    }
    char shown[SHOWN_SIZE];
    utf8_copy_line(shown, sizeof shown, given->text, len);
    problem(config, "%s is \"%s\"%s: it must be %s", given->name, shown, len >= sizeof shown ? " (shortened)" : "", limit);
}

static void set_platform(struct config* config, const struct given* given) {
    static const char* const platforms[] = {"Windows", "Mac", "Linux", "Android", "iPhone", "iPad", "Web"};
    bool known = false;
    for (size_t i = 0; i < sizeof platforms / sizeof *platforms; i++) known = known || strcmp(given->text, platforms[i]) == 0;
    set_text(config, given, config->platform, sizeof config->platform, known, "Windows, Mac, Linux, Android, iPhone, iPad or Web");
}

static void set_device_id(struct config* config, const struct given* given) {
    bool right = given->text[0] != '\0' && only(given->text, strlen(given->text), LETTERS DIGITS "-_");
    set_text(config, given, config->device_id, sizeof config->device_id, right,
             "1 to 64 letters, digits, '-' and '_'; without it, one is made up");
}

static void set_tls_server_name(struct config* config, const struct given* given) {
    size_t len = strlen(given->text);
    bool right = is_host_name(given->text, len) || is_ipv6(given->text, len);
    set_text(config, given, config->tls_server_name, sizeof config->tls_server_name, right,
             "a host name of 1 to 253 bytes or an IP address without brackets; without it, the URL's host is verified");
}

static void set_path(struct config* config, const struct given* given, char* out) {
    char limit[64];
    snprintf(limit, sizeof limit, "a path of 1 to %d bytes", CONFIG_PATH_SIZE - 1);
    set_text(config, given, out, CONFIG_PATH_SIZE, given->text[0] != '\0', limit);
}

static void set_ca_file(struct config* config, const struct given* given) {
    set_path(config, given, config->ca_file);
}

static void set_config_path(struct config* config, const struct given* given) {
    if (given->text[0] != '\0') set_path(config, given, config->config_path);
}

static void set_log_path(struct config* config, const struct given* given) {
    if (given->text[0] != '\0') set_path(config, given, config->log_path);
}

static void set_number(struct config* config, const struct given* given, uint32_t* out, uint32_t max, const char* unit) {
    if (given->integer >= 1 && given->integer <= (int64_t)max) {
        *out = (uint32_t)given->integer;
    } else {
        problem(config, "%s is %lld: it must be 1 to %lu %s", given->name, (long long)given->integer, (unsigned long)max, unit);
    }
}

static void set_login_timeout(struct config* config, const struct given* given) {
    set_number(config, given, &config->login_timeout_ms, 600000, "milliseconds");
}

static void set_heartbeat(struct config* config, const struct given* given) {
    set_number(config, given, &config->heartbeat_s, 3600, "seconds");
}

static void set_allow_plaintext(struct config* config, const struct given* given) {
    config->allow_plaintext = given->boolean;
}

static void ignore(struct config* config, const struct given* given) {
    (void)config;
    (void)given;
}

/* ---- The keys, and where their values come from ---- */

static const struct setting {
    const char* key;
    const char* environment; /* NULL: none */
    enum json_type type;
    void (*set)(struct config* config, const struct given* given);
} settings[] = {
    {kTIMSdkConfigConfigFilePath, NULL, JSON_STRING, set_config_path},
    {kTIMSdkConfigLogFilePath, NULL, JSON_STRING, set_log_path},
    {kTIMSdkConfigMainThreadId, NULL, JSON_NUMBER, ignore},
    {kTIMShimServer, "TIM_SHIM_SERVER", JSON_STRING, set_server},
    {kTIMShimPlatform, "TIM_SHIM_PLATFORM", JSON_STRING, set_platform},
    {kTIMShimDeviceId, "TIM_SHIM_DEVICE_ID", JSON_STRING, set_device_id},
    {kTIMShimLoginTimeoutMs, "TIM_SHIM_LOGIN_TIMEOUT_MS", JSON_NUMBER, set_login_timeout},
    {kTIMShimHeartbeatS, "TIM_SHIM_HEARTBEAT_S", JSON_NUMBER, set_heartbeat},
    {kTIMShimCaFile, "TIM_SHIM_CA_FILE", JSON_STRING, set_ca_file},
    {kTIMShimTlsServerName, "TIM_SHIM_TLS_SERVER_NAME", JSON_STRING, set_tls_server_name},
    {kTIMShimAllowPlaintext, "TIM_SHIM_ALLOW_PLAINTEXT", JSON_BOOLEAN, set_allow_plaintext},
};
#define SETTINGS (sizeof settings / sizeof *settings)

struct reading {
    struct config* config;
    bool in_json[SETTINGS];
    bool wrong_type;
};

static bool read_member(void* context, const char* key, const struct json_value* value) {
    struct reading* reading = context;
    for (size_t i = 0; i < SETTINGS; i++) {
        const struct setting* setting = &settings[i];
        if (strcmp(key, setting->key) != 0) continue;
        if (value->type != setting->type || (value->type == JSON_NUMBER && !value->is_integer)) {
            reading->wrong_type = true;
            return false;
        }
        reading->in_json[i] = true;
        setting->set(reading->config, &(struct given){key, value->string, value->integer, value->boolean});
    }
    return true;
}

/* The environment has only text: an integer and a bool are written as in JSON. */
static void read_variable(struct config* config, const struct setting* setting, const char* text) {
    struct given given = {.name = setting->environment, .text = text};
    char shown[SHOWN_SIZE];
    utf8_copy_line(shown, sizeof shown, text, strlen(text));
    if (!utf8_valid(text, strlen(text))) {
        problem(config, "%s is \"%s\": it must be UTF-8", given.name, shown);
        return;
    }
    if (setting->type == JSON_BOOLEAN) {
        given.boolean = strcmp(text, "true") == 0;
        if (!given.boolean && strcmp(text, "false") != 0) {
            problem(config, "%s is \"%s\": it must be true or false", given.name, shown);
            return;
        }
    }
    if (setting->type == JSON_NUMBER) {
        size_t digits = strspn(text, DIGITS);
        if (digits == 0 || digits > 18 || text[digits] != '\0') {
            problem(config, "%s is \"%s\": it must be a number in digits", given.name, shown);
            return;
        }
        given.integer = strtoll(text, NULL, 10);
    }
    setting->set(config, &given);
}

static void read_environment(struct reading* reading) {
    for (size_t i = 0; i < SETTINGS; i++) {
        const char* text = reading->in_json[i] || !settings[i].environment ? NULL : os_environment(settings[i].environment);
        if (text && text[0] != '\0') read_variable(reading->config, &settings[i], text);
    }
}

int config_read(struct config* config, const char* json) {
    struct reading reading = {.config = config};
    *config = (struct config){.login_timeout_ms = 30000, .heartbeat_s = 30, .platform = SYSTEM_PLATFORM};
    if (json && json[0] != '\0') {
        enum json_result result = json_object_each(json, strlen(json), read_member, &reading);
        if (result == JSON_NO_MEMORY) return TIM_ERR_PARAM;
        if (result == JSON_INVALID || reading.wrong_type) return TIM_ERR_JSON;
    }
    read_environment(&reading);
    if (config->host[0] == '\0')
        problem(config, "No login server is configured: set " kTIMShimServer
                        " in the JSON of TIMInit, or the environment variable "
                        "TIM_SHIM_SERVER, to mqtt://host:port or mqtts://host:port");
    if (config->tls_server_name[0] == '\0') memcpy(config->tls_server_name, config->host, sizeof config->host);
    return TIM_SUCC;
}
