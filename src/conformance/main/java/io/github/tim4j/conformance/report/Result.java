/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.conformance.report;

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
        long millis) {}
