/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client that tries a port of its own machine again and again, where no server listens, is some day given that very port for its own
 * end, and is connected to itself. For timshim this is a refusal, and it leaves the port to the server.
 */
#include "TIMErrorCode.h"
#include "check.h"
#include "platform.h"

#include <unistd.h>

enum { ATTEMPTS = 60000 }; /* more than there are ports to be given */

static struct os_address address_of(uint16_t port) {
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct os_address address = {.length = sizeof v4};
    memcpy(&address.storage, &v4, sizeof v4);
    return address;
}

/* As a server does, which may find connections of its predecessor. @return the port; 0 if it is taken */
static uint16_t listen_for_a_moment(uint16_t port) {
    struct os_address address = address_of(port);
    int on = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    bool free = bind(fd, (struct sockaddr*)&address.storage, address.length) == 0 && listen(fd, 1) == 0;
    getsockname(fd, (struct sockaddr*)&address.storage, &address.length);
    close(fd);
    struct sockaddr_in v4;
    memcpy(&v4, &address.storage, sizeof v4);
    return free ? ntohs(v4.sin_port) : 0;
}

static uint16_t port_that_clients_get(void) {
    /* Linux prefers one half of the ports for servers and the other for clients. */
    for (int i = 0; i < 100; i++) {
        uint16_t port = listen_for_a_moment(listen_for_a_moment(0) ^ 1);
        if (port != 0) return port;
    }
    return 0;
}

static bool has_peer(int fd) {
    struct sockaddr_storage peer;
    socklen_t length = sizeof peer;
    return getpeername(fd, (struct sockaddr*)&peer, &length) == 0;
}

int main(void) {
    uint16_t port = port_that_clients_get();
    if (!CHECK(port != 0)) return check_result();
    struct os_address address = address_of(port);
    bool connected = false;
    for (int i = 0; i < ATTEMPTS && !connected; i++) {
        os_socket fd;
        if (os_connect(&fd, &address) != 0) continue; /* refused at once */
        connected = has_peer(fd);
        if (connected) {
            CHECK_NUMBER(os_connect_result(fd), ERR_SDK_NET_CONN_REFUSE);
        }
        os_close(fd);
    }
    if (!connected) printf("the system never connected a client to itself\n");
    CHECK_NUMBER(listen_for_a_moment(port), port);
    return check_result();
}
