/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The login server: what timshim logs in to, in a JVM test, on a laptop, or for a team.
 *
 * <p>{@link io.github.tim4j.server.LoginServer} is all that a user of this package needs, with
 * {@link io.github.tim4j.server.LoginServerConfig} to start it. The rest, from the wire inwards:
 *
 * <ul>
 * <li>{@code MqttListener}: the listening socket. {@code MqttConnection}: one client; {@code MqttPacket}, {@code ConnectPacket},
 * {@code MqttFields} and {@code MqttAnswer}: the packets. Packets are read here and not by Netty's MQTT codec, because that one waits for
 * what lies beyond the end of a packet, checks the size only after the variable header, and takes bytes that are not UTF-8 or properties
 * that are given twice.
 * <li>{@code ClientIdentity}, {@code Authenticator}: who wants to log in, and whether the UserSig is right. {@code Refusal}: the codes.
 * <li>{@code LoginService}: the login itself, and what becomes of sessions. {@link io.github.tim4j.server.SessionStore}: accounts and
 * sessions, decided atomically per user. {@link io.github.tim4j.server.LoginPolicy}: who must go.
 * <li>{@code LoginLimits}: how much is taken, from whom. {@code ServerTls}, {@code DevelopmentCertificate}: the certificate.
 * <li>{@code HttpListener}: the HTTP port; {@code RestApi}, {@code ControlApi}, {@code OperationApi}: what is asked there. HTTP is Netty's
 * and not the JDK's server, in which each slow client holds a thread, and because one port takes HTTP and HTTPS that way.
 * {@code StateWebhook}: what an app's own server is told. {@code DauMeter}, {@code LoginMetrics}: what is counted.
 * <li>{@code Faults}, {@code ServerClock}, {@code EventLog}: what a test can order and see.
 * </ul>
 *
 * <p>Threads: a few Netty event loops, each of which owns its connections; no thread per connection. Every state that event loops share is
 * in a concurrent map or behind a short lock.
 */
package io.github.tim4j.server;
