/* SPDX-License-Identifier: Apache-2.0 */
/**
 * MQTT 5 on the wire: the listening socket, one client's connection, its packets, and the reason codes, which occur nowhere else.
 *
 * <p>Packets are read here and not by Netty's MQTT codec, because that one waits for what lies beyond the end of a packet, checks the size
 * only after the variable header, and takes bytes that are not UTF-8 or properties that are given twice.
 */
package io.github.tim4j.server.mqtt;
