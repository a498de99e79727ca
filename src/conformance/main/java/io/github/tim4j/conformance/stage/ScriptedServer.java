/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance.stage;

import io.github.tim4j.conformance.process.Finding;
import io.github.tim4j.conformance.report.Verdict;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A server that answers CONNECT with bytes that a scenario prepared, whether they are MQTT or not, and keeps what it is sent. Each
 * connection takes the next script; the last one is used again. One thread for each connection.
 */
public final class ScriptedServer implements AutoCloseable {
    /** What to do with a connection after its CONNECT has come. */
    @FunctionalInterface
    public interface Script {
        void play(Connection connection) throws IOException;
    }

    private static final int PINGREQ = 0xC0;
    private static final byte[] PINGRESP = {(byte) 0xD0, 0};

    private final ServerSocket listening;
    private final BlockingQueue<Connection> connections = new LinkedBlockingQueue<>();
    private final List<Script> scripts = new ArrayList<>();
    private final List<Socket> sockets = new ArrayList<>();
    private int accepted;

    /** @param address of this machine's loopback */
    public ScriptedServer(InetAddress address) throws IOException {
        listening = new ServerSocket(0, 50, address);
        daemon(this::accept);
    }

    private static void daemon(Runnable task) {
        Thread thread = new Thread(task, "conformance-scripted-server");
        thread.setDaemon(true);
        thread.start();
    }

    /** The next connections get these scripts, and all after them the last one. */
    public synchronized ScriptedServer plays(Script... next) {
        scripts.clear();
        scripts.addAll(List.of(next));
        accepted = 0;
        return this;
    }

    public String url() {
        boolean v6 = listening.getInetAddress() instanceof Inet6Address;
        return (v6 ? "mqtt://[::1]:" : "mqtt://127.0.0.1:") + listening.getLocalPort();
    }

    /** Waits for the next connection whose CONNECT has come. */
    public Connection awaitConnection() throws InterruptedException {
        Connection connection = connections.poll(15, TimeUnit.SECONDS);
        if (connection == null) {
            throw new Finding(Verdict.FAIL, "no CONNECT came within 15 s");
        }
        return connection;
    }

    private void accept() {
        try {
            while (true) {
                Socket socket = listening.accept();
                synchronized (this) {
                    sockets.add(socket);
                }
                daemon(() -> serve(socket));
            }
        } catch (IOException e) {
            // Closed.
        }
    }

    private void serve(Socket socket) {
        try {
            Connection connection = new Connection(socket);
            Script script;
            synchronized (this) {
                script = scripts.get(Math.min(accepted++, scripts.size() - 1));
            }
            connections.add(connection);
            script.play(connection);
            while (true) {
                byte[] packet = connection.read();
                if ((packet[0] & 0xff) == PINGREQ) {
                    connection.pings.add(System.nanoTime());
                    connection.send(PINGRESP);
                } else {
                    connection.received.add(packet);
                }
            }
        } catch (IOException e) {
            // The client or the scenario has closed it.
        }
    }

    @Override
    public void close() throws IOException {
        listening.close();
        synchronized (this) {
            for (Socket socket : sockets) {
                socket.close();
            }
        }
    }

    /** A client's connection. */
    public static final class Connection {
        public final byte[] connect;
        public final BlockingQueue<Long> pings = new LinkedBlockingQueue<>();
        final BlockingQueue<byte[]> received = new LinkedBlockingQueue<>();
        private final Socket socket;
        private final DataInputStream in;

        private Connection(Socket socket) throws IOException {
            this.socket = socket;
            socket.setTcpNoDelay(true);
            in = new DataInputStream(socket.getInputStream());
            connect = read();
        }

        /** A packet: its first byte, then its body. */
        private byte[] read() throws IOException {
            int type = in.readUnsignedByte();
            int length = 0;
            int shift = 0;
            int digit;
            do {
                digit = in.readUnsignedByte();
                length |= (digit & 0x7f) << shift;
                shift += 7;
            } while (digit >= 0x80);
            byte[] packet = new byte[length + 1];
            packet[0] = (byte) type;
            in.readFully(packet, 1, length);
            return packet;
        }

        public void send(byte... bytes) throws IOException {
            OutputStream out = socket.getOutputStream();
            synchronized (out) {
                out.write(bytes);
                out.flush();
            }
        }

        public void cut() throws IOException {
            socket.close();
        }
    }
}
