/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.store;

import io.github.tim4j.server.store.Account.Key;
import java.time.LocalDate;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Accounts and sessions in the memory of this process. An account is only touched inside {@link ConcurrentHashMap#compute} of its key. */
public final class MemorySessionStore extends AccountStore {
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
    CompletionStage<?> count(long sdkAppId, LocalDate day) {
        Map<LocalDate, Integer> days = counts.computeIfAbsent(sdkAppId, app -> new ConcurrentHashMap<>());
        days.merge(day, 1, Integer::sum);
        days.remove(day.minusDays(DAYS_KEPT));
        return CompletableFuture.completedFuture(null);
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
                    account.over(server::equals);
                    return account;
                }));
    }

    @Override
    public void clear() {
        accounts.clear();
        counts.clear();
    }
}
