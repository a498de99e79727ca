/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.store;

import io.github.tim4j.server.LoginServerException;
import io.github.tim4j.server.Session;
import io.github.tim4j.server.store.Account.Key;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.h2.mvstore.DataUtils;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.MVStoreException;
import org.jspecify.annotations.Nullable;

/**
 * Accounts and sessions in a folder on disk, for one process at a time, which has them in its memory, too; needs {@code com.h2database:h2-mvstore} beside
 * this library. Every operation is answered when its change has been written and synced to the disk: neither the death of the process nor that of the
 * machine loses what was answered. Changes that come together are synced together.
 *
 * <p>Who was connected when a process died is logged in, but not connected, when the folder is opened again; the first server that joins is told, with
 * {@link io.github.tim4j.server.SessionStore.Holder#lost}.
 */
public final class DiskSessionStore extends MemorySessionStore {
    private static final String FILE = "accounts.mv";

    /** What is to be written together, and whoever waits for it. */
    private static final class Batch {
        private final Map<String, Optional<String>> accounts = new HashMap<>();
        private final Map<String, Integer> counts = new HashMap<>();
        private final CompletableFuture<@Nullable Void> written = new CompletableFuture<>();
    }

    /** Used by the writer alone, once it is open. */
    private final MVStore file;

    private final MVMap<String, String> accounts;
    /** How many users logged in, by app and day. */
    private final MVMap<String, Integer> counts;

    private final ExecutorService writer = Executors.newSingleThreadExecutor(task -> {
        Thread thread = new Thread(task, "tim4j-store");
        thread.setDaemon(true);
        return thread;
    });
    /** What comes next; null for nothing. Guarded by this, as the next one is. */
    private @Nullable Batch next;
    /** Those that were connected when the last process died. */
    private List<Session> lost = new ArrayList<>();

    private DiskSessionStore(MVStore file) {
        this.file = file;
        // What is not used any more may be overwritten at once: each commit is synced before the next one.
        file.setRetentionTime(0);
        accounts = file.openMap("accounts");
        counts = file.openMap("counts");
        Map<String, String> changed = new HashMap<>();
        accounts.forEach((name, text) -> {
            Key user = userOf(name);
            Account account = AccountText.read(user, text);
            // Nobody is connected yet, whatever the file says.
            lost.addAll(account.over(lease -> true, Instant.now()));
            String after = AccountText.of(account);
            if (after != null && !after.equals(text)) {
                changed.put(name, after);
            }
            put(user, account);
        });
        accounts.putAll(changed);
        file.commit();
        file.sync();
        counts.forEach((name, count) -> {
            Key day = userOf(name);
            put(day.sdkAppId(), LocalDate.parse(day.userId()), count);
        });
    }

    /**
     * Opens a folder.
     *
     * @param folder made if it is not there, for its owner alone; the folder above must be there
     * @return the store, to be closed by the caller
     * @throws LoginServerException if it cannot be used: another process has it open, it cannot be written to, or what is in it is not of this product
     */
    public static DiskSessionStore open(Path folder) {
        Path path = folder.toAbsolutePath();
        try {
            if (!Files.isDirectory(path)) {
                Files.createDirectory(path, ownerOnly());
            }
            MVStore file = new MVStore.Builder()
                    .fileName(path.resolve(FILE).toString())
                    .autoCommitDisabled()
                    .open();
            try {
                return new DiskSessionStore(file);
            } catch (IllegalArgumentException e) {
                file.closeImmediately();
                throw new LoginServerException(path.resolve(FILE) + ": " + e.getMessage(), e);
            }
        } catch (IOException e) {
            throw new LoginServerException(
                    "cannot make the data folder " + path + ": "
                            + (e instanceof NoSuchFileException ? "there is no folder above it" : e.toString())
                            + ". Give one that is there, or one in a folder that is there and can be written to",
                    e);
        } catch (MVStoreException e) {
            throw new LoginServerException(
                    switch (e.getErrorCode()) {
                        case DataUtils.ERROR_FILE_LOCKED ->
                            "the data folder " + path
                                    + " is in use by another login server: stop that one, or give this one its own folder";
                        case DataUtils.ERROR_FILE_CORRUPT, DataUtils.ERROR_UNSUPPORTED_FORMAT ->
                            path.resolve(FILE)
                                    + " cannot be read: it is damaged, or not of a login server. Move it away to begin anew; "
                                    + e.getMessage();
                        default -> "cannot use the data folder " + path + ": " + e.getMessage();
                    },
                    e);
        }
    }

    private static FileAttribute<?>[] ownerOnly() {
        return FileSystems.getDefault().supportedFileAttributeViews().contains("posix")
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"))
                }
                : new FileAttribute<?>[0];
    }

    private static String nameOf(Key user) {
        return user.sdkAppId() + "/" + user.userId();
    }

    private static Key userOf(String name) {
        int slash = name.indexOf('/');
        return new Key(Long.parseLong(name.substring(0, slash)), name.substring(slash + 1));
    }

    @Override
    <T extends @Nullable Object> CompletionStage<T> update(Key user, Function<Account, T> change) {
        // Changes of one account are added one after the other, and the last one counts.
        return super.<CompletionStage<T>>update(user, account -> {
                    String before = AccountText.of(account);
                    T answer = change.apply(account);
                    String after = AccountText.of(account);
                    return Objects.equals(before, after)
                            ? CompletableFuture.completedFuture(answer)
                            : add(batch -> batch.accounts.put(nameOf(user), Optional.ofNullable(after)))
                                    .thenApply(done -> answer);
                })
                .thenCompose(Function.identity());
    }

    @Override
    CompletionStage<@Nullable Void> counted(long sdkAppId, LocalDate day, int count) {
        return add(batch -> {
            batch.counts.put(sdkAppId + "/" + day, count);
            batch.counts.put(sdkAppId + "/" + day.minusDays(DAYS_KEPT), 0);
        });
    }

    /** @return a stage that completes when what was added is on the disk */
    private CompletionStage<@Nullable Void> add(Consumer<Batch> what) {
        Batch batch;
        synchronized (this) {
            if (next != null) {
                what.accept(next);
                return next.written;
            }
            batch = new Batch();
            what.accept(batch);
            next = batch;
        }
        try {
            writer.execute(this::write);
        } catch (RejectedExecutionException e) {
            batch.written.completeExceptionally(new IllegalStateException("the session store has been closed", e));
        }
        return batch.written;
    }

    private void write() {
        Batch batch;
        synchronized (this) {
            batch = Objects.requireNonNull(next, "there is a batch for each turn");
            next = null;
        }
        try {
            batch.accounts.forEach((name, text) ->
                    text.ifPresentOrElse(present -> accounts.put(name, present), () -> accounts.remove(name)));
            batch.counts.forEach((name, count) -> {
                if (count == 0) {
                    counts.remove(name);
                } else {
                    counts.put(name, count);
                }
            });
            file.commit();
            file.sync();
        } catch (RuntimeException e) {
            batch.written.completeExceptionally(e);
            return;
        }
        batch.written.complete(null);
    }

    @Override
    public void join(String server, Holder holder) {
        super.join(server, holder);
        List<Session> first;
        synchronized (this) {
            first = lost;
            lost = List.of();
        }
        first.forEach(holder::lost);
    }

    @Override
    public void clear() {
        super.clear();
        CompletableFuture.runAsync(
                        () -> {
                            accounts.clear();
                            counts.clear();
                            file.commit();
                            file.sync();
                        },
                        writer)
                .join();
    }

    /** Writes what is still to be written. Operations that come later fail. */
    @Override
    public void close() {
        writer.shutdown();
        boolean interrupted = false;
        while (!writer.isTerminated()) {
            try {
                writer.awaitTermination(1, TimeUnit.MINUTES);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        file.close();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
