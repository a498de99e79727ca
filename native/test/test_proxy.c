/* SPDX-License-Identifier: Apache-2.0 */
/* Which proxy is used, what is said to it, and what is made of its answers, a byte at a time; and the order in which addresses are tried. */
#include "proxy.h"

#include <stdlib.h>
#include <string.h>

#include "TIMErrorCode.h"
#include "check.h"
#include "dial.h"
#include "settings.h"

static struct tunnel tunnel;
static struct tunnel_failure failure;

/* Gives the proxy's bytes as they are wanted. @return how many were taken */
static size_t feed(const struct proxy* proxy, const char* host, const void* bytes, size_t size, enum tunnel_result* result) {
    size_t at = 0;
    *result = TUNNEL_MORE;
    tunnel.out_size = 0;
    while (*result == TUNNEL_MORE && at < size && tunnel.out_size == 0) {
        size_t wanted = tunnel_wants(&tunnel);
        CHECK(wanted > 0 && tunnel.in_size + wanted <= sizeof tunnel.in);
        if (wanted == 0 || tunnel.in_size + wanted > sizeof tunnel.in) break;
        tunnel.in[tunnel.in_size++] = ((const uint8_t*)bytes)[at++];
        *result = tunnel_step(&tunnel, proxy, host, 1883, &failure);
    }
    return at;
}

static bool sent(const void* bytes, size_t size) {
    return tunnel.out_size == size && memcmp(tunnel.out, bytes, size) == 0;
}

static void http_asks_for_the_server(void) {
    struct proxy proxy = {.kind = PROXY_HTTP, .host = "proxy", .port = 8080};
    tunnel_begin(&tunnel, &proxy, "im.example", 1883);
    static const char request[] = "CONNECT im.example:1883 HTTP/1.1\r\nHost: im.example:1883\r\n\r\n";
    CHECK(sent(request, strlen(request)));
    tunnel_begin(&tunnel, &proxy, "::1", 1883);
    CHECK(strncmp((char*)tunnel.out, "CONNECT [::1]:1883 HTTP/1.1\r\n", 29) == 0);
    strcpy(proxy.user, "Aladdin");
    strcpy(proxy.password, "open sesame"); /* the example of RFC 7617 */
    tunnel_begin(&tunnel, &proxy, "im.example", 1883);
    tunnel.out[tunnel.out_size] = '\0';
    CHECK(strstr((char*)tunnel.out, "\r\nProxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n") != NULL);
}

static void http_answers(void) {
    static const struct {
        const char* answer;
        enum tunnel_result result;
        int32_t code;
        bool final;
        const char* text;
    } cases[] = {
        {"HTTP/1.1 200 Connection established\r\nProxy-agent: x\r\n\r\n", TUNNEL_OPEN, 0, false, ""},
        {"HTTP/1.0 200 OK\r\n\r\n", TUNNEL_OPEN, 0, false, ""},
        {"HTTP/1.1 200\r\n\r\n", TUNNEL_OPEN, 0, false, ""},
        {"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", TUNNEL_FAILED, ERR_SDK_NET_AUTH_INVALID, true,
         "wants a user name and a password"},
        {"HTTP/1.1 403 Filtered\r\n\r\n", TUNNEL_FAILED, ERR_SDK_NET_CONN_REFUSE, true, "answered 403 Filtered"},
        {"HTTP/1.1 502 Bad Gateway\r\n\r\n", TUNNEL_FAILED, ERR_SDK_NET_CONN_REFUSE, false, "answered 502 Bad Gateway"},
        {"SSH-2.0-OpenSSH_9.2\r\n", TUNNEL_FAILED, ERR_SDK_NET_DECODE_FAILED, true, "does not speak HTTP/1.1"},
        {"HTTP/1.1X200\r\n\r\n", TUNNEL_FAILED, ERR_SDK_NET_DECODE_FAILED, true, "does not speak HTTP/1.1"},
    };
    struct proxy proxy = {.kind = PROXY_HTTP, .host = "proxy", .port = 8080};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        check_about = cases[i].answer;
        tunnel_begin(&tunnel, &proxy, "im.example", 1883);
        enum tunnel_result result;
        size_t size = strlen(cases[i].answer);
        size_t taken = feed(&proxy, "im.example", cases[i].answer, size, &result);
        CHECK_NUMBER(result, cases[i].result);
        if (result == TUNNEL_OPEN) CHECK_NUMBER((long long)taken, (long long)size);
        if (result != TUNNEL_FAILED) continue;
        CHECK_NUMBER(failure.code, cases[i].code);
        CHECK_NUMBER(failure.final, cases[i].final);
        CHECK_TEXT(failure.text, cases[i].text);
    }
    check_about = "";
}

static void http_takes_no_endless_head(void) {
    struct proxy proxy = {.kind = PROXY_HTTP, .host = "proxy", .port = 8080, .user = "u", .password = "p"};
    static char answer[5000];
    memset(answer, 'x', sizeof answer);
    memcpy(answer, "HTTP/1.1 200 OK\r\n", 17);
    tunnel_begin(&tunnel, &proxy, "im.example", 1883);
    enum tunnel_result result;
    feed(&proxy, "im.example", answer, sizeof answer, &result);
    CHECK_NUMBER(result, TUNNEL_FAILED);
    CHECK_NUMBER(failure.code, ERR_SDK_NET_DECODE_FAILED);
    tunnel_begin(&tunnel, &proxy, "im.example", 1883);
    feed(&proxy, "im.example", "HTTP/1.1 407 No\r\n\r\n", 19, &result);
    CHECK_TEXT(failure.text, "does not accept the user name and password");
}

static void socks5_by_name_and_by_address(void) {
    struct proxy proxy = {.kind = PROXY_SOCKS5, .host = "proxy", .port = 1080};
    enum tunnel_result result;
    tunnel_begin(&tunnel, &proxy, "im.example", 1883);
    CHECK(sent("\5\1\0", 3));
    feed(&proxy, "im.example", "\5\0", 2, &result);
    CHECK_NUMBER(result, TUNNEL_MORE);
    CHECK(sent("\5\1\0\3\12im.example\7\133", 17));
    CHECK_NUMBER((long long)feed(&proxy, "im.example", "\5\0\0\3\4host\0\1rest", 15, &result), 11);
    CHECK_NUMBER(result, TUNNEL_OPEN);

    tunnel_begin(&tunnel, &proxy, "127.0.0.1", 1883);
    feed(&proxy, "127.0.0.1", "\5\0", 2, &result);
    CHECK(sent("\5\1\0\1\177\0\0\1\7\133", 10));
    CHECK_NUMBER((long long)feed(&proxy, "127.0.0.1", "\5\0\0\1\0\0\0\0\0\0rest", 14, &result), 10);
    CHECK_NUMBER(result, TUNNEL_OPEN);

    tunnel_begin(&tunnel, &proxy, "::1", 1883);
    feed(&proxy, "::1", "\5\0", 2, &result);
    CHECK(tunnel.out_size == 22 && tunnel.out[3] == 4 && tunnel.out[19] == 1);
    CHECK_NUMBER((long long)feed(&proxy, "::1", "\5\0\0\4aaaaaaaaaaaaaaaapprest", 26, &result), 22);
    CHECK_NUMBER(result, TUNNEL_OPEN);
}

static void socks5_with_password(void) {
    struct proxy proxy = {.kind = PROXY_SOCKS5, .host = "proxy", .port = 1080, .user = "me", .password = "secret"};
    enum tunnel_result result;
    tunnel_begin(&tunnel, &proxy, "h", 1883);
    CHECK(sent("\5\2\0\2", 4));
    feed(&proxy, "h", "\5\2", 2, &result);
    CHECK(sent("\1\2me\6secret", 11));
    feed(&proxy, "h", "\1\0", 2, &result);
    CHECK(sent("\5\1\0\3\1h\7\133", 8));
    tunnel_begin(&tunnel, &proxy, "h", 1883);
    feed(&proxy, "h", "\5\2", 2, &result);
    feed(&proxy, "h", "\1\1", 2, &result);
    CHECK_NUMBER(result, TUNNEL_FAILED);
    CHECK_NUMBER(failure.code, ERR_SDK_NET_AUTH_INVALID);
    CHECK(failure.final);
}

static void socks5_refuses(void) {
    static const struct {
        const char* answer;
        int32_t code;
        bool final;
    } cases[] = {
        {"\5\377", ERR_SDK_NET_AUTH_INVALID, true}, {"\5\2", ERR_SDK_NET_AUTH_INVALID, true}, {"\4\132", ERR_SDK_NET_DECODE_FAILED, true},
        {"HT", ERR_SDK_NET_DECODE_FAILED, true},    {"\5\1", ERR_SDK_NET_AUTH_INVALID, true},
    };
    struct proxy proxy = {.kind = PROXY_SOCKS5, .host = "proxy", .port = 1080};
    enum tunnel_result result;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        tunnel_begin(&tunnel, &proxy, "h", 1883);
        feed(&proxy, "h", cases[i].answer, 2, &result);
        CHECK_NUMBER(result, TUNNEL_FAILED);
        CHECK_NUMBER(failure.code, cases[i].code);
        CHECK_NUMBER(failure.final, cases[i].final);
    }
    for (int reply = 1; reply < 256; reply++) {
        char answer[] = {5, (char)reply, 0, 1, 0, 0, 0, 0, 0, 0};
        tunnel_begin(&tunnel, &proxy, "h", 1883);
        feed(&proxy, "h", "\5\0", 2, &result);
        feed(&proxy, "h", answer, sizeof answer, &result);
        CHECK_NUMBER(result, TUNNEL_FAILED);
        CHECK(failure.code == ERR_SDK_NET_CONN_REFUSE || failure.code == ERR_SDK_NET_NET_UNREACH ||
              failure.code == ERR_SDK_NET_CONN_TIMEOUT);
        CHECK(strlen(failure.text) > 0);
    }
}

/* ---- Which one is used ---- */

static const char* used(const char* json) {
    static struct proxy proxy;
    CHECK_NUMBER(settings_apply(json), 0);
    settings_proxy(&proxy);
    return proxy.kind == PROXY_NONE ? "none" : proxy.host;
}

static void what_a_text_does_not_name_stays(void) {
    CHECK_TEXT(used("{}"), "none");
    CHECK_TEXT(used("{\"set_config_http_proxy_info\":{\"http_proxy_info_ip\":\"web\",\"http_proxy_info_port\":8080}}"), "web");
    CHECK_TEXT(used("{\"set_config_socks5_proxy_info\":{\"socks5_proxy_info_ip\":\"socks\",\"socks5_proxy_info_port\":1080}}"), "socks");
    CHECK_TEXT(used("{\"set_config_log_level\":4}"), "socks");
    char* json = settings_json();
    CHECK(json != NULL && strstr(json, "\"web\"") != NULL && strstr(json, "\"socks\"") != NULL);
    free(json);
    CHECK_TEXT(used("{\"set_config_socks5_proxy_info\":{}}"), "web");
    CHECK_TEXT(used("{\"set_config_http_proxy_info\":{\"http_proxy_info_ip\":\"\",\"http_proxy_info_port\":0}}"), "none");
}

/* ---- The order of addresses ---- */

static struct os_address address_of(int family, int number) {
    struct os_address address;
    memset(&address, 0, sizeof address);
    if (family == 4) {
        struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7F000000u + (uint32_t)number)};
        memcpy(&address.storage, &v4, sizeof v4);
        address.length = sizeof v4;
    } else {
        struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
        v6.sin6_addr.s6_addr[15] = (uint8_t)number;
        memcpy(&address.storage, &v6, sizeof v6);
        address.length = sizeof v6;
    }
    return address;
}

static const char* order(const struct dial* dial) {
    static char text[64];
    text[0] = '\0';
    for (unsigned i = 0; i < dial->addresses.count; i++) {
        const struct os_address* address = &dial->addresses.list[i];
        char one[8];
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
        memcpy(&v4, &address->storage, sizeof v4);
        memcpy(&v6, &address->storage, sizeof v6);
        bool is_v4 = address->storage.ss_family == AF_INET;
        snprintf(one, sizeof one, "%s%d ", is_v4 ? "v" : "V",
                 is_v4 ? (int)(ntohl(v4.sin_addr.s_addr) & 0xFF) : (int)v6.sin6_addr.s6_addr[15]);
        strcat(text, one);
    }
    return text;
}

static void families_take_turns(void) {
    struct addresses six_first = {.count = 5}, four_only = {.count = 2};
    for (int i = 0; i < 3; i++) six_first.list[i] = address_of(6, i + 1);
    for (int i = 3; i < 5; i++) six_first.list[i] = address_of(4, i + 1);
    for (int i = 0; i < 2; i++) four_only.list[i] = address_of(4, i + 1);
    struct dial dial;
    dial_init(&dial, &six_first, NULL);
    CHECK_TEXT(order(&dial), "V1 v4 V2 v5 V3 ");
    struct os_address preferred = address_of(4, 5);
    dial_init(&dial, &six_first, &preferred);
    CHECK_TEXT(order(&dial), "v5 V1 v4 V2 V3 ");
    preferred = address_of(4, 9);
    dial_init(&dial, &four_only, &preferred);
    CHECK_TEXT(order(&dial), "v1 v2 ");
}

int main(void) {
    http_asks_for_the_server();
    http_answers();
    http_takes_no_endless_head();
    socks5_by_name_and_by_address();
    socks5_with_password();
    socks5_refuses();
    what_a_text_does_not_name_stays();
    families_take_turns();
    return check_result();
}
