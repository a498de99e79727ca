/* SPDX-License-Identifier: Apache-2.0 */
#include "server.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sockets.h"

enum { CONNECTIONS_MAX = 1024 }; /* at once */

struct peer {
    struct server* server;
    pthread_t thread;
    int socket;
    bool open, online;
    bool started; /* there is a thread to join */
};

struct server {
    int listener;
    uint16_t port;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct peer* peers; /* all that follows: under the lock */
    int connects, goodbyes, pings;
    const char* override;
    bool stopping;
};

static bool read_fully(int fd, uint8_t* bytes, size_t size) {
    while (size > 0) {
        ssize_t count = recv(fd, bytes, size, 0);
        if (count <= 0) return false;
        bytes += count;
        size -= (size_t)count;
    }
    return true;
}

/* @return the body's size, or -1 */
static int read_packet(int fd, uint8_t* type, uint8_t* body, size_t max) {
    uint8_t byte = 0x80;
    size_t size = 0;
    if (!read_fully(fd, type, 1)) return -1;
    for (int shift = 0; byte & 0x80; shift += 7) {
        if (shift > 21 || !read_fully(fd, &byte, 1)) return -1;
        size |= (size_t)(byte & 0x7f) << shift;
    }
    return size <= max && read_fully(fd, body, size) ? (int)size : -1;
}

/* The password is the last field of a CONNECT without a will. */
static void password_of(const uint8_t* body, int size, char* password, size_t max) {
    int at = 10, properties = 0;
    for (int shift = 0;; shift += 7) {
        properties |= (body[at] & 0x7f) << shift;
        if ((body[at++] & 0x80) == 0) break;
    }
    at += properties;
    for (int field = 0; field < 2; field++) at += 2 + (body[at] << 8 | body[at + 1]);
    size_t length = (size_t)(body[at] << 8 | body[at + 1]);
    if (length >= max || at + 2 + (int)length > size) length = 0;
    memcpy(password, body + at + 2, length);
    password[length] = '\0';
}

static void send_bytes(int fd, const void* bytes, size_t size) {
    ssize_t sent = send(fd, bytes, size, MSG_NOSIGNAL);
    (void)sent; /* the client may have gone already */
}

static void send_connack(int fd, uint8_t reason, const char* key, const char* value) {
    uint8_t bytes[128] = {0x20};
    size_t at = 2;
    bytes[at++] = 0;
    bytes[at++] = reason;
    size_t properties = at++;
    if (key != NULL) {
        bytes[at++] = 0x26;
        for (int i = 0; i < 2; i++) {
            const char* text = i == 0 ? key : value;
            bytes[at++] = 0;
            bytes[at++] = (uint8_t)strlen(text);
            memcpy(bytes + at, text, strlen(text));
            at += strlen(text);
        }
    }
    bytes[properties] = (uint8_t)(at - properties - 1);
    bytes[1] = (uint8_t)(at - 2);
    send_bytes(fd, bytes, at);
}

static const uint8_t pingresps[] = {0xD0, 0, 0xD0, 0, 0xD0, 0, 0xD0, 0, 0xD0, 0, 0xD0, 0, 0xD0, 0, 0xD0, 0,
                                    0xD0, 0, 0xD0, 0, 0xD0, 0, 0xD0, 0, 0xD0, 0, 0xD0, 0, 0xD0, 0, 0xD0, 0};

/* @return whether the connection goes on */
static bool answer_connect(struct peer* peer, const char* script) {
    if (strncmp(script, "ok", 2) == 0) {
        pthread_mutex_lock(&peer->server->lock);
        peer->online = true;
        pthread_mutex_unlock(&peer->server->lock);
        send_connack(peer->socket, 0, "server-time", "1800000000");
        while (strncmp(script, "ok+flood", 8) == 0 && send(peer->socket, pingresps, sizeof pingresps, MSG_NOSIGNAL) > 0) {}
        if (strncmp(script, "ok+cut", 6) == 0) return false;
        if (strncmp(script, "ok+", 3) == 0) send_bytes(peer->socket, (uint8_t[]){0xE0, 1, (uint8_t)strtol(script + 3, NULL, 16)}, 3);
        return true;
    }
    if (strncmp(script, "refuse ", 7) == 0) {
        char code[16];
        snprintf(code, sizeof code, "%ld", strtol(script + 7, NULL, 10));
        send_connack(peer->socket, 0x87, "tim-code", code);
    }
    if (strncmp(script, "reason ", 7) == 0) send_connack(peer->socket, (uint8_t)strtol(script + 7, NULL, 16), NULL, NULL);
    if (strncmp(script, "garbage", 7) == 0) send_bytes(peer->socket, "HTTP/1.1 400 Bad Request\r\n\r\n", 28);
    return strncmp(script, "silent", 6) == 0;
}

static bool handle(struct peer* peer, uint8_t type, const uint8_t* body, int size) {
    struct server* server = peer->server;
    char password[1024] = "";
    if (type == 0x10) password_of(body, size, password, sizeof password);
    pthread_mutex_lock(&server->lock);
    const char* script = server->override != NULL ? server->override : password;
    if (type == 0x10) server->connects++;
    if (type == 0xC0) server->pings++;
    if (type == 0xE0) server->goodbyes++;
    pthread_cond_broadcast(&server->changed);
    pthread_mutex_unlock(&server->lock);
    if (type == 0xC0) send_bytes(peer->socket, "\xD0\x00", 2);
    return type == 0xC0 || (type == 0x10 && answer_connect(peer, script));
}

/* Whatever a CONNECT of HTTP asks for, it is this server. @return whether what follows is MQTT */
static bool open_tunnel(int fd) {
    static const char end[] = "\r\n\r\n", opened[] = "HTTP/1.1 200 Connection established\r\n\r\n";
    uint8_t byte;
    if (recv(fd, &byte, 1, MSG_PEEK) != 1) return false;
    if (byte != 'C') return true;
    for (size_t seen = 0; seen < 4; seen = byte == end[seen] ? seen + 1 : byte == end[0]) {
        if (!read_fully(fd, &byte, 1)) return false;
    }
    send_bytes(fd, opened, sizeof opened - 1);
    return true;
}

static void* serve_peer(void* argument) {
    struct peer* peer = argument;
    uint8_t type;
    static _Thread_local uint8_t body[65536];
    for (bool goes_on = open_tunnel(peer->socket); goes_on;) {
        int size = read_packet(peer->socket, &type, body, sizeof body);
        goes_on = size >= 0 && handle(peer, type, body, size);
    }
    pthread_mutex_lock(&peer->server->lock);
    peer->open = peer->online = false;
    shutdown(peer->socket, SHUT_RDWR);
    close_socket(peer->socket);
    pthread_mutex_unlock(&peer->server->lock);
    return NULL;
}

static void* accept_peers(void* argument) {
    struct server* server = argument;
    for (;;) {
        int fd = accept(server->listener, NULL, NULL);
        pthread_mutex_lock(&server->lock);
        struct peer* peer = server->peers;
        while (peer < server->peers + CONNECTIONS_MAX && peer->open) peer++;
        if (fd < 0 || server->stopping || peer == server->peers + CONNECTIONS_MAX) {
            if (fd >= 0) close_socket(fd);
            pthread_mutex_unlock(&server->lock);
            return NULL;
        }
        int on = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        pthread_t before = peer->thread;
        bool join = peer->started;
        *peer = (struct peer){.server = server, .socket = fd, .open = true, .started = true};
        if (join) {
            pthread_mutex_unlock(&server->lock);
            pthread_join(before, NULL); /* it has closed its connection, and ends */
            pthread_mutex_lock(&server->lock);
        }
        if (pthread_create(&peer->thread, NULL, serve_peer, peer) != 0) abort();
        pthread_mutex_unlock(&server->lock);
    }
}

struct server* server_start(uint16_t port) {
    struct server* server = calloc(1, sizeof *server);
    if (server == NULL || (server->peers = calloc(CONNECTIONS_MAX, sizeof *server->peers)) == NULL) abort();
    pthread_mutex_init(&server->lock, NULL);
    pthread_cond_init(&server->changed, NULL);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int on = 1;
    start_sockets();
    server->listener = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(server->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(server->listener, (struct sockaddr*)&address, sizeof address) != 0 || listen(server->listener, 128) != 0 ||
        getsockname(server->listener, (struct sockaddr*)&address, &length) != 0) {
        perror("server");
        abort();
    }
    server->port = ntohs(address.sin_port);
    if (pthread_create(&server->thread, NULL, accept_peers, server) != 0) abort();
    return server;
}

uint16_t server_port(const struct server* server) {
    return server->port;
}

void server_cut(struct server* server) {
    pthread_mutex_lock(&server->lock);
    for (int i = 0; i < CONNECTIONS_MAX; i++) {
        if (server->peers[i].open) shutdown(server->peers[i].socket, SHUT_RDWR);
    }
    pthread_mutex_unlock(&server->lock);
}

void server_disconnect(struct server* server, uint8_t reason) {
    uint8_t bytes[] = {0xE0, 0x01, reason};
    pthread_mutex_lock(&server->lock);
    for (int i = 0; i < CONNECTIONS_MAX; i++) {
        if (server->peers[i].online) send_bytes(server->peers[i].socket, bytes, sizeof bytes);
    }
    pthread_mutex_unlock(&server->lock);
}

void server_override(struct server* server, const char* user_sig) {
    pthread_mutex_lock(&server->lock);
    server->override = user_sig;
    pthread_mutex_unlock(&server->lock);
}

static int get(struct server* server, const int* value) {
    pthread_mutex_lock(&server->lock);
    int now = *value;
    pthread_mutex_unlock(&server->lock);
    return now;
}

static void wait_for(struct server* server, const int* value, int count) {
    pthread_mutex_lock(&server->lock);
    while (*value < count) pthread_cond_wait(&server->changed, &server->lock);
    pthread_mutex_unlock(&server->lock);
}

int server_connects(struct server* server) {
    return get(server, &server->connects);
}

int server_goodbyes(struct server* server) {
    return get(server, &server->goodbyes);
}

int server_pings(struct server* server) {
    return get(server, &server->pings);
}

void server_wait_connects(struct server* server, int count) {
    wait_for(server, &server->connects, count);
}

void server_wait_goodbyes(struct server* server, int count) {
    wait_for(server, &server->goodbyes, count);
}

void server_wait_pings(struct server* server, int count) {
    wait_for(server, &server->pings, count);
}

void server_stop(struct server* server) {
    pthread_mutex_lock(&server->lock);
    server->stopping = true;
    pthread_mutex_unlock(&server->lock);
    end_accept(server->listener);
    pthread_join(server->thread, NULL);
#ifndef _WIN32
    close(server->listener);
#endif
    server_cut(server);
    for (int i = 0; i < CONNECTIONS_MAX; i++) {
        if (server->peers[i].started) pthread_join(server->peers[i].thread, NULL);
    }
    free(server->peers);
    free(server);
}

#ifndef _WIN32
uint16_t server_start_process(void) {
    int port_pipe[2], stop_pipe[2]; /* the end of this process closes the second, and so ends the other */
    uint16_t port = 0;
    if (pipe(port_pipe) != 0 || pipe(stop_pipe) != 0) abort();
    if (fork() == 0) {
        struct server* server = server_start(0);
        char byte;
        close(stop_pipe[1]);
        port = server->port;
        if (write(port_pipe[1], &port, sizeof port) != (ssize_t)sizeof port || read(stop_pipe[0], &byte, 1) != 0) _exit(1);
        _exit(0);
    }
    close(stop_pipe[0]);
    close(port_pipe[1]);
    if (read(port_pipe[0], &port, sizeof port) != (ssize_t)sizeof port) abort();
    close(port_pipe[0]);
    return port;
}
#endif
