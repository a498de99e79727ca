/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server;

import io.github.tim4j.server.store.DiskSessionStore;
import io.github.tim4j.server.store.MemorySessionStore;
import io.github.tim4j.server.store.RedisSessionStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/** Every session store does what the model says. */
class SessionStoreTest {
    private static final MemorySessionStore MEMORY = new MemorySessionStore();
    private static Path folder;
    private static DiskSessionStore disk;
    private static RedisServer redisServer;
    private static RedisSessionStore redis;

    @BeforeContainer
    static void open() throws IOException {
        folder = Files.createTempDirectory("store");
        disk = DiskSessionStore.open(folder);
        if (RedisServer.isInstalled("SessionStoreTest.inRedis")) {
            redisServer = RedisServer.start();
            redis = RedisSessionStore.connect(redisServer.uri());
        }
    }

    @AfterContainer
    static void close() throws IOException {
        disk.close();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
        if (redis != null) {
            redis.close();
            redisServer.close();
        }
    }

    @Provide
    Arbitrary<List<StoreModel.Step>> steps() {
        return StoreModel.steps();
    }

    private static String someUser() {
        return UUID.randomUUID().toString().substring(0, 32);
    }

    @Property(tries = 500)
    void inMemory(@ForAll("steps") List<StoreModel.Step> steps) {
        StoreModel.check(MEMORY, someUser(), steps);
    }

    @Property(tries = 50)
    void onDisk(@ForAll("steps") List<StoreModel.Step> steps) {
        StoreModel.check(disk, someUser(), steps);
    }

    @Property(tries = 100)
    void inRedis(@ForAll("steps") List<StoreModel.Step> steps) {
        if (redis != null) {
            StoreModel.check(redis, someUser(), steps);
        }
    }
}
