/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance.stage;

import java.util.concurrent.Semaphore;
import java.util.function.BooleanSupplier;

/** So many scenarios run at a time. One that waits for long gives up its place meanwhile; it has it back at once when it goes on. */
public final class Slots extends Semaphore {
    private static final long serialVersionUID = 1;

    public Slots(int count) {
        super(count);
    }

    boolean whileAway(BooleanSupplier wait) {
        release();
        try {
            return wait.getAsBoolean();
        } finally {
            reducePermits(1);
        }
    }
}
