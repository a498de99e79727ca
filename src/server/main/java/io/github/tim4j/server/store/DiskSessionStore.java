/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.store;

import io.github.tim4j.server.LoginServerException;
import io.github.tim4j.server.Session;
import io.github.tim4j.server.store.Account.Key;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.LocalDate;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.h2.mvstore.DataUtils;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.MVStoreException;
import org.jspecify.annotations.Nullable;

/**
 * Accounts and sessions in a folder on disk, for one process at a time; needs {@code com.h2database:h2-mvstore} beside this library. Every operation is
 * answered when its change has been written and synced to the disk: neither the death of the process nor that of the machine loses what was answered.
 * Changes that come together are synced together.
 *
 * <p>Who was connected when a process died is logged in, but not connected, when the folder is opened again; the first server that joins is told, with
 * {@link io.github.tim4j.server.SessionStore.Holder#lost}.
 */
public final class DiskSessionStore extends AccountStore implements AutoCloseable {
    private static final String FILE = "accounts.mv";

    private final MVStore file;
    private final MVMap<String, String> accounts;
    /** How many users logged in, by app and day. */
    private final MVMap<String, Integer> counts;
    /** The one thread that writes. */
    private final ExecutorService writer = Executors.newSingleThreadExecutor(task -> {
        Thread thread = new Thread(task, "tim4j-store");
        thread.setDaemon(true);
        return thread;
    });
    /** To be run when all changes until now have been written; with what went wrong, or null. Guarded by itself. */
    private final Deque<CompletableFuture<?>> unwritten = new ArrayDeque<>();
    /** Those that were connected when the last process died; guarded by this. */
    private List<Session> lost;

    private DiskSessionStore(MVStore file) {
        this.file = file;
        this.accounts = file.openMap("accounts");
        this.counts = file.openMap("counts");
        this.lost = findLost();
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
            return new DiskSessionStore(new MVStore.Builder()
                    .fileName(path.resolve(FILE).toString())
                    .cacheSize(64)
                    .open());
        } catch (IOException e) {
            throw new LoginServerException(
                    "cannot make the data folder " + path + ": " + e.getMessage()
                            + ". Give one that is there, or whose parent is and can be written to",
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

    /** Nobody is connected yet, whatever the file says. */
    private List<Session> findLost() {
        List<Session> found = new ArrayList<>();
        accounts.forEach((name, text) -> {
            Key user = userOf(name);
            Account account = AccountText.read(user, text);
            found.addAll(account.over(lease -> true));
            put(name, text, AccountText.of(account));
        });
        return found;
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
        String name = nameOf(user);
        while (true) {
            String before = accounts.get(name);
            Account account = AccountText.read(user, before);
            T answer = change.apply(account);
            String after = AccountText.of(account);
            if (Objects.equals(before, after)) {
                return CompletableFuture.completedFuture(answer);
            }
            if (put(name, before, after)) {
                return written().thenApply(done -> answer);
            }
        }
    }

    /** @return false if it is not as it was before any more */
    private boolean put(String name, @Nullable String before, @Nullable String after) {
        if (before == null) {
            return after == null || accounts.putIfAbsent(name, after) == null;
        }
        return after == null ? accounts.remove(name, before) : accounts.replace(name, before, after);
    }

    /** Completes when all changes until now are on the disk. */
    private CompletableFuture<?> written() {
        CompletableFuture<?> written = new CompletableFuture<>();
        synchronized (unwritten) {
            unwritten.add(written);
            if (unwritten.size() > 1) {
                return written; // The first one's turn is still to come.
            }
        }
        try {
            writer.execute(this::write);
        } catch (RejectedExecutionException e) {
            written.completeExceptionally(new IllegalStateException("the session store has been closed", e));
        }
        return written;
    }

    private void write() {
        List<CompletableFuture<?>> turn;
        synchronized (unwritten) {
            turn = List.copyOf(unwritten);
            unwritten.clear();
        }
        try {
            file.commit();
            file.sync();
            turn.forEach(written -> written.complete(null));
        } catch (RuntimeException e) {
            turn.forEach(written -> written.completeExceptionally(e));
        }
    }

    @Override
    CompletionStage<?> count(long sdkAppId, LocalDate day) {
        String name = sdkAppId + "/" + day;
        synchronized (counts) {
            counts.put(name, counts.getOrDefault(name, 0) + 1);
            counts.remove(sdkAppId + "/" + day.minusDays(DAYS_KEPT));
        }
        return written();
    }

    @Override
    public CompletionStage<Map<LocalDate, Integer>> dailyUsers(long sdkAppId) {
        Map<LocalDate, Integer> days = new TreeMap<>();
        counts.forEach((name, count) -> {
            Key app = userOf(name);
            if (app.sdkAppId() == sdkAppId) {
                days.put(LocalDate.parse(app.userId()), count);
            }
        });
        return CompletableFuture.completedFuture(lastDays(days));
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
    public void leave(String server) {
        super.leave(server);
        accounts.forEach((name, text) -> {
            if (text.contains(server)) {
                update(userOf(name), account -> account.over(server::equals));
            }
        });
    }

    @Override
    public void clear() {
        accounts.clear();
        counts.clear();
        written().join();
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
