/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A scripted login server on loopback for tests in C: what it does with a login is written in the UserSig.
 *
 * | UserSig begins with | answer |
 * |---|---|
 * | ok          | CONNACK 0x00 with server-time 1800000000 |
 * | ok+HEX      | the same, then DISCONNECT with this MQTT reason |
 * | ok+cut      | the same, then the connection is closed |
 * | ok+flood    | the same, then PINGRESP without end |
 * | refuse CODE | CONNACK 0x87 with tim-code CODE |
 * | reason HEX  | CONNACK with this MQTT reason alone |
 * | silent      | none |
 * | cut         | the connection is closed |
 * | garbage     | bytes that are not MQTT |
 *
 * It is also an HTTP proxy, which leads to itself.
 */
#ifndef SERVER_H
#define SERVER_H

#include <stdint.h>

struct server; /* one thread to accept, one for each connection; all are joined by server_stop */

/** @param port 0: any free one */
struct server* server_start(uint16_t port);
uint16_t server_port(const struct server* server);
/** Closes every connection and frees. */
void server_stop(struct server* server);

/* What it has seen since the start. */
int server_connects(struct server* server); /**< CONNECT packets */
int server_goodbyes(struct server* server); /**< DISCONNECT packets */
int server_pings(struct server* server);
void server_wait_connects(struct server* server, int count);
void server_wait_goodbyes(struct server* server, int count);
void server_wait_pings(struct server* server, int count);

/**
 * A server in a process of its own, so that a test can look at what belongs to itself. Call it before the first thread.
 * @return its port; it ends when the test does
 */
uint16_t server_start_process(void);

/** Closes every connection without a word. */
void server_cut(struct server* server);
/** Sends DISCONNECT with this reason to every connection that was answered with success. */
void server_disconnect(struct server* server, uint8_t reason);
/** From now on every CONNECT is treated as if its UserSig was this; NULL ends it. The text must stay. */
void server_override(struct server* server, const char* user_sig);

#endif
