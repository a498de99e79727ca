/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance.report;

import java.util.Collections;
import java.util.Comparator;
import java.util.List;

/**
 * What a scenario found out about a library.
 *
 * @param id          the scenario's
 * @param group       the scenario's group, as {@link Group#toString()} has it
 * @param title       the rule
 * @param sources     where the rule comes from
 * @param does        what was done
 * @param expects     what had to come of it
 * @param verdict     the outcome
 * @param detail      why, in a sentence or a few; "" for a pass
 * @param divergences where sources disagree, with what each of them says and what this library does
 * @param why         where sources disagree: why timshim does what it does; "" elsewhere
 * @param transcript  every call and callback in order, without UserSigs
 * @param millis      how long it took
 */
public record Result(
        String id,
        String group,
        String title,
        List<String> sources,
        String does,
        String expects,
        Verdict verdict,
        String detail,
        List<Divergence> divergences,
        String why,
        List<String> transcript,
        long millis) {
    /**
     * Of a scenario that was run several times.
     *
     * @param runs what came of each; at least one
     * @return the worst of them; if they differ, its detail begins with how often it came
     */
    public static Result worst(List<Result> runs) {
        Result worst = Collections.max(runs, Comparator.comparingInt(result -> result.verdict.severity()));
        long times =
                runs.stream().filter(result -> result.verdict == worst.verdict).count();
        if (times == runs.size()) {
            return worst;
        }
        return new Result(
                worst.id,
                worst.group,
                worst.title,
                worst.sources,
                worst.does,
                worst.expects,
                worst.verdict,
                "in " + times + " of " + runs.size() + " runs: " + worst.detail,
                worst.divergences,
                worst.why,
                worst.transcript,
                worst.millis);
    }
}
