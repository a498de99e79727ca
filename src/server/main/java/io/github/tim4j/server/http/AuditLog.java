/* SPDX-License-Identifier: Apache-2.0 */
package io.github.tim4j.server.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who ordered what over HTTP, a line of JSON each, at level info of a logger of its own, so that an application can send it where it wants. What was
 * only looked at is not in it, nor who could not show who they are: those are many, and anybody can be one. Any thread.
 */
final class AuditLog {
    private static final Logger LOG = LoggerFactory.getLogger("io.github.tim4j.server.audit");
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int MAX_REQUEST = 4096;

    private AuditLog() {}

    /**
     * @param by      the administrator, or "control"
     * @param command without its prefix
     * @param request null if its body could not be read
     * @param code    the answer's, 0 for success
     */
    static void write(HttpListener.Ask ask, String by, long sdkAppId, String command, JsonNode request, int code) {
        if (!LOG.isInfoEnabled()) {
            return;
        }
        ObjectNode line = JSON.createObjectNode()
                .put("time", Instant.now().toString())
                .put("by", by)
                .put("from", ask.from().getHostAddress());
        if (sdkAppId != 0) {
            line.put("sdkAppId", sdkAppId);
        }
        line.put("command", command).put("code", code);
        if (request != null && ask.body().length() <= MAX_REQUEST) {
            line.set("request", request);
        } else {
            line.put("requestLength", ask.body().length());
        }
        try {
            LOG.info("{}", JSON.writeValueAsString(line));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree can be written", e);
        }
    }
}
