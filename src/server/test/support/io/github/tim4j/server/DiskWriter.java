/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server;

import io.github.tim4j.server.store.DiskSessionStore;
import java.nio.file.Path;

/** Registers account after account on disk, many at a time, and says which are there, until it is killed. */
final class DiskWriter {
    private DiskWriter() {}

    public static void main(String[] arguments) throws Exception {
        DiskSessionStore store = DiskSessionStore.open(Path.of(arguments[0]));
        String name = arguments[1];
        for (int i = 0; ; i++) {
            int number = i;
            store.register(1, name + number).thenAccept(isNew -> System.out.println(number));
            store.revoke(2, name + number, 1_000 + number, 70001);
            if (i % 16 == 0) {
                Thread.sleep(1);
            }
        }
    }
}
