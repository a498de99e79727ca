/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.store;

import io.github.tim4j.server.store.Account.Key;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Accounts and sessions in the memory of this process. An account is only touched inside {@link ConcurrentHashMap#compute} of its key. */
public sealed class MemorySessionStore extends AccountStore permits DiskSessionStore {
    private final Map<Key, Account> accounts = new ConcurrentHashMap<>();
    /** How many users logged in, by app and day. */
    private final Map<Long, Map<LocalDate, Integer>> counts = new ConcurrentHashMap<>();

    @Override
    <T extends @Nullable Object> CompletionStage<T> update(Key user, Function<Account, T> change) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        accounts.compute(user, (key, known) -> {
            Account account = known == null ? new Account() : known;
            answer.complete(change.apply(account)); // Nobody waits for it yet.
            return account.isNothing() ? null : account;
        });
        return answer;
    }

    @Override
    CompletionStage<?> each(BiConsumer<Key, Account> action) {
        accounts.keySet()
                .forEach(user -> accounts.computeIfPresent(user, (key, account) -> {
                    action.accept(key, account);
                    return account;
                }));
        return CompletableFuture.completedFuture(null);
    }

    @Override
    final CompletionStage<?> count(long sdkAppId, LocalDate day) {
        CompletableFuture<CompletionStage<@Nullable Void>> counted = new CompletableFuture<>();
        Map<LocalDate, Integer> days = days(sdkAppId);
        days.compute(day, (same, before) -> {
            int count = before == null ? 1 : before + 1;
            counted.complete(counted(sdkAppId, day, count));
            return count;
        });
        days.remove(day.minusDays(DAYS_KEPT));
        return counted.thenCompose(Function.identity());
    }

    private Map<LocalDate, Integer> days(long sdkAppId) {
        return counts.computeIfAbsent(sdkAppId, app -> new ConcurrentHashMap<>());
    }

    /** So many users have logged in on a day now. */
    CompletionStage<@Nullable Void> counted(long sdkAppId, LocalDate day, int count) {
        return CompletableFuture.completedFuture(null);
    }

    /** What was known before anybody came. */
    final void put(Key user, Account account) {
        accounts.put(user, account);
    }

    /** The same. */
    final void put(long sdkAppId, LocalDate day, int count) {
        days(sdkAppId).put(day, count);
    }

    @Override
    public CompletionStage<Map<LocalDate, Integer>> dailyUsers(long sdkAppId) {
        return CompletableFuture.completedFuture(lastDays(counts.getOrDefault(sdkAppId, Map.of())));
    }

    @Override
    public void leave(String server) {
        super.leave(server);
        accounts.keySet()
                .forEach(user -> accounts.computeIfPresent(user, (key, account) -> {
                    account.over(server::equals, Instant.now());
                    return account;
                }));
    }

    @Override
    public void clear() {
        accounts.clear();
        counts.clear();
    }
}
