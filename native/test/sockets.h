/* SPDX-License-Identifier: Apache-2.0 */
/** @file sockets.h Blocking sockets as POSIX has them, on Windows too: for the test server, which is compiled for wine as well. */
#ifndef SOCKETS_H
#define SOCKETS_H

#ifdef _WIN32
#define WIN32_LEAN_AND_MEAN
#include <winsock2.h>
#include <ws2tcpip.h>
#define MSG_NOSIGNAL 0
#define SHUT_RDWR SD_BOTH
#define close_socket(socket) closesocket((SOCKET)(socket))
/* Only a closed listener ends its accept. */
#define end_accept(socket) closesocket((SOCKET)(socket))

static inline void start_sockets(void) {
    WSADATA data;
    WSAStartup(MAKEWORD(2, 2), &data);
}
#else
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>
#define close_socket(socket) close(socket)
#define end_accept(socket) shutdown(socket, SHUT_RDWR)

static inline void start_sockets(void) {}
#endif

#endif
